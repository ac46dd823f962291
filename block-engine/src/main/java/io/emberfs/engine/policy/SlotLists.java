package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy.SlotVisitor;
import java.util.Arrays;

/**
 * A few queues over the same slots, each slot in at most one of them: doubly linked, oldest first.
 * Each slot also carries two numbers of the owner's, 0 at first, wherever it goes: a mark and a
 * number. All that is known of a slot stands in one record, a quarter of a cache line.
 *
 * <p>A tier has as many slots as pages, and uses one in sixteen of them while its blocks are whole:
 * so records get their memory when the first of some thousand slots is used. Single-threaded;
 * allocates nothing else after construction.
 */
final class SlotLists {
  static final int NONE = -1;

  /** What each slot takes once it was used. */
  static final int BYTES_PER_SLOT = 4 * Integer.BYTES;

  /** Slots that get their memory together, a power of two. */
  static final int CHUNK_SIZE = 1 << 11;

  private static final int CHUNK_SHIFT = Integer.numberOfTrailingZeros(CHUNK_SIZE);
  private static final int CHUNK_MASK = CHUNK_SIZE - 1;

  // A record. The list, plus one, stands in the lowest byte of PLACE, the mark above it.
  private static final int NEXT = 0;
  private static final int PREVIOUS = 1;
  private static final int PLACE = 2;
  private static final int NUMBER = 3;
  private static final int RECORD_SIZE = 4;

  private static final int IN_NO_LIST = 0;
  private static final int LIST_MASK = 0xff;
  private static final int MARK_SHIFT = 8;

  /** Stands for every chunk that has no memory yet, so that reading need not ask; never written. */
  private static final int[] UNUSED = new int[CHUNK_SIZE * RECORD_SIZE];

  private final int listCount;
  private final int positionCount;

  /**
   * Records by position. Position n of the first ones is the end of list n: next is its oldest
   * slot, previous its newest. The slots come after them.
   */
  private final int[][] chunks;

  private final int[] sizes;
  private int total;

  SlotLists(int slotCount, int listCount) {
    this.listCount = listCount;
    positionCount = listCount + slotCount;
    chunks = new int[Math.ceilDiv(positionCount, CHUNK_SIZE)][];
    Arrays.fill(chunks, UNUSED);
    sizes = new int[listCount];
    for (int end = 0; end < listCount; end++) {
      int[] chunk = usedChunk(end);
      chunk[at(end) + NEXT] = end;
      chunk[at(end) + PREVIOUS] = end;
    }
  }

  boolean isIn(int list, int slot) {
    return listOf(slot) == list + 1;
  }

  boolean isInAny(int slot) {
    return listOf(slot) != IN_NO_LIST;
  }

  /** The owner's mark of a slot. */
  int mark(int slot) {
    return field(position(slot), PLACE) >>> MARK_SHIFT;
  }

  /** Marks a slot, with a small number that is not negative. */
  void setMark(int slot, int mark) {
    int position = position(slot);
    int[] chunk = usedChunk(position);
    int place = at(position) + PLACE;
    chunk[place] = chunk[place] & LIST_MASK | mark << MARK_SHIFT;
  }

  /** The owner's number for a slot. */
  int number(int slot) {
    return field(position(slot), NUMBER);
  }

  void setNumber(int slot, int number) {
    int position = position(slot);
    usedChunk(position)[at(position) + NUMBER] = number;
  }

  int size(int list) {
    return sizes[list];
  }

  /** The oldest slot of a list, or {@link #NONE}. */
  int oldest(int list) {
    return slotOrNone(field(list, NEXT));
  }

  /** The newest slot of a list, or {@link #NONE}. */
  int newest(int list) {
    return slotOrNone(field(list, PREVIOUS));
  }

  /** The slot that came just after this one in its list, or {@link #NONE}. */
  int newer(int slot) {
    return slotOrNone(field(position(slot), NEXT));
  }

  /** The slot that came just before this one in its list, or {@link #NONE}. */
  int older(int slot) {
    return slotOrNone(field(position(slot), PREVIOUS));
  }

  /** Puts a slot that is in no list at the newest end of one. */
  void add(int list, int slot) {
    addBefore(list, list, slot);
  }

  /** Takes a slot out of the list that it is in. */
  void remove(int slot) {
    int position = position(slot);
    int[] chunk = chunks[position >>> CHUNK_SHIFT];
    int at = at(position);
    int list = (chunk[at + PLACE] & LIST_MASK) - 1;
    chunk[at + PLACE] -= list + 1;
    unlink(chunk, at);
    sizes[list]--;
    total--;
  }

  /** Moves a slot to the newest end of a list. */
  void moveTo(int list, int slot) {
    int position = position(slot);
    int[] chunk = chunks[position >>> CHUNK_SHIFT];
    int at = at(position);
    int from = (chunk[at + PLACE] & LIST_MASK) - 1;
    unlink(chunk, at);
    link(chunk, position, list);
    if (from != list) {
      chunk[at + PLACE] += list - from;
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
    int list = listOf(slot) - 1;
    int next = field(position(slot), NEXT);
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
    int[] chunk = usedChunk(position);
    chunk[at(position) + PLACE] += list + 1;
    link(chunk, position, next);
    sizes[list]++;
    total++;
  }

  private void link(int[] chunk, int position, int next) {
    int at = at(position);
    int previous = field(next, PREVIOUS);
    chunk[at + NEXT] = next;
    chunk[at + PREVIOUS] = previous;
    setField(previous, NEXT, position);
    setField(next, PREVIOUS, position);
  }

  private void unlink(int[] chunk, int at) {
    int next = chunk[at + NEXT];
    int previous = chunk[at + PREVIOUS];
    setField(previous, NEXT, next);
    setField(next, PREVIOUS, previous);
  }

  private int listOf(int slot) {
    return field(position(slot), PLACE) & LIST_MASK;
  }

  private int position(int slot) {
    return listCount + slot;
  }

  private int slotOrNone(int position) {
    return position < listCount ? NONE : position - listCount;
  }

  private int field(int position, int field) {
    return chunks[position >>> CHUNK_SHIFT][at(position) + field];
  }

  /** Of a position that is linked, so that it has memory. */
  private void setField(int position, int field, int value) {
    chunks[position >>> CHUNK_SHIFT][at(position) + field] = value;
  }

  private int[] usedChunk(int position) {
    int[] chunk = chunks[position >>> CHUNK_SHIFT];
    return chunk == UNUSED ? newChunk(position) : chunk;
  }

  private int[] newChunk(int position) {
    int[] chunk = new int[Math.min(positionCount, CHUNK_SIZE) * RECORD_SIZE];
    chunks[position >>> CHUNK_SHIFT] = chunk;
    return chunk;
  }

  private static int at(int position) {
    return (position & CHUNK_MASK) * RECORD_SIZE;
  }
}
