package io.emberfs.engine.backing;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Buffers for reading directories, used again and again; those above the bound are left to the
 * collector. Any thread.
 */
final class DirectoryBuffers {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int KEPT_MAX = 32;

  private final ArrayBlockingQueue<MemorySegment> kept = new ArrayBlockingQueue<>(KEPT_MAX);

  /** A buffer with any content, the caller's until it is given back. */
  MemorySegment take() {
    MemorySegment buffer = kept.poll();
    return buffer != null ? buffer : Arena.ofAuto().allocate(BUFFER_BYTES, Long.BYTES);
  }

  /** Takes a buffer back. */
  void giveBack(@Nullable MemorySegment buffer) {
    if (buffer != null) {
      boolean _ = kept.offer(buffer);
    }
  }
}
