package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * 2Q (Johnson, Shasha: "2Q: a low overhead high performance buffer management replacement
 * algorithm", VLDB 1994): newcomers wait in a queue where uses do not count; those that come back
 * after they left it go to the main part, which is LRU.
 */
public final class TwoQ implements ReplacementPolicy {
  private static final int NEWCOMERS = 0;
  private static final int MAIN = 1;
  private static final int LIST_COUNT = 2;

  /** The newcomers are due when they are more than one block in this many. */
  private static final int NEWCOMER_DIVISOR = 4;

  /** Keys of newcomers that left are remembered for one departure in this many blocks known. */
  private static final int GHOST_DIVISOR = 2;

  private final SlotView view;
  private final SlotLists lists;
  private final GhostTable ghosts;

  /**
   * @param slotCount slots are numbered from 0 to one less
   * @param view answers for known slots
   */
  public TwoQ(int slotCount, SlotView view) {
    this.view = view;
    lists = new SlotLists(slotCount, LIST_COUNT);
    ghosts = new GhostTable(slotCount);
  }

  @Override
  public void onInsert(int slot) {
    boolean isBack = ghosts.take(view.keyHash(slot), size() / GHOST_DIVISOR);
    lists.add(isBack ? MAIN : NEWCOMERS, slot);
  }

  @Override
  public void onHit(int slot) {
    if (lists.isIn(MAIN, slot)) {
      lists.moveTo(MAIN, slot);
    }
  }

  @Override
  public void onRemove(int slot) {
    lists.remove(slot);
  }

  @Override
  public int victim() {
    boolean isNewcomer =
        lists.size(MAIN) == 0 || (long) lists.size(NEWCOMERS) * NEWCOMER_DIVISOR > size();
    int slot = lists.takeOldest(isNewcomer ? NEWCOMERS : MAIN);
    if (isNewcomer && slot != SlotLists.NONE) {
      ghosts.add(view.keyHash(slot));
    }
    return slot;
  }

  @Override
  public void onReturn(int slot) {
    ghosts.forget(view.keyHash(slot));
    lists.add(MAIN, slot);
  }

  @Override
  public int size() {
    return lists.size(NEWCOMERS) + lists.size(MAIN);
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    if (lists.visit(MAIN, visitor)) {
      lists.visit(NEWCOMERS, visitor);
    }
  }
}
