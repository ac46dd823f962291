package io.emberfs.engine.policy;

import java.util.Arrays;

/**
 * A number for each slot, 0 at first. Memory for some thousand slots at a time comes when a number
 * of one of them is first set: a tier has as many slots as pages, and uses one in sixteen of them
 * while its blocks are whole. Single-threaded.
 */
final class SlotInts {
  /** Slots that get their memory together, a power of two. */
  static final int CHUNK_SIZE = 1 << 12;

  private static final int CHUNK_SHIFT = Integer.numberOfTrailingZeros(CHUNK_SIZE);
  private static final int CHUNK_MASK = CHUNK_SIZE - 1;

  /** Stands for every chunk that has no memory yet, so that reading need not ask; never written. */
  private static final int[] ZEROS = new int[CHUNK_SIZE];

  private final int slotCount;
  private final int[][] chunks;

  SlotInts(int slotCount) {
    this.slotCount = slotCount;
    chunks = new int[Math.ceilDiv(slotCount, CHUNK_SIZE)][];
    Arrays.fill(chunks, ZEROS);
  }

  int get(int slot) {
    return chunks[slot >>> CHUNK_SHIFT][slot & CHUNK_MASK];
  }

  void set(int slot, int number) {
    int[] chunk = chunks[slot >>> CHUNK_SHIFT];
    if (chunk == ZEROS) {
      chunk = newChunk(slot);
    }
    chunk[slot & CHUNK_MASK] = number;
  }

  private int[] newChunk(int slot) {
    int[] chunk = new int[Math.min(slotCount, CHUNK_SIZE)];
    chunks[slot >>> CHUNK_SHIFT] = chunk;
    return chunk;
  }
}
