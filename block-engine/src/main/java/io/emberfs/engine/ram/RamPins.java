package io.emberfs.engine.ram;

import io.emberfs.core.TierPins;
import io.emberfs.engine.policy.PinnedSlots;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.LongStream;

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
  public boolean contains(long fileId) {
    return pinned.files().contains(fileId);
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

  /** Walks the chain of the file's blocks under the lock, as their removal does. */
  @Override
  public long cachedBytes(long fileId) {
    long bytes = 0;
    lock.lock();
    try {
      for (int slot = table.firstOfFile(fileId);
          slot != EntryTable.NONE;
          slot = table.fileNext(slot)) {
        if (table.fileId(slot) == fileId && !table.hasFlag(slot, EntryTable.TRANSIENT)) {
          bytes += (long) Long.bitCount(table.validGranules(slot)) * pageSize;
        }
      }
    } finally {
      lock.unlock();
    }
    return bytes;
  }

  /** The block indexes of what is here of a file, in no order. */
  long[] blocksOf(long fileId) {
    LongStream.Builder blocks = LongStream.builder();
    lock.lock();
    try {
      for (int slot = table.firstOfFile(fileId);
          slot != EntryTable.NONE;
          slot = table.fileNext(slot)) {
        if (table.fileId(slot) == fileId) {
          blocks.add(table.blockIndex(slot));
        }
      }
    } finally {
      lock.unlock();
    }
    return blocks.build().toArray();
  }
}
