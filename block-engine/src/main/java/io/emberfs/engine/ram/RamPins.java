package io.emberfs.engine.ram;

import io.emberfs.core.TierPins;
import io.emberfs.engine.policy.PinnedSlots;
import java.util.concurrent.locks.ReentrantLock;

/** What the RAM tier is asked to keep, bounded in pages. Any thread. */
final class RamPins implements TierPins {
  private final ReentrantLock lock;
  private final EntryTable table;
  private final PinnedPages pinned;
  private final PinnedSlots policy;
  private final int pageSize;

  /**
   * @param policy called under {@code lock} only
   */
  RamPins(
      ReentrantLock lock, EntryTable table, PinnedPages pinned, PinnedSlots policy, int pageSize) {
    this.lock = lock;
    this.table = table;
    this.pinned = pinned;
    this.policy = policy;
    this.pageSize = pageSize;
  }

  @Override
  public void add(long fileId) {
    pinned.files().add(fileId);
  }

  /** Walks the chain of the file's blocks under the lock, as their removal does. */
  @Override
  public void remove(long fileId) {
    pinned.files().remove(fileId);
    lock.lock();
    try {
      for (int slot = table.firstOfFile(fileId);
          slot != EntryTable.NONE;
          slot = table.fileNext(slot)) {
        if (table.fileId(slot) == fileId) {
          policy.release(slot);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void setPercentMax(int percent) {
    pinned.setPercentMax(percent);
  }

  @Override
  public long bytesMax(int percent) {
    lock.lock();
    try {
      return pinned.pagesIn(percent) * pageSize;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long heldBytes() {
    lock.lock();
    try {
      return policy.heldPages() * pageSize;
    } finally {
      lock.unlock();
    }
  }
}
