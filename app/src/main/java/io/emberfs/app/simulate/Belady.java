package io.emberfs.app.simulate;

import io.emberfs.core.ReplacementPolicy;
import java.util.Arrays;

/**
 * The optimum without bypass (Belady: "A study of replacement algorithms for a virtual-storage
 * computer", 1966): the block whose next use is farthest leaves. Knows the whole trace, so it
 * exists here only; it is told of every access in order and counts them itself.
 */
final class Belady implements ReplacementPolicy {
  private final int[] nextUse;
  private final int[] heap;
  private final int[] placeOf;
  private final int[] nextOf;
  private int access;
  private int size;

  Belady(BlockAccesses accesses, int slotCount) {
    nextUse = new int[accesses.count()];
    int[] upcoming = new int[accesses.footprint()];
    Arrays.fill(upcoming, Integer.MAX_VALUE);
    for (int i = accesses.count() - 1; i >= 0; i--) {
      nextUse[i] = upcoming[accesses.block(i)];
      upcoming[accesses.block(i)] = i;
    }
    heap = new int[slotCount];
    placeOf = new int[slotCount];
    nextOf = new int[slotCount];
  }

  @Override
  public void onInsert(int slot) {
    nextOf[slot] = nextUse[access++];
    heap[size] = slot;
    placeOf[slot] = size;
    rise(size++);
  }

  @Override
  public void onHit(int slot) {
    nextOf[slot] = nextUse[access++];
    rise(placeOf[slot]);
  }

  @Override
  public void onRemove(int slot) {
    throw new UnsupportedOperationException("nothing is removed in a replay");
  }

  @Override
  public int victim() {
    if (size == 0) {
      return -1;
    }
    int slot = heap[0];
    put(0, heap[--size]);
    sink(0);
    return slot;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    for (int i = size - 1; i >= 0 && visitor.accept(heap[i]); i--) {
      // until the visitor has enough
    }
  }

  private void rise(int from) {
    int place = from;
    int slot = heap[place];
    while (place > 0 && nextOf[heap[(place - 1) / 2]] < nextOf[slot]) {
      put(place, heap[(place - 1) / 2]);
      place = (place - 1) / 2;
    }
    put(place, slot);
  }

  private void sink(int from) {
    int place = from;
    int slot = heap[place];
    while (2 * place + 1 < size) {
      int child = 2 * place + 1;
      if (child + 1 < size && nextOf[heap[child + 1]] > nextOf[heap[child]]) {
        child++;
      }
      if (nextOf[heap[child]] <= nextOf[slot]) {
        break;
      }
      put(place, heap[child]);
      place = child;
    }
    put(place, slot);
  }

  private void put(int place, int slot) {
    heap[place] = slot;
    placeOf[slot] = place;
  }
}
