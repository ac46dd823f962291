package io.emberfs.predictor.ngram;

import io.emberfs.core.Access;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.Prefetcher;
import io.emberfs.predictor.CandidateList;
import io.emberfs.predictor.PrecisionWindow;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Proposes the blocks that followed the last two (or, where these are not known together, the last
 * one) in earlier passes: for sequences that repeat but are scattered. It counts where accesses
 * begin, not how long they are.
 *
 * <p>Two sequences are learnt: that of the asking process, which leads from file to file, and that
 * of the file alone, where other files come in between. A proposal's probability is how often
 * predictions of its kind came true lately; along a chain of predictions it multiplies.
 *
 * <p>Reads and opens only; an open stands for the file's first block. One thread.
 */
public final class NgramPrefetcher implements Prefetcher {
  private static final int FORMAT_VERSION = 1;
  private static final int PROCESS_COUNT = 64;
  private static final int FILE_COUNT = 1024;
  private static final int CANDIDATE_COUNT = 32;
  private static final int OUTCOME_COUNT = 128;
  private static final int OUTCOME_COUNT_LEAST = 32;

  private static final float THRESHOLD = 0.4f;

  /** In force while less than {@link #PRECISION_LEAST} of the own proposals are used. */
  private static final float THRESHOLD_CAREFUL = 0.75f;

  private static final float PRECISION_LEAST = 0.5f;
  private static final int CHAIN_MAX = 4;
  private static final int CHAIN_MAX_CAREFUL = 2;

  /** Keeps apart what follows in the process's sequence and what follows in the file's. */
  private static final long FILE_SEQUENCE_SALT = 0x5DEECE66DL;

  private final BlockGeometry geometry;
  private final SuccessorTable table;
  private final Calibration calibration = new Calibration();
  private final Histories processes = new Histories(PROCESS_COUNT);
  private final Histories files = new Histories(FILE_COUNT);
  private final PrecisionWindow outcomes = new PrecisionWindow(OUTCOME_COUNT);
  private final CandidateList proposals = new CandidateList(CANDIDATE_COUNT);

  /**
   * @param geometry blocks in which proposals are counted
   * @param entryCount contexts remembered, a power of two from 4; 32 bytes each
   */
  public NgramPrefetcher(BlockGeometry geometry, int entryCount) {
    this.geometry = geometry;
    this.table = new SuccessorTable(entryCount);
  }

  @Override
  public void onAccess(Access access) {
    boolean counts =
        access.operation() == Access.Operation.READ || access.operation() == Access.Operation.OPEN;
    long block = geometry.blockIndex(access.offset());
    if (!counts || block > SuccessorTable.BLOCK_INDEX_MAX) {
      return;
    }
    int process = processes.place(access.process());
    if (processes.endsWith(process, access.fileId(), block)) {
      return;
    }
    calibration.seen(access.fileId(), block);
    calibration.watchPlacebo();
    boolean interleaved =
        processes.depth(process) > 0 && processes.lastFile(process) != access.fileId();
    advance(processes, process, 0, access, block, true);
    advance(files, files.place(access.fileId()), FILE_SEQUENCE_SALT, access, block, interleaved);
  }

  @Override
  public void candidates(CandidateSink sink) {
    proposals.drainTo(sink);
  }

  @Override
  public void onOutcome(long fileId, long blockIndex, int component, Outcome outcome) {
    outcomes.record(outcome);
  }

  @Override
  public void passed(PassedSink sink) {}

  @Override
  public void save(DataOutput out) throws IOException {
    out.writeInt(FORMAT_VERSION);
    calibration.save(out);
    table.save(out);
  }

  /** Reads the model; the sequences under way do not outlive a run. */
  @Override
  public void load(DataInput in) throws IOException {
    clear();
    try {
      int version = in.readInt();
      if (version != FORMAT_VERSION) {
        throw new IOException("n-gram model of version " + version);
      }
      calibration.load(in);
      table.load(in);
    } catch (IOException e) {
      clear();
      throw e;
    }
  }

  private void clear() {
    table.clear();
    calibration.clear();
    processes.clear();
    files.clear();
  }

  /**
   * Takes a sequence one access further, learns from the step and predicts the next ones.
   *
   * @param useful whether this sequence says anything that the other does not
   */
  private void advance(
      Histories histories, int place, long salt, Access access, long block, boolean useful) {
    if (histories.endsWith(place, access.fileId(), block)) {
      return;
    }
    int depth = histories.depth(place);
    if (useful && depth > 0) {
      long last = BlockKey.hash(histories.lastFile(place), histories.lastBlock(place)) ^ salt;
      // A pair is worth an entry once its second half is known to come back.
      if (depth > 1 && table.find(context(last)) != SuccessorTable.NONE) {
        table.learn(context(histories.earlierHash(place), last), access.fileId(), block);
      }
      table.learn(context(last), access.fileId(), block);
    }
    histories.append(place, access.fileId(), block);
    if (useful) {
      predict(histories.earlierHash(place), depth > 0, salt, access, block);
    }
  }

  private void predict(long earlierHash, boolean hasEarlier, long salt, Access access, long block) {
    boolean careful =
        outcomes.count() >= OUTCOME_COUNT_LEAST && outcomes.precision() < PRECISION_LEAST;
    float threshold = careful ? THRESHOLD_CAREFUL : THRESHOLD;
    int chainMax = careful ? CHAIN_MAX_CAREFUL : CHAIN_MAX;
    long earlier = earlierHash;
    long last = BlockKey.hash(access.fileId(), block) ^ salt;
    float probability = 1;
    for (int link = 0; link < chainMax; link++) {
      int single = table.find(context(last));
      int pair = hasEarlier || link > 0 ? table.find(context(earlier, last)) : SuccessorTable.NONE;
      if (link == 0) {
        watch(single, 1);
        watch(pair, 2);
      }
      int entry = pair != SuccessorTable.NONE ? pair : single;
      if (entry == SuccessorTable.NONE) {
        return;
      }
      probability *= calibration.probability(kind(entry, entry == pair ? 2 : 1));
      long nextFile = table.fileId(entry, 0);
      long nextBlock = table.blockIndex(entry, 0);
      boolean pastEnd =
          nextFile == access.fileId() && geometry.blockOffset(nextBlock) >= access.fileSize();
      if (probability < threshold || pastEnd) {
        return;
      }
      proposals.propose(nextFile, nextBlock, 1, 0, probability);
      earlier = last ^ salt;
      last = BlockKey.hash(nextFile, nextBlock) ^ salt;
    }
  }

  /** Watches what an entry predicts, so that both orders are judged, whichever is believed. */
  private void watch(int entry, int order) {
    if (entry != SuccessorTable.NONE) {
      calibration.watch(kind(entry, order), table.fileId(entry, 0), table.blockIndex(entry, 0));
    }
  }

  private int kind(int entry, int order) {
    return Calibration.classOf(order, table.count(entry, 0), table.uses(entry));
  }

  private static long context(long last) {
    return BlockKey.hash(last, 0);
  }

  private static long context(long earlier, long last) {
    return BlockKey.hash(earlier, last);
  }
}
