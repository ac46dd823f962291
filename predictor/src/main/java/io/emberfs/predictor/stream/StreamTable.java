package io.emberfs.predictor.stream;

import io.emberfs.core.Access;
import io.emberfs.predictor.stream.Stream.Direction;
import org.jspecify.annotations.Nullable;

/**
 * The streams that are followed, found by file and expected next offset. Bounded: a newcomer takes
 * the place of the stream that was idle for longest, and a stream not yet confirmed goes long
 * before a confirmed one. One thread.
 *
 * <p>A look-up walks the whole table: it stays in the first-level cache, and near matches would
 * need several hash probes.
 */
final class StreamTable {
  /** How many accesses longer than a mere suspicion a confirmed stream may stay idle. */
  private static final long CONFIRMED_BONUS = 4096;

  /** Exact continuation is judged at the granularity at which programs usually read. */
  private static final int EXACT_BYTES = 4096;

  /**
   * A confirmed stream idle for so many accesses to its own file has stopped, for all that is
   * known.
   */
  private static final int STOPPED_AGE = 128;

  /**
   * What a continuation costs before it earns. A continuation of probability p counts as a factor
   * of 1 / (2 * sqrt(p)): under chance, with every p as likely as it says, such factors average 1,
   * so that waiting for coincidences earns nothing. As a logarithm in half bits that is -log2(p) -
   * 2.
   */
  private static final int COST_HALF_BITS = 2;

  private static final int EVIDENCE_HALF_BITS_MAX = 40;

  private final Stream[] streams;
  private final long nearBytes;
  private final RunLengths runLengths;

  /**
   * @param capacity streams followed at most
   * @param nearBytes how far from the expected offset an access still continues a stream: readers
   *     skip, and the kernel reorders
   * @param runLengths told of streams that stopped
   */
  StreamTable(int capacity, long nearBytes, RunLengths runLengths) {
    this.runLengths = runLengths;
    this.streams = new Stream[capacity];
    this.nearBytes = nearBytes;
    for (int i = 0; i < capacity; i++) {
      streams[i] = new Stream();
    }
  }

  /**
   * The stream that this access continues or repeats the front of; null if there is none. Exact
   * continuation wins.
   */
  @Nullable Stream find(Access access) {
    Stream near = null;
    Stream exact = null;
    for (Stream stream : streams) {
      if (stream.touches == 0 || stream.fileId != access.fileId()) {
        continue;
      }
      stream.sameFileAge++;
      if (stream.sameFileAge == STOPPED_AGE) {
        settle(stream);
      }
      if (continuesExactly(stream, access)) {
        exact = better(exact, stream);
      } else if (continuesNear(stream, access)) {
        near = better(near, stream);
      }
    }
    return exact != null ? exact : near;
  }

  /** Moves the front of the stream that {@link #find} just returned. Returns whether it moved. */
  boolean extend(Stream stream, Access access, long now) {
    long age = Math.max(1, stream.sameFileAge);
    stream.sameFileAge = 0;
    stream.lastTouch = now;
    stream.fileSize = access.fileSize();
    long end = access.offset() + access.length();
    boolean up = end > stream.high && stream.direction != Direction.REVERSE;
    boolean down = access.offset() < stream.low && stream.direction != Direction.FORWARD;
    if (!up && !down) {
      return false;
    }
    boolean exact = up ? access.offset() == stream.high : end == stream.low;
    long expectedBytes = exact ? EXACT_BYTES : nearBytes + Math.max(nearBytes, access.length());
    if (stream.direction == Direction.UNKNOWN) {
      stream.direction = up ? Direction.FORWARD : Direction.REVERSE;
      stream.origin = up ? stream.low : stream.high;
      // Either direction would have done.
      expectedBytes *= 2;
    }
    stream.low = Math.min(stream.low, access.offset());
    stream.high = Math.max(stream.high, end);
    stream.touches = Math.min(stream.touches + 1, Integer.MAX_VALUE - 1);
    int bits = surpriseBits(expectedBytes, age, access.fileSize());
    stream.evidenceHalfBits =
        Math.clamp(stream.evidenceHalfBits + bits - COST_HALF_BITS, 0, EVIDENCE_HALF_BITS_MAX);
    return true;
  }

  /** Begins a stream with an access that continues none. */
  Stream begin(Access access, long now) {
    Stream victim = streams[0];
    for (Stream stream : streams) {
      if (stream.touches == 0) {
        victim = stream;
        break;
      }
      if (age(stream, now) > age(victim, now)) {
        victim = stream;
      }
    }
    settle(victim);
    victim.begin(access.fileId(), access.offset(), access.length(), access.fileSize(), now);
    return victim;
  }

  /** The stream that proposed this block and is still followed; null if there is none. */
  @Nullable Stream proposerOf(long fileId, long blockIndex, int blockSize) {
    for (Stream stream : streams) {
      if (stream.confirmed && stream.fileId == fileId && proposed(stream, blockIndex, blockSize)) {
        return stream;
      }
    }
    return null;
  }

  void clear() {
    for (Stream stream : streams) {
      stream.touches = 0;
      stream.confirmed = false;
    }
  }

  private static boolean proposed(Stream stream, long blockIndex, int blockSize) {
    return stream.direction == Direction.REVERSE
        ? blockIndex >= stream.aheadBlock && blockIndex <= stream.origin / blockSize
        : blockIndex < stream.aheadBlock && blockIndex >= stream.origin / blockSize;
  }

  private static boolean continuesExactly(Stream stream, Access access) {
    return switch (stream.direction) {
      case FORWARD -> access.offset() == stream.high;
      case REVERSE -> access.offset() + access.length() == stream.low;
      case UNKNOWN ->
          access.offset() == stream.high || access.offset() + access.length() == stream.low;
    };
  }

  private boolean continuesNear(Stream stream, Access access) {
    long slack = Math.max(nearBytes, access.length());
    return switch (stream.direction) {
      case FORWARD, UNKNOWN ->
          access.offset() >= stream.high - slack && access.offset() <= stream.high + nearBytes;
      case REVERSE -> {
        long end = access.offset() + access.length();
        yield end <= stream.low + slack && end >= stream.low - nearBytes;
      }
    };
  }

  private static Stream better(@Nullable Stream a, Stream b) {
    if (a == null || (b.confirmed && !a.confirmed)) {
      return b;
    }
    return a.confirmed == b.confirmed && b.lastTouch > a.lastTouch ? b : a;
  }

  private static long age(Stream stream, long now) {
    return now - stream.lastTouch - (stream.confirmed && !stream.isAtEnd() ? CONFIRMED_BONUS : 0);
  }

  /** Counts a confirmed stream that was left before the end of its file, once. */
  private void settle(Stream stream) {
    if (stream.confirmed && !stream.stopped && !stream.isAtEnd()) {
      runLengths.stopped(stream.lengthClass);
      stream.stopped = true;
    }
  }

  /**
   * How improbable it is that one of {@code age} random accesses to a file falls among {@code
   * expectedBytes} of it, in bits. In a small file, or after a long wait, chance continues any
   * stream, and that says little.
   */
  private static int surpriseBits(long expectedBytes, long age, long fileSize) {
    long ratio = fileSize / (expectedBytes * age);
    return ratio <= 1 ? 0 : Long.SIZE - 1 - Long.numberOfLeadingZeros(ratio);
  }
}
