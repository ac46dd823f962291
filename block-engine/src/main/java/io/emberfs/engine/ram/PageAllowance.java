package io.emberfs.engine.ram;

import java.util.concurrent.locks.ReentrantLock;

/**
 * How many pages may be on loan: as many as the budget has room for beside the slots. A slot that
 * was used once keeps its memory, so the most that were in use at one time count, and with them one
 * for each block on its way, as far as no used slot will be free for it. Every method under the
 * tier's lock.
 */
final class PageAllowance {
  private final ReentrantLock lock;
  private final EntryTable table;
  private final int slotBytes;
  private final int pageSize;
  private long bytes;
  private int comingCount;

  PageAllowance(ReentrantLock lock, EntryTable table, int slotBytes, int pageSize) {
    this.lock = lock;
    this.table = table;
    this.slotBytes = slotBytes;
    this.pageSize = pageSize;
  }

  /** Sets what pages and slots may take together. */
  void setBytes(long newBytes) {
    assert lock.isHeldByCurrentThread();
    bytes = newBytes;
  }

  /** A block is on its way, which may need a slot. */
  void expectBlock() {
    assert lock.isHeldByCurrentThread();
    comingCount++;
  }

  /** A block that was expected has its slot, or needs none any more. */
  void settleBlock() {
    assert lock.isHeldByCurrentThread();
    comingCount--;
  }

  int pageCount() {
    assert lock.isHeldByCurrentThread();
    long slots = Math.max(table.slotEnd(), table.entryCount() + comingCount);
    return (int) Math.clamp((bytes - slots * slotBytes) / pageSize, 0, Integer.MAX_VALUE);
  }

  /** Whether no block is on its way. */
  boolean isSettled() {
    return comingCount == 0;
  }
}
