package io.emberfs.persistence.ssd;

import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import java.io.IOException;

/**
 * What the file system below the database has left for others, and the budget that follows from it.
 * It goes down at once and comes back only after a while, and only for an eighth or more: what
 * others write and delete should not move it up and down.
 *
 * <p>One thread calls {@link #look} at a time; any reads.
 */
final class DiskRoom {
  private static final long GROWS_AFTER_NANOS = 30_000_000_000L;
  private static final int GROWS_BY_PARTS = 8;

  private final FreeSpace space;
  private final long keepFreeBytes;
  private final Clock clock;
  private final Meters.Counter shrinks;
  private volatile long usableBytes = Long.MAX_VALUE;
  private volatile long limitBytes = Long.MAX_VALUE;
  private long shrunkNanos;

  DiskRoom(FreeSpace space, long keepFreeBytes, Clock clock, Meters meters) {
    this.space = space;
    this.keepFreeBytes = keepFreeBytes;
    this.clock = clock;
    shrinks = meters.counter("ssd.roomShrinks");
    meters.gauge("tiers.ssd.keepFreeBytes", () -> keepFreeBytes);
    meters.gauge("tiers.ssd.limitBytes", () -> limitBytes == Long.MAX_VALUE ? 0 : limitBytes);
  }

  /** Asks a file system what it has left. */
  @FunctionalInterface
  interface FreeSpace {
    /** Bytes that this process may still write there. */
    long usableBytes() throws IOException;
  }

  /**
   * Looks at the file system.
   *
   * @param diskBytes what the database takes there now
   * @param capacityBytes the budget that was named
   */
  void look(long diskBytes, long capacityBytes) throws IOException {
    usableBytes = space.usableBytes();
    long room = Math.max(0, diskBytes + usableBytes - keepFreeBytes);
    long possible = SsdSpec.capacityWithin(room);
    long now = Math.min(limitBytes, capacityBytes);
    if (possible < now) {
      limitBytes = possible;
      shrunkNanos = clock.nanoTime();
      shrinks.increment();
    } else if (limitBytes < capacityBytes
        && clock.nanoTime() - shrunkNanos >= GROWS_AFTER_NANOS
        && possible >= Math.min(capacityBytes, limitBytes + capacityBytes / GROWS_BY_PARTS)) {
      limitBytes = possible < capacityBytes ? possible : Long.MAX_VALUE;
    }
  }

  /** The budget for live blocks now, {@code capacityBytes} at most. */
  long budgetBytes(long capacityBytes) {
    return Math.min(limitBytes, capacityBytes);
  }

  /** Whether nothing more may be written: others would have less than they are to have. */
  boolean isShort() {
    return usableBytes - RocksSettings.FLUSH_BYTES < keepFreeBytes;
  }

  /** Whether not even the write buffers have room: only what is deleted gives some back. */
  boolean isFull() throws IOException {
    return space.usableBytes() < RocksSettings.FLUSH_BYTES;
  }
}
