package io.emberfs.app.simulate;

import io.emberfs.core.ReplacementPolicy;
import io.emberfs.core.ReplacementPolicy.SlotView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.IntConsumer;

/**
 * One cache of whole slots: an access that misses takes a slot, and a victim leaves when there is
 * none free.
 */
final class SimulatedCache {
  private static final int NOWHERE = -1;

  /** Of a restart: what a mount brings back to RAM before it stops to leave room for demand. */
  private static final double RESTORED_SHARE = 0.9;

  private final BlockAccesses accesses;
  private final int slotCount;
  private final boolean byPage;
  private final BiFunction<Integer, SlotView, ReplacementPolicy> maker;
  private final int[] blockInSlot;
  private final long[] validPages;
  private final boolean[] isPrefetched;
  private int[] slotOfBlock;
  private ReplacementPolicy policy;
  private int freeSlots;
  private IntConsumer evictedUnused = _ -> {};

  /** What an access found. */
  enum Found {
    NOTHING,
    /** A block that was used before, or was fetched for an access. */
    BLOCK,
    /** A block that a prefetch brought, used for the first time. */
    PREFETCHED_BLOCK
  }

  /**
   * @param slotCount blocks that fit, at least 1
   * @param byPage whether a slot has only the pages that were accessed, and misses for others
   * @param maker makes the policy for a number of slots
   */
  SimulatedCache(
      BlockAccesses accesses,
      int slotCount,
      boolean byPage,
      BiFunction<Integer, SlotView, ReplacementPolicy> maker) {
    this.accesses = accesses;
    this.slotCount = slotCount;
    this.byPage = byPage;
    this.maker = maker;
    slotOfBlock = new int[accesses.footprint()];
    Arrays.fill(slotOfBlock, NOWHERE);
    blockInSlot = new int[slotCount];
    validPages = new long[slotCount];
    isPrefetched = new boolean[slotCount];
    freeSlots = slotCount;
    policy = maker.apply(slotCount, new View());
  }

  /** A request touches some pages of a block, which is in the cache afterwards. */
  Found use(int block, long touchedPages) {
    long pages = byPage ? touchedPages : -1L;
    int slot = slotOf(block);
    if (slot == NOWHERE) {
      insert(block, pages, false);
      return Found.NOTHING;
    }
    boolean isFirst = isPrefetched[slot];
    isPrefetched[slot] = false;
    policy.onHit(slot);
    boolean isHit = (pages & ~validPages[slot]) == 0;
    validPages[slot] |= pages;
    if (!isHit) {
      return Found.NOTHING;
    }
    return isFirst ? Found.PREFETCHED_BLOCK : Found.BLOCK;
  }

  /** Whether a whole block is here. */
  boolean holds(int block) {
    int slot = slotOf(block);
    return slot != NOWHERE && validPages[slot] == -1L;
  }

  /** A prefetch brings a whole block. */
  void bring(int block) {
    int slot = slotOf(block);
    if (slot == NOWHERE) {
      insert(block, -1L, true);
    } else {
      validPages[slot] = -1L;
    }
  }

  /** Names who hears of blocks that leave before anybody asked for what a prefetch had brought. */
  void onEvictedUnused(IntConsumer listener) {
    evictedUnused = listener;
  }

  int slotCount() {
    return slotCount;
  }

  /**
   * Closes the cache and opens it again.
   *
   * @param keepsState whether the blocks come back, the most valuable first and as far as a mount
   *     restores them
   */
  void restart(boolean keepsState) {
    List<Integer> kept = new ArrayList<>();
    if (keepsState) {
      policy.forEach(slot -> {
        kept.add(slot);
        return kept.size() < slotCount * RESTORED_SHARE;
      });
    }
    int[] blocks = kept.stream().mapToInt(slot -> blockInSlot[slot]).toArray();
    long[] pages = kept.stream().mapToLong(slot -> validPages[slot]).toArray();
    Arrays.fill(slotOfBlock, NOWHERE);
    Arrays.fill(isPrefetched, false);
    freeSlots = slotCount;
    policy = maker.apply(slotCount, new View());
    for (int i = 0; i < blocks.length; i++) {
      insert(blocks[i], pages[i], false);
    }
  }

  private void insert(int block, long pages, boolean byPrefetch) {
    int slot = freeSlots > 0 ? --freeSlots : evict();
    setSlot(block, slot);
    blockInSlot[slot] = block;
    validPages[slot] = pages;
    isPrefetched[slot] = byPrefetch;
    policy.onInsert(slot);
  }

  private int evict() {
    int slot = policy.victim();
    slotOfBlock[blockInSlot[slot]] = NOWHERE;
    if (isPrefetched[slot]) {
      evictedUnused.accept(blockInSlot[slot]);
    }
    return slot;
  }

  /** A prefetch may bring blocks that the trace never asks for. */
  private int slotOf(int block) {
    return block < slotOfBlock.length ? slotOfBlock[block] : NOWHERE;
  }

  private void setSlot(int block, int slot) {
    if (block >= slotOfBlock.length) {
      int before = slotOfBlock.length;
      slotOfBlock = Arrays.copyOf(slotOfBlock, Math.max(block + 1, before * 2));
      Arrays.fill(slotOfBlock, before, slotOfBlock.length, NOWHERE);
    }
    slotOfBlock[block] = slot;
  }

  private final class View implements SlotView {
    @Override
    public long keyHash(int slot) {
      return accesses.keyHash(blockInSlot[slot]);
    }

    @Override
    public boolean isPrefetched(int slot) {
      return isPrefetched[slot];
    }
  }
}
