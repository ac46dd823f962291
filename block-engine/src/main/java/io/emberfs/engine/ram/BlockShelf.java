package io.emberfs.engine.ram;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Meters;
import io.emberfs.core.WriteFence;
import io.emberfs.engine.policy.PinnedSlots;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Which blocks come, stay and go: every change of table, pages and policy, each a short step under
 * the one lock. No bytes are copied here, and nobody outside is called under the lock but the write
 * fence, which asks for that.
 *
 * <table>
 * <caption>Access</caption>
 * <tr><th>field<th>access<th>guard of writes<th>who reads
 * <tr><td>policy, outcomes<td>plain<td>{@code lock}<td>under the lock
 * <tr><td>table, pages, allowance, placement<td>see there<td>{@code lock}<td>see there
 * <tr><td>evictionCount<td>volatile<td>{@code lock}<td>anybody
 * </table>
 *
 * <p>Lock order: {@code lock} is the last to be taken, and is never held across I/O, the copy of a
 * block or a call of the observer.
 */
final class BlockShelf {
  private static final int NONE = EntryTable.NONE;
  private static final int STEP_SIZE = 64;

  /** One page in this many is to be kept free. */
  private static final int ROOM_DIVISOR = 32;

  private final ReentrantLock lock;
  private final EntryTable table;
  private final PageStore pages;
  private final PageAllowance allowance;
  private final BlockPlacement placement;
  private final OfferRules rules;
  private final HitReplay hits;
  private final UnsavedBlocks unsaved;
  private final WriteFence fence;
  private final PrefetchOutcomes outcomes;
  private final Meters.Counter evictedUnsaved;

  @GuardedBy("lock")
  private final PinnedSlots policy;

  private volatile long evictionCount;

  /** The parts that share one lock. */
  record Parts(
      ReentrantLock lock,
      EntryTable table,
      PageStore pages,
      PageAllowance allowance,
      BlockPlacement placement,
      PinnedSlots policy,
      HitReplay hits,
      UnsavedBlocks unsaved) {}

  BlockShelf(Parts parts, WriteFence fence, RamTier.Observer observer, Meters meters) {
    lock = parts.lock();
    table = parts.table();
    pages = parts.pages();
    allowance = parts.allowance();
    placement = parts.placement();
    rules = new OfferRules(table, placement);
    policy = parts.policy();
    hits = parts.hits();
    unsaved = parts.unsaved();
    this.fence = fence;
    outcomes = new PrefetchOutcomes(lock, observer);
    evictedUnsaved = meters.counter("ram.evictedUnsaved");
  }

  /** Blocks evicted for space so far. */
  long evictionCount() {
    return evictionCount;
  }

  /**
   * Takes pages for what a block brings, evicting others where needed.
   *
   * @param flags as {@link RamTier#insert}
   * @return null if the block is declined
   */
  @Nullable Incoming reserve(BlockMeta meta, int flags) {
    lock.lock();
    try {
      int slot = table.findExact(meta.fileId(), meta.blockIndex());
      if (!isCurrent(meta) || isDeclined(slot, meta, meta.validGranules(), flags)) {
        return null;
      }
      long granules = rules.granulesBrought(slot, meta, flags);
      if (granules == 0) {
        if ((flags & EntryTable.SAVED) != 0 && meta.covers(table.validGranules(slot))) {
          table.raiseFlags(slot, EntryTable.SAVED);
        }
        return new Incoming(meta, 0, new int[0]);
      }
      int pageCount = placement.pageCount(meta, granules);
      return take(meta, granules, pageCount);
    } finally {
      List<PrefetchOutcomes.Outcome> decided = outcomes.take();
      boolean hasSurplus = pages.hasSurplus();
      lock.unlock();
      outcomes.tell(decided);
      if (hasSurplus) {
        pages.releaseAboveLimit(); // a slot was taken from what free pages have
      }
    }
  }

  @GuardedBy("lock")
  private @Nullable Incoming take(BlockMeta meta, long granules, int pageCount) {
    Incoming taken = null;
    allowance.expectBlock();
    try {
      if (makeRoom(pageCount)) {
        taken = new Incoming(meta, granules, placement.takePages(pageCount));
      }
      return taken;
    } finally {
      if (taken == null) {
        allowance.settleBlock();
      }
    }
  }

