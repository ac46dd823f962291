package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * Keeps pinned blocks from being victims: one that another policy would let go is <i>held</i> in a
 * list of its own instead, out of that policy's sight, while all that are held stay within a bound
 * in pages. Held ones leave, the longest unused first, where the bound has become smaller or
 * nothing else is left.
 *
 * <p>A block is held once and then stays so until it is removed or released, so the work of {@link
 * #victim} is bounded by the pinned blocks that came since. A hit of a block that is not held costs
 * what it costs the other policy, and one byte to look at.
 */
public final class PinnedSlots implements ReplacementPolicy {
  /** What each slot takes once one near it was held. */
  public static final int BYTES_PER_SLOT = SlotLists.BYTES_PER_SLOT;

  private static final int HELD = 0;
  private static final int LIST_COUNT = 1;

  private final ReplacementPolicy others;
  private final View view;
  private final SlotLists held;
  private long heldPages;
  private boolean isVictimHeld;

  /** What this asks about slots; of one that is known, except where a method says otherwise. */
  public interface View {
    /** Whether the block is of a pinned file. */
    boolean isPinned(int slot);

    /** Pages that the block holds. */
    int pageCount(int slot);

    /** Pages that may be held at this moment. */
    long heldPagesMax();
  }

  /**
   * @param slotCount slots are numbered from 0 to one less
   * @param others decides among all that are not held; nobody else calls it
   */
  public PinnedSlots(int slotCount, ReplacementPolicy others, View view) {
    this.others = others;
    this.view = view;
    held = new SlotLists(slotCount, LIST_COUNT);
  }

  @Override
  public void onInsert(int slot) {
    others.onInsert(slot);
  }

  @Override
  public void onHit(int slot) {
    if (held.isIn(HELD, slot)) {
      held.moveTo(HELD, slot);
    } else {
      others.onHit(slot);
    }
  }

  @Override
  public void onRemove(int slot) {
    if (held.isIn(HELD, slot)) {
      letGo(slot);
    } else {
      others.onRemove(slot);
    }
  }

  @Override
  public int victim() {
    isVictimHeld = heldPages > view.heldPagesMax();
    if (!isVictimHeld) {
      for (int slot = others.victim(); slot != SlotLists.NONE; slot = others.victim()) {
        if (!view.isPinned(slot) || heldPages + view.pageCount(slot) > view.heldPagesMax()) {
          return slot;
        }
        // Not evicted, so it must not look like that to the policy: no ghost, no judgement.
        others.onReturn(slot);
        others.onRemove(slot);
        hold(slot);
      }
      isVictimHeld = true;
    }
    int slot = held.oldest(HELD);
    if (slot != SlotLists.NONE) {
      letGo(slot);
    }
    return slot;
  }

  @Override
  public void onReturn(int slot) {
    if (isVictimHeld) {
      hold(slot);
    } else {
      others.onReturn(slot);
    }
  }

  /** The block's pages became more or fewer; the view tells how many there are now. */
  public void onResize(int slot, int pageCountBefore) {
    if (held.isIn(HELD, slot)) {
      heldPages += view.pageCount(slot) - pageCountBefore;
    }
  }

  /** A block that is not pinned any more is a victim like others, if it was held. */
  public void release(int slot) {
    if (held.isIn(HELD, slot)) {
      letGo(slot);
      others.onReturn(slot);
    }
  }

  /** Pages of all blocks that are held. */
  public long heldPages() {
    return heldPages;
  }

  /** Whether the pages of those held add up. */
  public boolean isAccountedFor() {
    long[] sum = new long[1];
    boolean _ =
        held.visit(
            HELD,
            slot -> {
              sum[0] += view.pageCount(slot);
              return true;
            });
    return sum[0] == heldPages;
  }

  @Override
  public int size() {
    return held.sizeOfAll() + others.size();
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    if (held.visit(HELD, visitor)) {
      others.forEach(visitor);
    }
  }

  private void hold(int slot) {
    held.add(HELD, slot);
    heldPages += view.pageCount(slot);
  }

  private void letGo(int slot) {
    held.remove(slot);
    heldPages -= view.pageCount(slot);
  }
}
