package io.emberfs.predictor.stream;

import io.emberfs.core.Access;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Prefetcher;
import io.emberfs.core.Tunable;
import io.emberfs.predictor.CandidateList;
import io.emberfs.predictor.stream.Stream.Direction;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.List;

/**
 * Reads ahead of streams: readers that go through a file forwards or backwards, many of them
 * interleaved, and readers that step through it evenly.
 *
 * <p>A stream must show itself before anything is proposed: by two or three touches, and by
 * continuations that chance would not explain. Its window then doubles each time the reader passes
 * the middle of what lies ahead, up to the bound in bytes, and never beyond what streams of its
 * length have lived to read before. A wasted block halves the window, a late one doubles it.
 * Nothing past the end of the file is proposed.
 *
 * <p>Reads only: a written block is in the cache already. It never names passed blocks. One thread,
 * except the tunables.
 */
public final class StreamPrefetcher implements Prefetcher {
  private static final int FORMAT_VERSION = 1;
  private static final int STREAM_COUNT = 256;
  private static final int CANDIDATE_COUNT = 64;

  /** A reader from the very start of a file is likely to read on. */
  private static final int START_OF_FILE_HALF_BITS = 6;

  /** The evidence at which a stream is believed: chance must be this improbable, 1 in 128. */
  private static final int CONFIRM_HALF_BITS = 14;

  private static final int CONFIRM_TOUCHES = 3;

  /**
   * Enough touches where the stream began at the start of its file or read this many whole blocks.
   */
  private static final int CONFIRM_TOUCHES_FEW = 2;

  private static final int WHOLE_BLOCKS_FOR_FEW = 2;

  private static final int WINDOW_BYTES_DEFAULT = 2 << 20;
  private static final int WINDOW_BYTES_MAX = 4 << 20;

  /** A block is worth reading if three streams of five get to it. */
  private static final float LEAST_SURVIVAL = 0.6f;

  private final BlockGeometry geometry;
  private final StreamTable streams;
  private final StrideTable strides;
  private final RunLengths runLengths = new RunLengths();
  private final CandidateList proposals = new CandidateList(CANDIDATE_COUNT);
  private volatile int windowBytesMax = WINDOW_BYTES_DEFAULT;
  private long accessCount;

  /**
   * @param geometry blocks in which proposals are counted
   */
  public StreamPrefetcher(BlockGeometry geometry) {
    this.geometry = geometry;
    this.streams = new StreamTable(STREAM_COUNT, geometry.blockSize(), runLengths);
    this.strides = new StrideTable(geometry);
  }

  /** The greatest window of a stream, in bytes; any thread may turn it. */
  public List<Tunable> tunables() {
    return List.of(
        new Tunable(
            "prefetch.windowBytesMax",
            0,
            WINDOW_BYTES_MAX,
            () -> windowBytesMax,
            value -> windowBytesMax = (int) value));
  }

  @Override
  public void onAccess(Access access) {
    if (access.operation() != Access.Operation.READ || access.length() <= 0) {
      return;
    }
    accessCount++;
    Stream stream = streams.find(access);
    if (stream == null) {
      streams.begin(access, accessCount);
      strides.onAccess(access, proposals);
    } else if (streams.extend(stream, access, accessCount) && isConfirmed(stream)) {
      follow(stream, access);
    }
  }

  @Override
  public void candidates(CandidateSink sink) {
    proposals.drainTo(sink);
  }

  @Override
  public void onOutcome(long fileId, long blockIndex, int component, Outcome outcome) {
    if (outcome != Outcome.WASTED && outcome != Outcome.LATE) {
      return;
    }
    Stream stream = streams.proposerOf(fileId, blockIndex, geometry.blockSize());
    if (stream != null) {
      stream.windowBlocks =
          outcome == Outcome.LATE
              ? Math.min(stream.windowBlocks * 2, windowBlocksMax())
              : Math.max(1, stream.windowBlocks / 2);
    }
  }

  @Override
  public void passed(PassedSink sink) {}

  @Override
  public void save(DataOutput out) throws IOException {
    out.writeInt(FORMAT_VERSION);
    runLengths.save(out);
  }

  /**
   * Reads what was learnt about the lengths of streams; the streams themselves do not outlive a
   * run.
   */
  @Override
  public void load(DataInput in) throws IOException {
    streams.clear();
    strides.clear();
    runLengths.clear();
    try {
      int version = in.readInt();
      if (version != FORMAT_VERSION) {
        throw new IOException("stream model of version " + version);
      }
      runLengths.load(in);
    } catch (IOException e) {
      runLengths.clear();
      throw e;
    }
  }

  private boolean isConfirmed(Stream stream) {
    if (stream.confirmed) {
      return stream.evidenceHalfBits > 0;
    }
    boolean fromStart = stream.direction == Direction.FORWARD && stream.origin == 0;
    int halfBits = stream.evidenceHalfBits + (fromStart ? START_OF_FILE_HALF_BITS : 0);
    boolean few =
        fromStart || stream.lengthBytes() >= (long) WHOLE_BLOCKS_FOR_FEW * geometry.blockSize();
    return halfBits >= CONFIRM_HALF_BITS
        && stream.touches >= (few ? CONFIRM_TOUCHES_FEW : CONFIRM_TOUCHES);
  }

  /** Accounts for the stream's new length and proposes what its window allows. */
  private void follow(Stream stream, Access access) {
    long lengthBlocks = Math.max(1, stream.lengthBytes() / geometry.blockSize());
    int lengthClass = RunLengths.lengthClass(lengthBlocks);
    if (!stream.confirmed) {
      stream.confirmed = true;
      stream.windowBlocks = (int) Math.min(blockCount(access.length()), windowBlocksMax());
      stream.aheadBlock = frontBlock(stream);
    } else {
      runLengths.wentOn(stream.lengthClass, lengthClass);
    }
    stream.lengthClass = lengthClass;
    if (!stream.isAtEnd()) {
      plan(stream, lengthBlocks);
    }
  }

  private void plan(Stream stream, long lengthBlocks) {
    boolean forward = stream.direction == Direction.FORWARD;
    long front = frontBlock(stream);
    stream.aheadBlock =
        forward ? Math.max(stream.aheadBlock, front) : Math.min(stream.aheadBlock, front);
    long left = Math.abs(stream.aheadBlock - front);
    if (left > stream.windowBlocks / 2) {
      return;
    }
    stream.windowBlocks = Math.min(stream.windowBlocks * 2, windowBlocksMax());
    int depth = runLengths.depth(lengthBlocks, stream.windowBlocks, LEAST_SURVIVAL);
    long target =
        forward ? Math.min(front + depth, blockCount(stream.fileSize)) : Math.max(front - depth, 0);
    long count = forward ? target - stream.aheadBlock : stream.aheadBlock - target;
    if (count > 0) {
      float probability = runLengths.survival(lengthBlocks, Math.abs(target - front));
      long firstBlock = forward ? stream.aheadBlock : target;
      proposals.propose(stream.fileId, firstBlock, (int) count, 0, probability);
      stream.aheadBlock = target;
    }
  }

  /** Going forward: the block of the next byte. In reverse: the block behind the next byte. */
  private long frontBlock(Stream stream) {
    return stream.direction == Direction.FORWARD
        ? geometry.blockIndex(stream.high)
        : blockCount(stream.low);
  }

  private int windowBlocksMax() {
    return windowBytesMax / geometry.blockSize();
  }

  private long blockCount(long bytes) {
    return bytes <= 0 ? 0 : geometry.blockIndex(bytes - 1) + 1;
  }
}
