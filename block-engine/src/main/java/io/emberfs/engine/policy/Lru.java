package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * Evicts the block that was not used for the longest time. The baseline that no other policy may
 * fall behind.
 */
public final class Lru implements ReplacementPolicy {
  private static final int ALL = 0;

  private final SlotLists lists;

  /**
   * @param slotCount slots are numbered from 0 to one less
   */
  public Lru(int slotCount) {
    lists = new SlotLists(slotCount, 1);
  }

  @Override
  public void onInsert(int slot) {
    lists.add(ALL, slot);
  }

  @Override
  public void onHit(int slot) {
    if (lists.isInAny(slot)) {
      lists.moveTo(ALL, slot);
    }
  }

  @Override
  public void onRemove(int slot) {
    lists.remove(slot);
  }

  @Override
  public int victim() {
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
