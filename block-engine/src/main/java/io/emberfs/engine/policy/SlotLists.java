package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy.SlotVisitor;
import java.util.Arrays;

/**
 * A few queues over the same slots, each slot in at most one of them: doubly linked, oldest first.
 * Each slot also carries two numbers of the owner's, 0 at first, wherever it goes: a mark and a
 * number.
 *
 * <p>A tier has as many slots as pages, and uses one in sixteen of them while its blocks are whole:
 * so slots get their memory when the first of some thousand is used. The two links of a slot are
 * neighbours, for most changes need both; list and mark stand apart from them, close together,
 * because most questions need nothing else. Single-threaded; allocates nothing else after
 * construction.
 */
final class SlotLists {
  static final int NONE = -1;

  /** What each slot takes once it was used, at most. */
  static final int BYTES_PER_SLOT = 3 * Integer.BYTES + Short.BYTES;

  /** Slots that get their memory together, a power of two. */
  static final int CHUNK_SIZE = 1 << 11;

  private static final int CHUNK_SHIFT = Integer.numberOfTrailingZeros(CHUNK_SIZE);
  private static final int CHUNK_MASK = CHUNK_SIZE - 1;

  private static final int NEXT = 0;
  private static final int PREVIOUS = 1;
  private static final int LINKS = 2;

  // The list, plus one, stands in the lower byte of a place, the mark above it.
  private static final int IN_NO_LIST = 0;
  private static final int LIST_MASK = 0xff;
  private static final int MARK_SHIFT = 8;

  // Stand for every chunk that has no memory yet, so that reading need not ask; never written.
  private static final int[] NO_LINKS = new int[CHUNK_SIZE * LINKS];
  private static final int[] NO_NUMBERS = new int[CHUNK_SIZE];
  private static final short[] NO_PLACES = new short[CHUNK_SIZE];

  private final int slotCount;
  private final int listCount;

  /**
   * By position. Position n of the first ones is the end of list n: next is its oldest slot,
   * previous its newest. The slots come after them.
   */
  private final int[][] links;

  private final short[][] places;
  private final int[][] numbers;
  private final int[] sizes;
  private int total;

  SlotLists(int slotCount, int listCount) {
    this.slotCount = slotCount;
    this.listCount = listCount;
    links = new int[chunkCount(listCount + slotCount)][];
    places = new short[chunkCount(slotCount)][];
    numbers = new int[chunkCount(slotCount)][];
    Arrays.fill(links, NO_LINKS);
    Arrays.fill(places, NO_PLACES);
    Arrays.fill(numbers, NO_NUMBERS);
    sizes = new int[listCount];
    for (int end = 0; end < listCount; end++) {
      int[] chunk = usedLinks(end);
      chunk[at(end) + NEXT] = end;
      chunk[at(end) + PREVIOUS] = end;
    }
  }

  private static int chunkCount(int count) {
    return Math.ceilDiv(count, CHUNK_SIZE);
  }

  boolean isIn(int list, int slot) {
    return listOf(slot) == list;
  }

  boolean isInAny(int slot) {
    return (place(slot) & LIST_MASK) != IN_NO_LIST;
  }

  /** The owner's mark of a slot. */
  int mark(int slot) {
    return place(slot) >>> MARK_SHIFT;
  }

  /** Marks a slot, with a small number that is not negative. */
  void setMark(int slot, int mark) {
    setPlace(slot, place(slot) & LIST_MASK | mark << MARK_SHIFT);
  }

  /** The owner's number for a slot. */
  int number(int slot) {
    return numbers[slot >>> CHUNK_SHIFT][slot & CHUNK_MASK];
  }

  void setNumber(int slot, int number) {
    int[] chunk = numbers[slot >>> CHUNK_SHIFT];
    if (chunk == NO_NUMBERS) {
      chunk = new int[Math.min(slotCount, CHUNK_SIZE)];
      numbers[slot >>> CHUNK_SHIFT] = chunk;
    }
    chunk[slot & CHUNK_MASK] = number;
  }

