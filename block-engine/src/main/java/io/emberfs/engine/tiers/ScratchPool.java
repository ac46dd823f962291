package io.emberfs.engine.tiers;

import io.emberfs.ffi.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A fixed number of page-aligned native buffers of one size. Memory that was never used is not
 * resident. Whoever takes a buffer gives it back in a finally; taking waits while all are out.
 */
public final class ScratchPool implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final BlockingQueue<MemorySegment> free;
  private final long byteCount;

  /**
   * @param count number of buffers
   * @param byteSize bytes of each
   */
  public ScratchPool(int count, long byteSize) {
    free = new ArrayBlockingQueue<>(count);
    byteCount = count * byteSize;
    for (int i = 0; i < count; i++) {
      free.add(NativeMemory.map(byteSize, arena));
    }
  }

  /** Takes a buffer; it holds whatever its last user left there. */
  public MemorySegment take() {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return free.take();
        } catch (InterruptedException _) {
          // A reader cannot be told to give up half-way; it gets its buffer as soon as another one
          // ends.
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Gives a buffer back. */
  public void give(MemorySegment buffer) {
    free.add(buffer);
  }

  /** Bytes of all buffers. */
  public long byteCount() {
    return byteCount;
  }

  @Override
  public void close() {
    arena.close();
  }
}
