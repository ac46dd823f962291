package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy.SlotVisitor;
import java.util.Arrays;

/**
 * A few queues over the same slots, each slot in at most one of them: doubly linked by int arrays,
 * oldest first. Single-threaded, allocates nothing after construction.
 */
final class SlotLists {
  static final int NONE = -1;
  private static final byte IN_NO_LIST = -1;

  private final int slotCount;
  // The links of list n's own end stand at slotCount + n: next is its oldest slot, previous its
  // newest.
  private final int[] next;
  private final int[] previous;
  private final byte[] listOf;
  private final int[] sizes;
  private int total;

  SlotLists(int slotCount, int listCount) {
    this.slotCount = slotCount;
    next = new int[slotCount + listCount];
    previous = new int[slotCount + listCount];
    listOf = new byte[slotCount];
    sizes = new int[listCount];
    Arrays.fill(listOf, IN_NO_LIST);
    for (int end = slotCount; end < next.length; end++) {
      next[end] = end;
      previous[end] = end;
    }
  }

  boolean isIn(int list, int slot) {
    return listOf[slot] == list;
  }

  boolean isInAny(int slot) {
    return listOf[slot] != IN_NO_LIST;
  }

  int size(int list) {
    return sizes[list];
  }

  /** The oldest slot of a list, or {@link #NONE}. */
  int oldest(int list) {
    return slotOrNone(next[slotCount + list]);
  }

  /** The newest slot of a list, or {@link #NONE}. */
  int newest(int list) {
    return slotOrNone(previous[slotCount + list]);
  }

  /** The slot that came just after this one in its list, or {@link #NONE}. */
  int newer(int slot) {
    return slotOrNone(next[slot]);
  }

  /** The slot that came just before this one in its list, or {@link #NONE}. */
  int older(int slot) {
    return slotOrNone(previous[slot]);
  }

  /** Puts a slot that is in no list at the newest end of one. */
  void add(int list, int slot) {
    int end = slotCount + list;
    int newest = previous[end];
    next[newest] = slot;
    previous[slot] = newest;
    next[slot] = end;
    previous[end] = slot;
    listOf[slot] = (byte) list;
    sizes[list]++;
    total++;
  }

  /** Takes a slot out of the list that it is in. */
  void remove(int slot) {
    next[previous[slot]] = next[slot];
    previous[next[slot]] = previous[slot];
    sizes[listOf[slot]]--;
    total--;
    listOf[slot] = IN_NO_LIST;
  }

  /** Moves a slot to the newest end of a list. */
  void moveTo(int list, int slot) {
    remove(slot);
    add(list, slot);
  }

  /** Takes the oldest slot out of a list; {@link #NONE} if the list is empty. */
  int takeOldest(int list) {
    int slot = oldest(list);
    if (slot != NONE) {
      remove(slot);
    }
    return slot;
  }

  /** Puts a slot that is in no list in the place of one that is, which leaves. */
  void replace(int slot, int newcomer) {
    next[newcomer] = next[slot];
    previous[newcomer] = previous[slot];
    next[previous[slot]] = newcomer;
    previous[next[slot]] = newcomer;
    listOf[newcomer] = listOf[slot];
    listOf[slot] = IN_NO_LIST;
  }

  /** Number of slots in all lists. */
  int sizeOfAll() {
    return total;
  }

  /** Visits a list from the newest slot on; false if the visitor ended the visit. */
  boolean visit(int list, SlotVisitor visitor) {
    for (int slot = newest(list); slot != NONE; slot = older(slot)) {
      if (!visitor.accept(slot)) {
        return false;
      }
    }
    return true;
  }

  private int slotOrNone(int position) {
    return position < slotCount ? position : NONE;
  }
}
