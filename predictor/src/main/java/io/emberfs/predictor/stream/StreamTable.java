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

  private final Stream[] streams;
  private final long nearBytes;
  private int sameFileCount;

  /**
   * @param capacity streams followed at most
   * @param nearBytes how far from the expected offset an access still continues a stream: readers
   *     skip, and the kernel reorders
   */
  StreamTable(int capacity, long nearBytes) {
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
    sameFileCount = 0;
    for (Stream stream : streams) {
      if (stream.touches == 0 || stream.fileId != access.fileId()) {
        continue;
      }
      sameFileCount++;
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
    stream.lastTouch = now;
    stream.fileSize = access.fileSize();
    long end = access.offset() + access.length();
    boolean up = end > stream.high && stream.direction != Direction.REVERSE;
    boolean down = access.offset() < stream.low && stream.direction != Direction.FORWARD;
    if (!up && !down) {
      return false;
    }
    boolean exact = up ? access.offset() == stream.high : end == stream.low;
    if (stream.direction == Direction.UNKNOWN) {
      stream.direction = up ? Direction.FORWARD : Direction.REVERSE;
      stream.origin = up ? stream.low : stream.high;
    }
    stream.low = Math.min(stream.low, access.offset());
    stream.high = Math.max(stream.high, end);
    stream.touches = Math.min(stream.touches + 1, Integer.MAX_VALUE - 1);
    stream.evidenceBits =
        Math.min(
            stream.evidenceBits + coincidenceBits(exact ? EXACT_BYTES : 2 * nearBytes, access),
            Long.SIZE);
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
    return now - stream.lastTouch - (stream.confirmed && !stream.ended ? CONFIRMED_BONUS : 0);
  }

  /**
   * How improbable it is that a random access to this file falls into one of its streams'
   * expectations, in bits. In a small or crowded file chance continues streams all the time, and
   * each continuation says little.
   */
  private int coincidenceBits(long expectedBytes, Access access) {
    return Math.max(
        0, log2(access.fileSize()) - log2(expectedBytes) - log2(Math.max(1, sameFileCount)));
  }

  private static int log2(long value) {
    return value <= 0 ? 0 : Long.SIZE - 1 - Long.numberOfLeadingZeros(value);
  }
}
