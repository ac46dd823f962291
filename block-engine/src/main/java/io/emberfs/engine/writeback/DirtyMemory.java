package io.emberfs.engine.writeback;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Off-heap pages for dirty bytes. Taken in chunks as they are needed and kept for the next use, so
 * that it holds as much as was ever dirty at one time; the bound on that is {@link
 * WriteBackSpec#bytesMax}, give or take a write for each thread that writes. Any thread.
 */
final class DirtyMemory implements AutoCloseable {
  static final int PAGE_BYTES = 4096;
  private static final int PAGES_PER_CHUNK = 256;

  private final Arena arena = Arena.ofShared();
  private final List<MemorySegment> free = new ArrayList<>();
  private long usedPages;

  /** A page of garbage, the caller's until {@link #give}. */
  synchronized MemorySegment take() {
    if (free.isEmpty()) {
      MemorySegment chunk = arena.allocate((long) PAGES_PER_CHUNK * PAGE_BYTES, PAGE_BYTES);
      for (int i = PAGES_PER_CHUNK - 1; i >= 0; i--) {
        free.add(chunk.asSlice((long) i * PAGE_BYTES, PAGE_BYTES));
      }
    }
    usedPages++;
    return free.removeLast();
  }

  /** Takes a page back. */
  synchronized void give(MemorySegment page) {
    usedPages--;
    free.add(page);
  }

  /** Bytes of the pages that are taken. */
  synchronized long usedBytes() {
    return usedPages * PAGE_BYTES;
  }

  /** Gives the memory back; no page may be in use. */
  @Override
  public void close() {
    arena.close();
  }
}
