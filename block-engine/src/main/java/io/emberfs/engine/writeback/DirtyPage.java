package io.emberfs.engine.writeback;

import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** A page of a file of which some bytes, or all, are dirty. Not thread-safe. */
final class DirtyPage {
  private final MemorySegment memory;

  /** Which bytes are dirty; null if all are. */
  private @Nullable BitSet dirty = new BitSet(DirtyMemory.PAGE_BYTES);

  /**
   * With no dirty byte.
   *
   * @param memory a page of {@link DirtyMemory}, which stays the maker's to give back
   */
  DirtyPage(MemorySegment memory) {
    this.memory = memory;
  }

  MemorySegment memory() {
    return memory;
  }

  boolean isEmpty() {
    return dirty != null && dirty.isEmpty();
  }

  /** Puts bytes from an offset in the page on. */
  void put(int offset, MemorySegment bytes) {
    int end = offset + (int) bytes.byteSize();
    memory.asSlice(offset, end - offset).copyFrom(bytes);
    if (dirty != null) {
      dirty.set(offset, end);
      if (dirty.nextClearBit(0) >= DirtyMemory.PAGE_BYTES) {
        dirty = null;
      }
    }
  }

  /** The bytes from an offset in the page on are dirty no more. */
  void cut(int offset) {
    if (dirty == null) {
      dirty = new BitSet(DirtyMemory.PAGE_BYTES);
      dirty.set(0, offset);
    } else {
      dirty.clear(offset, DirtyMemory.PAGE_BYTES);
    }
  }

  /** First dirty byte at or behind an offset in the page; the page's size if there is none. */
  int nextDirty(int offset) {
    if (dirty == null) {
      return Math.min(offset, DirtyMemory.PAGE_BYTES);
    }
    int next = dirty.nextSetBit(offset);
    return next < 0 ? DirtyMemory.PAGE_BYTES : next;
  }

  /** First byte behind a dirty one that is not dirty. */
  int nextClean(int offset) {
    return dirty == null
        ? DirtyMemory.PAGE_BYTES
        : Math.min(dirty.nextClearBit(offset), DirtyMemory.PAGE_BYTES);
  }
}
