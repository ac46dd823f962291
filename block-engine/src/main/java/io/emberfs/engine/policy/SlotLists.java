package io.emberfs.engine.policy;

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
  }

  /** Takes a slot out of the list that it is in. */
  void remove(int slot) {
    next[previous[slot]] = next[slot];
    previous[next[slot]] = previous[slot];
    sizes[listOf[slot]]--;
    listOf[slot] = IN_NO_LIST;
  }

  /** Moves a slot to the newest end of a list. */
  void moveTo(int list, int slot) {
    remove(slot);
    add(list, slot);
  }

  private int slotOrNone(int position) {
    return position < slotCount ? position : NONE;
  }
}
