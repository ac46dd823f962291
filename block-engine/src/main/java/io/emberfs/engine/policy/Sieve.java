package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * SIEVE (Zhang, Yang, Yue, Vigfusson, Rashmi: "SIEVE is simpler than LRU", NSDI 2024): one queue in
 * the order of arrival, and a hand that goes from the oldest to the newest. A used block loses its
 * mark and stays where it is; the first unused one leaves.
 */
public final class Sieve implements ReplacementPolicy {
  private static final int ALL = 0;
  private static final int UNUSED = 0;
  private static final int USED = 1;

  private final SlotLists lists;

  /** The next block to look at; {@link SlotLists#NONE}: the oldest. */
  private int hand = SlotLists.NONE;

  /**
   * @param slotCount slots are numbered from 0 to one less
   */
  public Sieve(int slotCount) {
    lists = new SlotLists(slotCount, 1);
  }

  @Override
  public void onInsert(int slot) {
    lists.setMark(slot, UNUSED);
    lists.add(ALL, slot);
  }

  @Override
  public void onHit(int slot) {
    lists.setMark(slot, USED);
  }

  @Override
  public void onRemove(int slot) {
    if (slot == hand) {
      hand = lists.newer(slot);
    }
    lists.remove(slot);
  }

  @Override
  public int victim() {
    if (size() == 0) {
      return SlotLists.NONE;
    }
    int slot = hand;
    while (slot == SlotLists.NONE || lists.mark(slot) == USED) {
      if (slot == SlotLists.NONE) {
        slot = lists.oldest(ALL);
      } else {
        lists.setMark(slot, UNUSED);
        slot = lists.newer(slot);
      }
    }
    hand = lists.newer(slot);
    lists.remove(slot);
    return slot;
  }

  @Override
  public int size() {
    return lists.size(ALL);
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    lists.visit(ALL, visitor);
  }
}
