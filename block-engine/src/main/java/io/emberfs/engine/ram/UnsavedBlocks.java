package io.emberfs.engine.ram;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.ffi.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The blocks that no lower tier has, in the order in which they came: a chain through the slots,
 * outside the Java heap. The flag QUEUED keeps each slot in it at most once, whoever its tenant is.
 */
final class UnsavedBlocks {
  /** What each slot takes once it was used. */
  static final int BYTES_PER_SLOT = Integer.BYTES;

  private static final int NONE = EntryTable.NONE;

  private final ReentrantLock lock;
  private final EntryTable table;

  /** For each slot the one that came after it; means nothing for the last. */
  private final MemorySegment next;

  @GuardedBy("lock")
  private int first = NONE;

  @GuardedBy("lock")
  private int last = NONE;

  UnsavedBlocks(ReentrantLock lock, EntryTable table, int slotCount, Arena arena) {
    this.lock = lock;
    this.table = table;
    next = NativeMemory.map((long) slotCount * BYTES_PER_SLOT, arena);
  }

  /** Puts a block at the end, unless it is saved, never to be saved, or queued. Under the lock. */
  @SuppressWarnings("GuardedBy") // the lock is the caller's, and the same
  void add(int slot) {
    assert lock.isHeldByCurrentThread();
    if (isUnsaved(slot) && !table.hasFlag(slot, EntryTable.QUEUED)) {
      table.raiseFlags(slot, EntryTable.QUEUED);
      if (first == NONE) {
        first = slot;
      } else {
        next.setAtIndex(JAVA_INT, last, slot);
      }
      last = slot;
    }
  }

  /**
   * A lower tier lost a block that was taken for saved: it stands in the queue again.
   *
   * @return false if it is not here, or never to be saved
   */
  boolean addAgain(long fileId, long blockIndex) {
    lock.lock();
    try {
      int slot = table.findExact(fileId, blockIndex);
      if (slot == EntryTable.NONE || table.hasFlag(slot, EntryTable.TRANSIENT)) {
        return false;
      }
      table.clearFlags(slot, EntryTable.SAVED);
      add(slot);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** The next unsaved block, from now on taken for saved; null if there is none. */
  @Nullable Chosen take() {
    lock.lock();
    try {
      while (first != NONE) {
        int slot = first;
        first = slot == last ? NONE : next.getAtIndex(JAVA_INT, slot);
        table.clearFlags(slot, EntryTable.QUEUED);
        if (table.hasFlag(slot, EntryTable.LIVE) && isUnsaved(slot)) {
          table.raiseFlags(slot, EntryTable.SAVED);
          return new Chosen(slot, table.stamp(slot));
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** Whether a block would have to be read from the backing again if it were lost. */
  boolean isUnsaved(int slot) {
    return !table.hasFlag(slot, EntryTable.SAVED | EntryTable.TRANSIENT);
  }
}
