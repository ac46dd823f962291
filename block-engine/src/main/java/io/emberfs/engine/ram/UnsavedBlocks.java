package io.emberfs.engine.ram;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.foreign.Arena;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The blocks that no lower tier has, in the order in which they came. The flag QUEUED keeps each
 * slot in the queue at most once, whoever its tenant is, so the queue cannot overflow.
 */
final class UnsavedBlocks {
  private final ReentrantLock lock;
  private final EntryTable table;

  @GuardedBy("lock")
  private final SlotQueue queue;

  UnsavedBlocks(ReentrantLock lock, EntryTable table, int slotCount, Arena arena) {
    this.lock = lock;
    this.table = table;
    queue = new SlotQueue(slotCount, arena);
  }

  /** Puts a block at the end, unless it is saved, never to be saved, or queued. Under the lock. */
  @SuppressWarnings("GuardedBy") // the lock is the caller's, and the same
  void add(int slot) {
    assert lock.isHeldByCurrentThread();
    if (isUnsaved(slot) && !table.hasFlag(slot, EntryTable.QUEUED)) {
      table.raiseFlags(slot, EntryTable.QUEUED);
      boolean _ = queue.add(slot);
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
      for (int slot = queue.poll(); slot != SlotQueue.NONE; slot = queue.poll()) {
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
