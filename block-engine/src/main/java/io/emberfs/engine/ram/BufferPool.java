package io.emberfs.engine.ram;

import io.emberfs.ffi.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A fixed number of native buffers of one size, at most 64, claimed and returned without a lock. A
 * claimed buffer belongs to whoever claimed it until it is returned. Any thread.
 */
final class BufferPool {
  static final int NONE = -1;
  private static final int BUFFER_COUNT_MAX = Long.SIZE;
  private static final int SPINS_MAX = 256;

  private final MemorySegment[] buffers;

  /** Bit n set: buffer n is free. */
  private final AtomicLong free;

  private final long all;

  BufferPool(int bufferCount, long bufferSize, Arena arena) {
    if (bufferCount > BUFFER_COUNT_MAX) {
      throw new IllegalArgumentException(bufferCount + " buffers; a pool has at most 64");
    }
    buffers = new MemorySegment[bufferCount];
    MemorySegment memory = NativeMemory.map(bufferCount * bufferSize, arena);
    for (int i = 0; i < bufferCount; i++) {
      buffers[i] = memory.asSlice(i * bufferSize, bufferSize);
    }
    all = -1L >>> (Long.SIZE - bufferCount);
    free = new AtomicLong(all);
  }

  /** The number of a buffer, or NONE if all are taken; never waits. */
  int claim() {
    while (true) {
      long seen = free.get();
      if (seen == 0) {
        return NONE;
      }
      if (free.compareAndSet(seen, seen & (seen - 1))) {
        return Long.numberOfTrailingZeros(seen);
      }
    }
  }

  /**
   * As {@link #claim}, but looks again for a moment: for pools whose buffers are held for the
   * length of a few copies only.
   */
  int claimSoon() {
    int buffer = claim();
    for (int spin = 0; buffer == NONE && spin < SPINS_MAX; spin++) {
      Thread.onSpinWait();
      buffer = claim();
    }
    return buffer;
  }

  MemorySegment buffer(int number) {
    return buffers[number];
  }

  void giveBack(int number) {
    long before = free.getAndAdd(1L << number);
    assert (before & 1L << number) == 0 : "buffer " + number + " was given back twice";
  }

  /** Takes all buffers for good if none is in use; else takes none. */
  boolean takeAllIfFree() {
    return free.compareAndSet(all, 0);
  }

  /**
   * Takes all buffers for good, so that nobody uses their memory any more. Waits for those in use;
   * call only where holders return them without waiting themselves.
   */
  void takeAll() {
    long taken = 0;
    while (taken != all) {
      taken |= free.getAndSet(0);
      Thread.onSpinWait();
    }
  }
}
