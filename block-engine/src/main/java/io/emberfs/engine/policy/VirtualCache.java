package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;
import io.emberfs.core.ReplacementPolicy.SlotView;
import io.emberfs.core.ReplacementPolicy.SlotVisitor;
import java.util.Arrays;
import java.util.function.BiFunction;

/**
 * What the cache would hold under one policy alone: keys without blocks, and for each the slot of
 * the real cache that has the same block, if one has. Single-threaded, allocates nothing after
 * construction.
 */
final class VirtualCache {
  static final int NOWHERE = -1;

  private final ReplacementPolicy policy;
  private final KeyIndex index;
  private final long[] hashes;
  private final int[] realSlots;
  private final int[] free;
  private final int[] entryOfReal;

  /** Real slots whose blocks are not here, the longest absent first. */
  private final SlotLists strangers;

  private int freeCount;

  /**
   * @param slotCount slots of the real cache; as many keys fit here
   * @param maker makes the policy
   */
  VirtualCache(int slotCount, BiFunction<Integer, SlotView, ReplacementPolicy> maker) {
    int entryCount = slotCount + 1;
    hashes = new long[entryCount];
    realSlots = new int[entryCount];
    free = new int[entryCount];
    entryOfReal = new int[slotCount];
    strangers = new SlotLists(slotCount, 1);
    index = new KeyIndex(entryCount);
    policy = maker.apply(entryCount, new View());
    Arrays.fill(entryOfReal, NOWHERE);
    for (int entry = 0; entry < entryCount; entry++) {
      free[freeCount++] = entry;
    }
  }

  /**
   * A block that the real cache has in {@code slot} was asked for.
   *
   * @param capacity keys that may be here afterwards
   * @return whether it was here
   */
  boolean access(long keyHash, int slot, int capacity) {
    int entry = index.find(keyHash);
    boolean isHit = entry != KeyIndex.NONE;
    if (isHit) {
      policy.onHit(entry);
    } else {
      while (policy.size() > 0 && policy.size() >= capacity) {
        evict();
      }
      entry = free[--freeCount];
      hashes[entry] = keyHash;
      realSlots[entry] = NOWHERE;
      index.put(keyHash, entry);
      policy.onInsert(entry);
    }
    if (realSlots[entry] != slot) {
      join(entry, slot);
    }
    return isHit;
  }

  /** The real cache gave the slot's block up; here it stays if it is here. */
  void left(int slot) {
    int entry = entryOfReal[slot];
    if (entry == NOWHERE) {
      strangers.remove(slot);
    } else {
      realSlots[entry] = NOWHERE;
      entryOfReal[slot] = NOWHERE;
    }
  }

  /** The slot's block is worth nothing any more, and is forgotten here too. */
  void forget(int slot) {
    int entry = entryOfReal[slot];
    left(slot);
    if (entry != NOWHERE) {
      policy.onRemove(entry);
      release(entry);
    }
  }

  /** A real slot that this policy would not have any more; NOWHERE if nothing is known at all. */
  int victim() {
    while (strangers.size(0) == 0 && policy.size() > 0) {
      evict();
    }
    return strangers.oldest(0);
  }

  /**
   * Visits the real slots in the order of the policy, strangers last; false if the visitor ended
   * the visit.
   */
  boolean forEach(SlotVisitor visitor) {
    boolean[] wantsMore = {true};
    policy.forEach(entry -> {
      wantsMore[0] = realSlots[entry] == NOWHERE || visitor.accept(realSlots[entry]);
      return wantsMore[0];
    });
    return wantsMore[0] && strangers.visit(0, visitor);
  }

  private void evict() {
    int entry = policy.victim();
    int slot = realSlots[entry];
    if (slot != NOWHERE) {
      entryOfReal[slot] = NOWHERE;
      strangers.add(0, slot);
    }
    release(entry);
  }

  private void release(int entry) {
    index.remove(hashes[entry]);
    free[freeCount++] = entry;
  }

  private void join(int entry, int slot) {
    int other = realSlots[entry];
    if (other != NOWHERE) {
      // Two blocks with one hash: the older one is a stranger from now on.
      entryOfReal[other] = NOWHERE;
      strangers.add(0, other);
    }
    if (strangers.isInAny(slot)) {
      strangers.remove(slot);
    }
    realSlots[entry] = slot;
    entryOfReal[slot] = entry;
  }

  private final class View implements SlotView {
    @Override
    public long keyHash(int entry) {
      return hashes[entry];
    }

    @Override
    public boolean isPrefetched(int entry) {
      return false;
    }
  }
}
