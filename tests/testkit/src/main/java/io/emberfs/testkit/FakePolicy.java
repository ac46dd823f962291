package io.emberfs.testkit;

import io.emberfs.core.ReplacementPolicy;

/**
 * Second chance: the oldest slot leaves, unless it was used since its last turn, which costs it
 * that mark and gives it another turn.
 */
public final class FakePolicy implements ReplacementPolicy {
  /** Makes such policies. */
  public static final Factory FACTORY =
      new Factory() {
        @Override
        public ReplacementPolicy make(int slotCount, SlotView view) {
          return new FakePolicy(slotCount);
        }

        @Override
        public long bytesMax(int slotCount) {
          return 0;
        }
      };

  /** The known slots, the one whose turn is next first. */
  private final int[] turns;

  private final boolean[] isUsed;
  private int size;

  private FakePolicy(int slotCount) {
    turns = new int[slotCount];
    isUsed = new boolean[slotCount];
  }

  @Override
  public void onInsert(int slot) {
    isUsed[slot] = false;
    turns[size++] = slot;
  }

  @Override
  public void onHit(int slot) {
    isUsed[slot] = true;
  }

  @Override
  public void onRemove(int slot) {
    int at = 0;
    while (turns[at] != slot) {
      at++;
    }
    size--;
    System.arraycopy(turns, at + 1, turns, at, size - at);
  }

  @Override
  public int victim() {
    while (size > 0) {
      int slot = turns[0];
      onRemove(slot);
      if (!isUsed[slot]) {
        return slot;
      }
      onInsert(slot);
    }
    return -1;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    for (int at = size - 1; at >= 0 && visitor.accept(turns[at]); at--) {
      // until the visitor has enough
    }
  }
}