  /**
   * Puts a block whose pages are filled where readers find it, or gives its pages back.
   *
   * @return whether a later lookup may find it
   */
  boolean publish(Incoming incoming, int flags) {
    BlockMeta meta = incoming.meta();
    lock.lock();
    try {
      int slot = table.findExact(meta.fileId(), meta.blockIndex());
      if (!isCurrent(meta)
          || pages.isOverLimit()
          || isDeclined(slot, meta, incoming.granules(), flags)) {
        placement.giveBack(incoming.pages());
        return false;
      }
      if (slot != NONE && rules.isOutdatedBy(slot, meta, flags)) {
        removeSlot(slot);
        slot = NONE;
      }
      if (slot == NONE) {
        boolean isPrefetched = (flags & EntryTable.PREFETCHED) != 0;
        slot = placement.insert(incoming, isPrefetched ? flags | EntryTable.UNTRIED : flags);
        policy.onInsert(slot);
        unsaved.add(slot);
      } else if ((incoming.granules() & ~table.validGranules(slot)) == 0) {
        placement.giveBack(incoming.pages()); // another offer was faster
      } else {
        add(slot, incoming, flags);
      }
      return true;
    } finally {
      allowance.settleBlock();
      List<PrefetchOutcomes.Outcome> decided = outcomes.take();
      lock.unlock();
      outcomes.tell(decided);
    }
  }

  /** Gives back the pages of a block that is not published after all. */
  void abandon(int[] pageNumbers) {
    lock.lock();
    try {
      placement.giveBack(pageNumbers);
      allowance.settleBlock();
    } finally {
      lock.unlock();
    }
  }

