package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * ARC (Megiddo, Modha: "ARC: a self-tuning, low overhead replacement cache", FAST 2003): blocks
 * seen once and blocks seen again in an LRU list each; the ghosts of both lists say which of the
 * two deserves more room.
 *
 * <p>Ghosts are kept by age instead of in lists of exact length, and the newcomer is not known yet
 * when a victim is asked for, so the border moves one step later than in the paper.
 */
public final class Arc implements ReplacementPolicy {
  private static final int ONCE = 0;
  private static final int AGAIN = 1;
  private static final int LIST_COUNT = 2;

  private final SlotView view;
  private final SlotLists lists;
  private final GhostTable ghostsOfOnce;
  private final GhostTable ghostsOfAgain;

  /** Blocks that the list of those seen once should hold; p in the paper. */
  private int onceTarget;

  /**
   * @param slotCount slots are numbered from 0 to one less
   * @param view answers for known slots
   */
  public Arc(int slotCount, SlotView view) {
    this.view = view;
    lists = new SlotLists(slotCount, LIST_COUNT);
    ghostsOfOnce = new GhostTable(slotCount);
    ghostsOfAgain = new GhostTable(slotCount);
  }

  /** Heap bytes of the ghosts for this many slots. */
  static long bytesFor(int slotCount) {
    return 2 * GhostTable.bytesFor(slotCount);
  }

  @Override
  public void onInsert(int slot) {
    long keyHash = view.keyHash(slot);
    int onceAge = size() - lists.size(ONCE);
    int againAge = size() - lists.size(AGAIN);
    int list = AGAIN;
    if (ghostsOfOnce.take(keyHash, onceAge)) {
      onceTarget = Math.min(size(), onceTarget + Math.max(1, againAge / Math.max(1, onceAge)));
    } else if (ghostsOfAgain.take(keyHash, againAge)) {
      onceTarget = Math.max(0, onceTarget - Math.max(1, onceAge / Math.max(1, againAge)));
    } else {
      list = ONCE;
    }
    lists.add(list, slot);
  }

  @Override
  public void onHit(int slot) {
    if (lists.isInAny(slot)) {
      lists.moveTo(AGAIN, slot);
    }
  }

  @Override
  public void onRemove(int slot) {
    lists.remove(slot);
  }

  @Override
  public int victim() {
    int onceCount = lists.size(ONCE);
    boolean isOnce = onceCount > 0 && (onceCount > onceTarget || lists.size(AGAIN) == 0);
    int slot = lists.takeOldest(isOnce ? ONCE : AGAIN);
    if (slot != SlotLists.NONE) {
      (isOnce ? ghostsOfOnce : ghostsOfAgain).add(view.keyHash(slot));
    }
    return slot;
  }

  @Override
  public void onReturn(int slot) {
    // The border stays: no list was too short for anybody who asked.
    ghostsOfOnce.forget(view.keyHash(slot));
    ghostsOfAgain.forget(view.keyHash(slot));
    lists.add(AGAIN, slot);
  }

  @Override
  public int size() {
    return lists.size(ONCE) + lists.size(AGAIN);
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    if (lists.visit(AGAIN, visitor)) {
      lists.visit(ONCE, visitor);
    }
  }
}
