package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * Evicts the block with the fewest uses since it came, among those the one whose count is oldest.
 * Uses are exact up to 63; beyond, eight classes stand for each doubling.
 */
public final class Lfu implements ReplacementPolicy {
  /** What each slot takes once it was used. */
  static final int BYTES_PER_SLOT = SlotLists.BYTES_PER_SLOT + Integer.BYTES;

  private static final int EXACT_MAX = 63;
  private static final int CLASS_COUNT = 120;
  private static final int CLASSES_PER_DOUBLING = 8;
  private static final int EXACT_BITS = 6;

  private final SlotLists lists;
  private final SlotInts uses;

  /**
   * @param slotCount slots are numbered from 0 to one less
   */
  public Lfu(int slotCount) {
    lists = new SlotLists(slotCount, CLASS_COUNT);
    uses = new SlotInts(slotCount);
  }

  @Override
  public void onInsert(int slot) {
    uses.set(slot, 0);
    lists.add(0, slot);
  }

  @Override
  public void onHit(int slot) {
    if (lists.isInAny(slot) && uses.get(slot) < Integer.MAX_VALUE) {
      uses.set(slot, uses.get(slot) + 1);
      lists.moveTo(classOf(uses.get(slot)), slot);
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
