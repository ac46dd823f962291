package io.emberfs.engine.prefetch;

import io.emberfs.core.BlockKey;
import java.util.Arrays;

/**
 * Which model proposed the blocks that were issued and whose outcome is open. Bounded: a newer
 * block takes the place of an older one with an equal hash, whose outcome then teaches nobody. One
 * thread.
 */
final class IssuedBlocks {
  /** The block is not known. */
  static final int UNKNOWN = -1;

  private final long[] fileIds;
  private final long[] blockIndexes;
  private final int[] components;
  private final boolean[] loading;

  /**
   * @param capacity blocks remembered at most, a power of two
   */
  IssuedBlocks(int capacity) {
    if (Integer.bitCount(capacity) != 1) {
      throw new IllegalArgumentException("capacity " + capacity + " is not a power of two");
    }
    fileIds = new long[capacity];
    blockIndexes = new long[capacity];
    components = new int[capacity];
    loading = new boolean[capacity];
    Arrays.fill(components, UNKNOWN);
  }

  /**
   * A load of the block begins. One that is known stays whose it is: it is in the cache, and the
   * load will find it there.
   */
  void begin(long fileId, long blockIndex, int component) {
    int place = place(fileId, blockIndex);
    if (!holds(place, fileId, blockIndex)) {
      fileIds[place] = fileId;
      blockIndexes[place] = blockIndex;
      components[place] = component;
      loading[place] = true;
    }
  }

  /**
   * The load that began is over.
   *
   * @return the model whose block was not fetched and is forgotten now, else {@link #UNKNOWN}
   */
  int end(long fileId, long blockIndex, boolean fetched) {
    int place = place(fileId, blockIndex);
    if (!holds(place, fileId, blockIndex) || !loading[place]) {
      return UNKNOWN;
    }
    loading[place] = false;
    return fetched ? UNKNOWN : remove(fileId, blockIndex);
  }

  /** Forgets a block, and returns the model that proposed it or {@link #UNKNOWN}. */
  int remove(long fileId, long blockIndex) {
    int place = place(fileId, blockIndex);
    if (!holds(place, fileId, blockIndex)) {
      return UNKNOWN;
    }
    int component = components[place];
    components[place] = UNKNOWN;
    return component;
  }

  private boolean holds(int place, long fileId, long blockIndex) {
    return components[place] != UNKNOWN
        && fileIds[place] == fileId
        && blockIndexes[place] == blockIndex;
  }

  private int place(long fileId, long blockIndex) {
    return (int) BlockKey.hash(fileId, blockIndex) & (components.length - 1);
  }
}
