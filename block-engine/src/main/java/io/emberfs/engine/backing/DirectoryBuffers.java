package io.emberfs.engine.backing;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Buffers for reading directories, used again and again; those above the bound are freed as they
 * come back. Any thread.
 */
final class DirectoryBuffers {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int KEPT_MAX = 32;

  private final ArrayBlockingQueue<Buffer> kept = new ArrayBlockingQueue<>(KEPT_MAX);

  /** A buffer with any content, the caller's until it is given back. */
  Buffer take() {
    Buffer buffer = kept.poll();
    return buffer != null ? buffer : Buffer.allocate();
  }

  /** Takes a buffer back. */
  void giveBack(Buffer buffer) {
    if (!kept.offer(buffer)) {
      buffer.arena.close();
    }
  }

  /** Memory with a lifetime of its own. */
  record Buffer(Arena arena, MemorySegment bytes) {
    private static Buffer allocate() {
      Arena arena = Arena.ofShared();
      return new Buffer(arena, arena.allocate(BUFFER_BYTES, Long.BYTES));
    }
  }
}