  int size(int list) {
    return sizes[list];
  }

  /** The oldest slot of a list, or {@link #NONE}. */
  int oldest(int list) {
    return slotOrNone(link(list, NEXT));
  }

  /** The newest slot of a list, or {@link #NONE}. */
  int newest(int list) {
    return slotOrNone(link(list, PREVIOUS));
  }

  /** The slot that came just after this one in its list, or {@link #NONE}. */
  int newer(int slot) {
    return slotOrNone(link(position(slot), NEXT));
  }

  /** The slot that came just before this one in its list, or {@link #NONE}. */
  int older(int slot) {
    return slotOrNone(link(position(slot), PREVIOUS));
  }

  /** Puts a slot that is in no list at the newest end of one. */
  void add(int list, int slot) {
    addBefore(list, list, slot);
  }

  /** Takes a slot out of the list that it is in. */
  void remove(int slot) {
    int list = listOf(slot);
    setPlace(slot, place(slot) - list - 1);
    unlink(position(slot));
    sizes[list]--;
    total--;
  }

  /** Moves a slot to the newest end of a list. */
  void moveTo(int list, int slot) {
    int from = listOf(slot);
    int position = position(slot);
    unlink(position);
    linkBefore(list, position, links[position >>> CHUNK_SHIFT]);
    if (from != list) {
      setPlace(slot, place(slot) + list - from);
      sizes[from]--;
      sizes[list]++;
    }
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
    int list = listOf(slot);
    int next = link(position(slot), NEXT);
    remove(slot);
    addBefore(next, list, newcomer);
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

  private void addBefore(int next, int list, int slot) {
    int position = position(slot);
    setPlace(slot, place(slot) + list + 1);
    linkBefore(next, position, usedLinks(position));
    sizes[list]++;
    total++;
  }

  private void linkBefore(int next, int position, int[] chunk) {
    int at = at(position);
    int previous = link(next, PREVIOUS);
    chunk[at + NEXT] = next;
    chunk[at + PREVIOUS] = previous;
    setLink(previous, NEXT, position);
    setLink(next, PREVIOUS, position);
  }

  private void unlink(int position) {
    int[] chunk = links[position >>> CHUNK_SHIFT];
    int next = chunk[at(position) + NEXT];
    int previous = chunk[at(position) + PREVIOUS];
    setLink(previous, NEXT, next);
    setLink(next, PREVIOUS, previous);
  }

  /** The list that a slot is in, or a negative number. */
  private int listOf(int slot) {
    return (place(slot) & LIST_MASK) - 1;
  }

  private int place(int slot) {
    return Short.toUnsignedInt(places[slot >>> CHUNK_SHIFT][slot & CHUNK_MASK]);
  }

  private void setPlace(int slot, int place) {
    short[] chunk = places[slot >>> CHUNK_SHIFT];
    if (chunk == NO_PLACES) {
      chunk = new short[Math.min(slotCount, CHUNK_SIZE)];
      places[slot >>> CHUNK_SHIFT] = chunk;
    }
    chunk[slot & CHUNK_MASK] = (short) place;
  }

  private int position(int slot) {
    return listCount + slot;
  }

  private int slotOrNone(int position) {
    return position < listCount ? NONE : position - listCount;
  }

  private int link(int position, int which) {
    return links[position >>> CHUNK_SHIFT][at(position) + which];
  }

  /** Of a position that is linked, so that it has memory. */
  private void setLink(int position, int which, int other) {
    links[position >>> CHUNK_SHIFT][at(position) + which] = other;
  }

  private int[] usedLinks(int position) {
    int[] chunk = links[position >>> CHUNK_SHIFT];
    if (chunk == NO_LINKS) {
      chunk = new int[Math.min(listCount + slotCount, CHUNK_SIZE) * LINKS];
      links[position >>> CHUNK_SHIFT] = chunk;
    }
    return chunk;
  }

  private static int at(int position) {
    return (position & CHUNK_MASK) * LINKS;
  }
}