  /** Removes granules; a compressed block goes as a whole, for its bytes cannot be parted. */
  void removeGranules(long fileId, long blockIndex, long granules) {
    lock.lock();
    try {
      int slot = table.findExact(fileId, blockIndex);
      if (slot == NONE || (table.validGranules(slot) & granules) == 0) {
        return;
      }
      long remaining = table.validGranules(slot) & ~granules;
      if (remaining == 0 || !placement.isPlain(slot)) {
        removeSlot(slot);
      } else {
        int pageCountBefore = placement.pageCountOf(slot);
        placement.shrink(slot, remaining);
        policy.onResize(slot, pageCountBefore);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Removes a file's blocks from one on. Walks the chain of the file's blocks under the lock: a
   * removal is complete when it returns, and one that let go of the lock would have to begin anew.
   */
  void removeFrom(long fileId, long firstBlockIndex) {
    lock.lock();
    try {
      int next;
      for (int slot = table.firstOfFile(fileId); slot != NONE; slot = next) {
        next = table.fileNext(slot);
        if (table.fileId(slot) == fileId && table.blockIndex(slot) >= firstBlockIndex) {
          removeSlot(slot);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Removes a block if it is still the one that was chosen. */
  boolean removeIfUnchanged(Chosen chosen) {
    lock.lock();
    try {
      boolean isSame = isSame(chosen);
      if (isSame) {
        removeSlot(chosen.slot());
      }
      return isSame;
    } finally {
      lock.unlock();
    }
  }

  /** Removes every block, with the lock free for others in between. */
  void clear() {
    for (int first = 0; first < table.slotEnd(); first += STEP_SIZE) {
      lock.lock();
      try {
        int end = Math.min(first + STEP_SIZE, table.slotEnd());
        for (int slot = first; slot < end; slot++) {
          if (table.hasFlag(slot, EntryTable.LIVE)) {
            removeSlot(slot);
          }
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** Sets what pages and slots may take together and evicts what is too much. */
  void setRoom(long bytes) {
    lock.lock();
    try {
      allowance.setBytes(bytes);
    } finally {
      lock.unlock();
    }
    boolean hasMore = true;
    while (hasMore) {
      lock.lock();
      try {
        for (int i = 0; i < STEP_SIZE && hasMore; i++) {
          hasMore = pages.isOverLimit() && evictOne();
        }
      } finally {
        List<PrefetchOutcomes.Outcome> decided = outcomes.take();
        lock.unlock();
        outcomes.tell(decided);
      }
    }
  }

  /** Whether too few pages are free although there are blocks to evict. */
  boolean isRoomWanted() {
    lock.lock();
    try {
      return !hasRoomBeside(0) && policy.size() > 0;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Evicts the next block, or spares one to be compressed: a plain one that was used since it came.
   * The policy goes on to know that one, as used.
   *
   * @return the block spared; null if one was evicted, or there is none
   */
  @Nullable Chosen evictOrSpare(boolean isWarmWanted) {
    lock.lock();
    try {
      int slot = policy.victim();
      if (slot == NONE) {
        return null;
      }
      if (isWarmWanted && placement.isPlain(slot) && table.hasFlag(slot, EntryTable.USED)) {
        table.clearFlags(slot, EntryTable.USED);
        policy.onReturn(slot);
        return new Chosen(slot, table.stamp(slot));
      }
      evict(slot);
      return null;
    } finally {
      List<PrefetchOutcomes.Outcome> decided = outcomes.take();
      lock.unlock();
      outcomes.tell(decided);
    }
  }

  /** Evicts a block if it is still the one that was chosen. */
  void evictIfUnchanged(Chosen chosen) {
    lock.lock();
    try {
      if (isSame(chosen)) {
        policy.onRemove(chosen.slot());
        evict(chosen.slot());
      }
    } finally {
      List<PrefetchOutcomes.Outcome> decided = outcomes.take();
      lock.unlock();
      outcomes.tell(decided);
    }
  }

  /** Pages for another form of a block that is here, evicting nobody; null if too few are free. */
  int @Nullable [] takeFreePages(int count) {
    lock.lock();
    try {
      return pages.availableCount() < count ? null : placement.takePages(count);
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #takeFreePages}, only if the wanted share of pages stays free. */
  int @Nullable [] takeSparePages(int count) {
    lock.lock();
    try {
      return hasRoomBeside(count) ? placement.takePages(count) : null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives a block another form if it is still the one that was chosen, else gives the pages back.
   */
  boolean replaceIfUnchanged(Chosen chosen, Incoming form) {
    lock.lock();
    try {
      boolean isSame = isSame(chosen);
      if (isSame) {
        table.clearFlags(chosen.slot(), EntryTable.USED | EntryTable.USED_WARM);
        int pageCountBefore = placement.pageCountOf(chosen.slot());
        placement.replace(chosen.slot(), form);
        policy.onResize(chosen.slot(), pageCountBefore);
      } else {
        placement.giveBack(form.pages());
      }
      return isSame;
    } finally {
      lock.unlock();
    }
  }

  /** The slots of all blocks, most valuable first. */
  int[] slotsByValue() {
    lock.lock();
    try {
      int[] slots = new int[policy.size()];
      int[] count = new int[1];
      policy.forEach(slot -> {
        slots[count[0]++] = slot;
        return true;
      });
      return slots;
    } finally {
      lock.unlock();
    }
  }

  /** Whether policy, table and pages agree with each other, when nothing is on its way. */
  boolean isConsistent() {
    lock.lock();
    try {
      return policy.size() == table.entryCount()
          && policy.isAccountedFor()
          && pages.isAccountedFor()
          && allowance.isSettled()
          && placement.pageCountOfAll() == pages.usedCount();
    } finally {
      lock.unlock();
    }
  }

  private boolean isCurrent(BlockMeta meta) {
    return fence.isCurrent(meta.fileId(), meta.blockIndex(), meta.writeSequence());
  }

  private boolean isSame(Chosen chosen) {
    return table.stamp(chosen.slot()) == chosen.stamp();
  }

  @GuardedBy("lock")
  private boolean isDeclined(int slot, BlockMeta meta, long granules, int flags) {
    if (slot == NONE) {
      return false;
    }
    if (rules.isNewer(slot, meta)) {
      return true;
    }
    if (rules.isOutdatedBy(slot, meta, flags) || !rules.isIncompatible(slot, meta, granules)) {
      return false;
    }
    if (!placement.isPlain(slot)) {
      hits.requestExpansion(slot); // so that a later offer can be united
    }
    return true;
  }

  /**
   * Adds granules to a block that is there. It is saved then only if all of it is, and transient if
   * any of it is.
   */
  @GuardedBy("lock")
  private void add(int slot, Incoming incoming, int flags) {
    int pageCountBefore = placement.pageCountOf(slot);
    if (rules.canUnite(slot, incoming.meta())) {
      placement.unite(slot, incoming);
    } else {
      placement.replace(slot, incoming);
    }
    policy.onResize(slot, pageCountBefore);
    table.clearFlags(slot, ~flags & EntryTable.SAVED);
    table.raiseFlags(slot, flags & EntryTable.TRANSIENT);
    unsaved.add(slot);
    long seen = table.flags(slot);
    boolean isAskedFor = (flags & EntryTable.PREFETCHED) == 0;
    if (isAskedFor && table.clearFlagOf(slot, seen, EntryTable.PREFETCHED)) {
      outcomes.used(key(slot));
    }
  }

  /** Evicts until that many pages can be taken; false if it cannot be done. */
  @GuardedBy("lock")
  private boolean makeRoom(int pageCount) {
    if (pageCount > pages.limit()) {
      return false;
    }
    while (pages.availableCount() < pageCount) {
      if (!evictOne()) {
        return false;
      }
    }
    return true;
  }

  private boolean hasRoomBeside(int pageCount) {
    return pages.availableCount() - pageCount >= pages.limit() / ROOM_DIVISOR;
  }

  @GuardedBy("lock")
  private boolean evictOne() {
    int slot = policy.victim();
    if (slot == NONE) {
      return false;
    }
    evict(slot);
    return true;
  }

  /** Drops a block that the policy has let go of. */
  @GuardedBy("lock")
  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the lock only
  private void evict(int slot) {
    BlockKey key = key(slot);
    long flags = placement.drop(slot);
    evictionCount++;
    if ((flags & (EntryTable.SAVED | EntryTable.TRANSIENT)) == 0) {
      evictedUnsaved.increment();
    }
    if ((flags & EntryTable.PREFETCHED) != 0) {
      outcomes.evictedUnused(key);
    }
  }

  @GuardedBy("lock")
  private void removeSlot(int slot) {
    policy.onRemove(slot);
    long _ = placement.drop(slot);
  }

  private BlockKey key(int slot) {
    return new BlockKey(table.fileId(slot), table.blockIndex(slot));
  }
}
