package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * CLOCK (Corbató: "A paging experiment with the Multics system", 1968): first in, first out, but a
 * block that was used since the hand last passed it gets another round.
 */
public final class Clock implements ReplacementPolicy {
  private static final int ALL = 0;
  private static final int UNUSED = 0;
  private static final int USED = 1;

  private final SlotLists lists;

  /**
   * @param slotCount slots are numbered from 0 to one less
   */
  public Clock(int slotCount) {
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
    lists.remove(slot);
  }

  @Override
  public int victim() {
    int slot = lists.oldest(ALL);
    while (slot != SlotLists.NONE && lists.mark(slot) == USED) {
      lists.setMark(slot, UNUSED);
      lists.moveTo(ALL, slot);
      slot = lists.oldest(ALL);
    }
    return lists.takeOldest(ALL);
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
