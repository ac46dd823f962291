package io.emberfs.engine.policy;

import java.util.Arrays;

/** As {@link SlotInts}, of small numbers. */
final class SlotBytes {
  private static final int CHUNK_SIZE = SlotInts.CHUNK_SIZE;
  private static final int CHUNK_SHIFT = Integer.numberOfTrailingZeros(CHUNK_SIZE);
  private static final int CHUNK_MASK = CHUNK_SIZE - 1;
  private static final byte[] ZEROS = new byte[CHUNK_SIZE];

  private final int slotCount;
  private final byte[][] chunks;

  SlotBytes(int slotCount) {
    this.slotCount = slotCount;
    chunks = new byte[Math.ceilDiv(slotCount, CHUNK_SIZE)][];
    Arrays.fill(chunks, ZEROS);
  }

  int get(int slot) {
    return chunks[slot >>> CHUNK_SHIFT][slot & CHUNK_MASK];
  }

  void set(int slot, int number) {
    byte[] chunk = chunks[slot >>> CHUNK_SHIFT];
    if (chunk == ZEROS) {
      chunk = newChunk(slot);
    }
    chunk[slot & CHUNK_MASK] = (byte) number;
  }

  private byte[] newChunk(int slot) {
    byte[] chunk = new byte[Math.min(slotCount, CHUNK_SIZE)];
    chunks[slot >>> CHUNK_SHIFT] = chunk;
    return chunk;
  }
}
