package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * Evicts the block with the fewest uses since it came, among those the one whose count is oldest.
 * Uses are exact up to 63; beyond, eight classes stand for each doubling.
 */
public final class Lfu implements ReplacementPolicy {
  private static final int EXACT_MAX = 63;
  private static final int CLASS_COUNT = 120;
  private static final int CLASSES_PER_DOUBLING = 8;
  private static final int EXACT_BITS = 6;

  /** Numbers count the uses. */
  private final SlotLists lists;

  /**
   * @param slotCount slots are numbered from 0 to one less
   */
  public Lfu(int slotCount) {
    lists = new SlotLists(slotCount, CLASS_COUNT);
  }

  @Override
  public void onInsert(int slot) {
    lists.setNumber(slot, 0);
    lists.add(0, slot);
  }

  @Override
  public void onHit(int slot) {
    if (lists.isInAny(slot) && lists.number(slot) < Integer.MAX_VALUE) {
      lists.setNumber(slot, lists.number(slot) + 1);
      lists.moveTo(classOf(lists.number(slot)), slot);
    }
  }

  @Override
  public void onRemove(int slot) {
    lists.remove(slot);
  }

  @Override
  public int victim() {
    for (int list = 0; list < CLASS_COUNT; list++) {
      if (lists.size(list) > 0) {
        return lists.takeOldest(list);
      }
    }
    return SlotLists.NONE;
  }

  @Override
  public int size() {
    return lists.sizeOfAll();
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    for (int list = CLASS_COUNT - 1; list >= 0 && lists.visit(list, visitor); list--) {
      // until the visitor has enough
    }
  }

  private static int classOf(int uses) {
    if (uses <= EXACT_MAX) {
      return uses;
    }
    int doublings = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(uses) - EXACT_BITS;
    int eighth = (uses >>> (doublings + EXACT_BITS - 3)) & (CLASSES_PER_DOUBLING - 1);
    return Math.min(CLASS_COUNT - 1, EXACT_MAX + 1 + doublings * CLASSES_PER_DOUBLING + eighth);
  }
}
