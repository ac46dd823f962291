package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * Segmented LRU (Karedla, Love, Wherry: "Caching strategies to improve disk system performance",
 * 1994): newcomers are on probation; a use moves a block to the protected segment, whose least
 * recently used block goes back on probation when the segment is full.
 */
public final class Slru implements ReplacementPolicy {
  private static final int PROBATION = 0;
  private static final int PROTECTED = 1;
  private static final int LIST_COUNT = 2;

  /** The protected segment is full at this many fifths of the blocks known. */
  private static final int PROTECTED_FIFTHS = 4;

  private final SlotLists lists;

  /**
   * @param slotCount slots are numbered from 0 to one less
   */
  public Slru(int slotCount) {
    lists = new SlotLists(slotCount, LIST_COUNT);
  }

  @Override
  public void onInsert(int slot) {
    lists.add(PROBATION, slot);
  }

  @Override
  public void onHit(int slot) {
    if (!lists.isInAny(slot)) {
      return;
    }
    lists.moveTo(PROTECTED, slot);
    while (lists.size(PROTECTED) * 5L > (long) size() * PROTECTED_FIFTHS) {
      lists.moveTo(PROBATION, lists.oldest(PROTECTED));
    }
  }

  @Override
  public void onRemove(int slot) {
    lists.remove(slot);
  }

  @Override
  public int victim() {
    return lists.takeOldest(lists.size(PROBATION) > 0 ? PROBATION : PROTECTED);
  }

  @Override
  public int size() {
    return lists.size(PROBATION) + lists.size(PROTECTED);
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    if (lists.visit(PROTECTED, visitor)) {
      lists.visit(PROBATION, visitor);
    }
  }
}
