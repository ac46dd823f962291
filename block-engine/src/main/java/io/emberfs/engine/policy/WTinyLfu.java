package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * W-TinyLFU (Einziger, Friedman, Manes: "TinyLFU: a highly efficient cache admission policy", ACM
 * TOS 2017): newcomers pass a small LRU window; whoever leaves it stays only if it was used more
 * often than the block that the main part, a segmented LRU, would give up for it. Frequencies of
 * all keys, also of those that left, are estimated by a sketch that halves itself.
 */
public final class WTinyLfu implements ReplacementPolicy {
  private static final int WINDOW = 0;
  private static final int PROBATION = 1;
  private static final int PROTECTED = 2;
  private static final int LIST_COUNT = 3;

  /** The window holds one block in this many, at least one. */
  private static final int WINDOW_DIVISOR = 100;

  /** The protected segment is full at this many fifths of the blocks known. */
  private static final int PROTECTED_FIFTHS = 4;

  private final SlotView view;
  private final SlotLists lists;
  private final FrequencySketch sketch;

  /**
   * @param slotCount slots are numbered from 0 to one less
   * @param view answers for known slots
   */
  public WTinyLfu(int slotCount, SlotView view) {
    this.view = view;
    lists = new SlotLists(slotCount, LIST_COUNT);
    sketch = new FrequencySketch(slotCount);
  }

  @Override
  public void onInsert(int slot) {
    sketch.count(view.keyHash(slot));
    lists.add(WINDOW, slot);
    while (lists.size(WINDOW) > windowMax()) {
      lists.moveTo(PROBATION, lists.oldest(WINDOW));
    }
  }

  @Override
  public void onHit(int slot) {
    if (!lists.isInAny(slot)) {
      return;
    }
    sketch.count(view.keyHash(slot));
    if (lists.isIn(WINDOW, slot)) {
      lists.moveTo(WINDOW, slot);
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
    int candidate = lists.oldest(WINDOW);
    int main = lists.oldest(lists.size(PROBATION) > 0 ? PROBATION : PROTECTED);
    if (main == SlotLists.NONE) {
      return lists.takeOldest(WINDOW);
    }
    // The block that the victim makes room for comes into the window.
    boolean isWindowDue = lists.size(WINDOW) + 1 > windowMax();
    if (candidate == SlotLists.NONE || !isWindowDue) {
      lists.remove(main);
      return main;
    }
    if (sketch.frequency(view.keyHash(candidate)) > sketch.frequency(view.keyHash(main))) {
      lists.moveTo(PROBATION, candidate);
      lists.remove(main);
      return main;
    }
    lists.remove(candidate);
    return candidate;
  }

  private int windowMax() {
    return Math.max(1, size() / WINDOW_DIVISOR);
  }

  @Override
  public int size() {
    return lists.sizeOfAll();
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    if (lists.visit(PROTECTED, visitor) && lists.visit(PROBATION, visitor)) {
      lists.visit(WINDOW, visitor);
    }
  }
}
