package io.emberfs.engine.ram;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.emberfs.ffi.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The arena of pages, which of them are free, and each page's checksum. A page is one granule; a
 * page that was never used, or was given back, takes no memory.
 *
 * <p>Pages on loan are those taken and not returned: one owner each, a block or an insert on its
 * way. Free pages that have memory are handed out before those that have none, so that the resident
 * set never exceeds the most pages that were in use at one time.
 *
 * <table>
 * <caption>Access</caption>
 * <tr><th>field<th>access<th>guard of writes<th>who reads
 * <tr><td>bytes<td>plain<td>the page's owner<td>anybody by {@link #copyOut}; only a reader that then
 *     finds the block's stamp unchanged may believe them
 * <tr><td>checksums<td>plain<td>the page's owner<td>as bytes
 * <tr><td>free stacks, counts<td>plain<td>the tier's lock<td>under the lock; {@code usedCount}
 *     anybody
 * </table>
 */
final class PageStore {
  /** Bytes besides the page itself. */
  static final int INDEX_BYTES_PER_PAGE = 2 * Integer.BYTES;

  private static final int RELEASE_STEP_SIZE = 64;

  private final ReentrantLock lock;
  private final int pageSize;
  private final int pageCount;
  private final MemorySegment bytes;
  private final MemorySegment checksums;

  /** Free pages with memory from the bottom up, free pages given back from the top down. */
  private final MemorySegment free;

  private int freeCount;
  private int givenBackCount;

  /** Free pages that are in neither stack while their memory is given back. */
  private int leavingCount;

  /** Pages from here on were never used. */
  private int freshPage;

  private final PageAllowance allowance;
  private volatile int usedCount;

  PageStore(int pageCount, int pageSize, PageAllowance allowance, ReentrantLock lock, Arena arena) {
    this.lock = lock;
    this.pageSize = pageSize;
    this.pageCount = pageCount;
    this.allowance = allowance;
    bytes = NativeMemory.map((long) pageCount * pageSize, arena);
    checksums = NativeMemory.map((long) pageCount * Integer.BYTES, arena);
    free = NativeMemory.map((long) pageCount * Integer.BYTES, arena);
  }

  /** Pages on loan. Any thread. */
  int usedCount() {
    return usedCount;
  }

  /** Pages that are free and have memory. Any thread. */
  int idleCount() {
    lock.lock();
    try {
      return freeCount + leavingCount;
    } finally {
      lock.unlock();
    }
  }

  /** Pages that can be taken now. Under the lock. */
  int availableCount() {
    return Math.max(0, Math.min(limit(), pageCount - leavingCount) - usedCount);
  }

  /** Pages that may be on loan. Under the lock. */
  int limit() {
    return allowance.pageCount();
  }

  /** Whether more pages are on loan than a smaller budget allows. Under the lock. */
  boolean isOverLimit() {
    return usedCount > limit();
  }

  /** Whether free pages have memory that the budget does not allow. Under the lock. */
  boolean hasSurplus() {
    return freeCount > 0 && freshPage - givenBackCount - leavingCount > limit();
  }

  /** Takes one page; only while one is available. Under the lock. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the lock only
  int take() {
    assert lock.isHeldByCurrentThread() && availableCount() > 0;
    usedCount++;
    if (freeCount > 0) {
      return freeAt(--freeCount);
    }
    if (givenBackCount > 0) {
      return freeAt(pageCount - givenBackCount--);
    }
    return freshPage++;
  }

  /** Takes a page back. Under the lock. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the lock only
  void giveBack(int page) {
    assert lock.isHeldByCurrentThread();
    usedCount--;
    free.setAtIndex(JAVA_INT, freeCount++, page);
  }

  /**
   * Gives the memory of free pages to the kernel until no more pages have any than the budget
   * allows. Takes the lock for a moment at a time: the giving back is a system call.
   */
  void releaseAboveLimit() {
    int[] leaving = new int[RELEASE_STEP_SIZE];
    int count;
    do {
      count = takeLeaving(leaving);
      for (int i = 0; i < count; i++) {
        NativeMemory.giveBack(bytes.asSlice((long) leaving[i] * pageSize, pageSize));
      }
      giveBackLeaving(leaving, count);
    } while (count > 0);
  }

  /** Whether every page is either on loan or free. Under the lock. */
  boolean isAccountedFor() {
    return usedCount + freeCount + givenBackCount + leavingCount + pageCount - freshPage
        == pageCount;
  }

  /** Fills the start of a page on loan. */
  void fill(int page, MemorySegment source, long sourceOffset, long length) {
    MemorySegment.copy(source, sourceOffset, bytes, (long) page * pageSize, length);
  }

  /** Notes the checksum of a page on loan. */
  void setChecksum(int page, int checksum) {
    checksums.setAtIndex(JAVA_INT, page, checksum);
  }

  /** The checksum that was noted for a page. */
  int checksum(int page) {
    return checksums.getAtIndex(JAVA_INT, page);
  }

  /** Copies bytes that may run on into the pages that follow. */
  void copyOut(int page, long offset, MemorySegment target, long targetOffset, long length) {
    MemorySegment.copy(bytes, (long) page * pageSize + offset, target, targetOffset, length);
  }

  /**
   * The start of a page, to be read by code that cannot take a segment. The arena may not be closed
   * while it is read.
   */
  ByteBuffer view(int page, int length) {
    return bytes.asSlice((long) page * pageSize, length).asByteBuffer();
  }

  private int takeLeaving(int[] leaving) {
    lock.lock();
    try {
      int count = 0;
      while (count < leaving.length && hasSurplus()) {
        leaving[count++] = freeAt(--freeCount);
        leavingCount++;
      }
      return count;
    } finally {
      lock.unlock();
    }
  }

  private void giveBackLeaving(int[] released, int count) {
    lock.lock();
    try {
      for (int i = 0; i < count; i++) {
        givenBackCount++;
        free.setAtIndex(JAVA_INT, pageCount - givenBackCount, released[i]);
      }
      leavingCount -= count;
    } finally {
      lock.unlock();
    }
  }

  private int freeAt(int position) {
    return free.getAtIndex(JAVA_INT, position);
  }
}
