package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy.SlotVisitor;

/**
 * A few queues over the same slots, each slot in at most one of them: doubly linked, oldest first.
 * Single-threaded; allocates nothing after construction but what {@link SlotInts} do.
 */
final class SlotLists {
  static final int NONE = -1;

  /** What each slot takes once it was in a list. */
  static final int BYTES_PER_SLOT = 2 * Integer.BYTES + Byte.BYTES;

  private static final int IN_NO_LIST = 0;

  private final int listCount;
  // Position n of the first ones is the end of list n: next is its oldest slot, previous its
  // newest. The slots come after them.
  private final SlotInts next;
  private final SlotInts previous;

  /** The list that each slot is in, plus one. */
  private final SlotBytes listOf;

  private final int[] sizes;
  private int total;

  SlotLists(int slotCount, int listCount) {
    this.listCount = listCount;
    next = new SlotInts(listCount + slotCount);
    previous = new SlotInts(listCount + slotCount);
    listOf = new SlotBytes(slotCount);
    sizes = new int[listCount];
    for (int end = 0; end < listCount; end++) {
      next.set(end, end);
      previous.set(end, end);
    }
  }

  boolean isIn(int list, int slot) {
    return listOf.get(slot) == list + 1;
  }

  boolean isInAny(int slot) {
    return listOf.get(slot) != IN_NO_LIST;
  }

  int size(int list) {
    return sizes[list];
  }

  /** The oldest slot of a list, or {@link #NONE}. */
  int oldest(int list) {
    return slotOrNone(next.get(list));
  }

  /** The newest slot of a list, or {@link #NONE}. */
  int newest(int list) {
    return slotOrNone(previous.get(list));
  }

  /** The slot that came just after this one in its list, or {@link #NONE}. */
  int newer(int slot) {
    return slotOrNone(next.get(position(slot)));
  }

  /** The slot that came just before this one in its list, or {@link #NONE}. */
  int older(int slot) {
    return slotOrNone(previous.get(position(slot)));
  }

  /** Puts a slot that is in no list at the newest end of one. */
  void add(int list, int slot) {
    int position = position(slot);
    int newest = previous.get(list);
    next.set(newest, position);
    previous.set(position, newest);
    next.set(position, list);
    previous.set(list, position);
    listOf.set(slot, list + 1);
    sizes[list]++;
    total++;
  }

  /** Takes a slot out of the list that it is in. */
  void remove(int slot) {
    int position = position(slot);
    int newer = next.get(position);
    int older = previous.get(position);
    next.set(older, newer);
    previous.set(newer, older);
    sizes[listOf.get(slot) - 1]--;
    total--;
    listOf.set(slot, IN_NO_LIST);
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
    int position = position(newcomer);
    int newer = next.get(position(slot));
    int older = previous.get(position(slot));
    next.set(position, newer);
    previous.set(position, older);
    next.set(older, position);
    previous.set(newer, position);
    listOf.set(newcomer, listOf.get(slot));
    listOf.set(slot, IN_NO_LIST);
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

  private int position(int slot) {
    return listCount + slot;
  }

  private int slotOrNone(int position) {
    return position < listCount ? NONE : position - listCount;
  }
}
