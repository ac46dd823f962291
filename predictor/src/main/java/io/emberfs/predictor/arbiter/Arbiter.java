package io.emberfs.predictor.arbiter;

import io.emberfs.core.Access;
import io.emberfs.core.Meters;
import io.emberfs.core.Prefetcher;
import io.emberfs.core.Tunable;
import io.emberfs.predictor.CandidateList;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One prefetcher made of several. Every component sees every access; of what they propose the most
 * probable goes out, each block once. A component whose prefetched blocks are too seldom used is
 * silenced until single probes show that it has become right.
 *
 * <p>Components are numbered by their position in the list; the numbers that they put into their
 * proposals are replaced.
 *
 * <p>One thread, except the tunables.
 */
public final class Arbiter implements Prefetcher {
  private static final int MAGIC = 0x656D6170;
  private static final int FORMAT_VERSION = 1;
  private static final int PIECE_BYTES_MAX = 8 << 20;
  private static final int CANDIDATE_COUNT = 64;
  private static final double LEAST_PRECISION_DEFAULT = 0.2;

  private final List<Voice> voices = new ArrayList<>();
  private final RecentProposals recent = new RecentProposals();
  private final CandidateList proposals = new CandidateList(CANDIDATE_COUNT);
  private final Meters.Counter silencedCandidates;
  private volatile double leastPrecision = LEAST_PRECISION_DEFAULT;
  private long accessCount;

  /**
   * @param components asked in this order; the arbiter's from here on
   * @param meters gets {@code prefetch.silencedCandidates}
   */
  public Arbiter(List<Prefetcher> components, Meters meters) {
    for (Prefetcher component : components) {
      voices.add(new Voice(component));
    }
    silencedCandidates = meters.counter("prefetch.silencedCandidates");
  }

  /** The share of used blocks below which a component is silenced; any thread may turn it. */
  public List<Tunable> tunables() {
    return List.of(
        new Tunable(
            "prefetch.leastPrecision",
            0,
            1,
            () -> leastPrecision,
            value -> leastPrecision = value));
  }

  @Override
  public void onAccess(Access access) {
    accessCount++;
    for (Voice voice : voices) {
      voice.component().onAccess(access);
    }
  }

  @Override
  public void candidates(CandidateSink sink) {
    for (int i = 0; i < voices.size(); i++) {
      int component = i;
      voices
          .get(i)
          .component()
          .candidates((fileId, firstBlockIndex, blockCount, _, probability) ->
              consider(fileId, firstBlockIndex, blockCount, component, probability));
    }
    proposals.drainTo((fileId, firstBlockIndex, blockCount, component, probability) ->
        proposeNews(sink, fileId, firstBlockIndex, blockCount, component, probability));
  }

  @Override
  public void onOutcome(long fileId, long blockIndex, int component, Outcome outcome) {
    if (component < 0 || component >= voices.size()) {
      return;
    }
    Voice voice = voices.get(component);
    voice.record(outcome, (float) leastPrecision);
    voice.component().onOutcome(fileId, blockIndex, component, outcome);
  }

  @Override
  public void passed(PassedSink sink) {
    for (Voice voice : voices) {
      voice.component().passed(sink);
    }
  }

  /** Writes the components' models, each with its length in front. */
  @Override
  public void save(DataOutput out) throws IOException {
    out.writeInt(MAGIC);
    out.writeInt(FORMAT_VERSION);
    out.writeInt(voices.size());
    for (Voice voice : voices) {
      ByteArrayOutputStream piece = new ByteArrayOutputStream();
      voice.component().save(new DataOutputStream(piece));
      if (piece.size() > PIECE_BYTES_MAX) {
        throw new IOException(
            "model of %d bytes exceeds %d".formatted(piece.size(), PIECE_BYTES_MAX));
      }
      out.writeInt(piece.size());
      out.write(piece.toByteArray());
    }
  }

  @Override
  public void load(DataInput in) throws IOException {
    try {
      loadPieces(in);
    } catch (IOException e) {
      forget();
      throw e;
    }
  }

  /** The share of used blocks among the last ones that a component proposed, 0 to 1. */
  public float precision(int component) {
    return voices.get(component).precision();
  }

  private void consider(
      long fileId, long firstBlockIndex, int blockCount, int component, float probability) {
    int allowed = voices.get(component).allowed(blockCount);
    if (allowed < blockCount) {
      silencedCandidates.increment();
    }
    if (allowed > 0) {
      proposals.propose(fileId, firstBlockIndex, allowed, component, probability);
    }
  }

  /** Leaves out what was proposed a short while ago from the front of a proposal. */
  private void proposeNews(
      CandidateSink sink,
      long fileId,
      long firstBlockIndex,
      int blockCount,
      int component,
      float probability) {
    int known = 0;
    boolean news = false;
    for (int i = 0; i < blockCount; i++) {
      news |= recent.isNews(fileId, firstBlockIndex + i, accessCount);
      known += news ? 0 : 1;
    }
    if (news) {
      sink.propose(fileId, firstBlockIndex + known, blockCount - known, component, probability);
    }
  }

  private void loadPieces(DataInput in) throws IOException {
    int magic = in.readInt();
    int version = in.readInt();
    int count = in.readInt();
    if (magic != MAGIC || version != FORMAT_VERSION || count != voices.size()) {
      throw new IOException(
          "models: magic %08x, version %d, %d components".formatted(magic, version, count));
    }
    for (Voice voice : voices) {
      int length = in.readInt();
      if (length < 0 || length > PIECE_BYTES_MAX) {
        throw new IOException("model of %d bytes exceeds %d".formatted(length, PIECE_BYTES_MAX));
      }
      byte[] piece = new byte[length];
      in.readFully(piece);
      voice.component().load(new DataInputStream(new ByteArrayInputStream(piece)));
    }
  }

  /** Makes every component as new: that is what a load does that finds nothing to read. */
  private void forget() {
    for (Voice voice : voices) {
      try {
        voice.component().load(new DataInputStream(ByteArrayInputStream.nullInputStream()));
      } catch (IOException _) {
        // Expected: nothing was there.
      }
    }
  }
}
