package io.emberfs.engine.ram;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.emberfs.ffi.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Slots that wait, first in first out, outside the Java heap. The owner puts each slot in at most
 * once, so there is always room. Single-threaded: the owner holds its lock around every call.
 */
final class SlotQueue {
  static final int NONE = -1;

  private final MemorySegment places;
  private final int capacity;
  private int first;
  private int count;

  SlotQueue(int capacity, Arena arena) {
    this.capacity = capacity;
    places = NativeMemory.map((long) capacity * Integer.BYTES, arena);
  }

  /** Puts a slot at the end; false if there is no room. */
  boolean add(int slot) {
    if (count == capacity) {
      return false;
    }
    places.setAtIndex(JAVA_INT, (int) (((long) first + count) % capacity), slot);
    count++;
    return true;
  }

  /** Takes the first slot, or NONE. */
  int poll() {
    if (count == 0) {
      return NONE;
    }
    int slot = places.getAtIndex(JAVA_INT, first);
    first = (first + 1) % capacity;
    count--;
    return slot;
  }
}
