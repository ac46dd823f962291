package io.emberfs.engine.tiers;

/**
 * Blocks that were not admitted to the tier below when they came to RAM, in that order, each with
 * the time from which it is worth a second look: those still in RAM by then are not just passing.
 *
 * <p>A ring of fixed size. Not safe for threads.
 */
final class PostponedBlocks {
  private final long[] fileIds;
  private final long[] blockIndexes;
  private final long[] dueNanos;
  private int first;
  private int count;

  /**
   * @param countMax blocks at most
   */
  PostponedBlocks(int countMax) {
    fileIds = new long[countMax];
    blockIndexes = new long[countMax];
    dueNanos = new long[countMax];
  }

  boolean isFull() {
    return count == fileIds.length;
  }

  /** Adds a block; before: not full, and none is due later. */
  void add(long fileId, long blockIndex, long nanos) {
    int at = (first + count) % fileIds.length;
    fileIds[at] = fileId;
    blockIndexes[at] = blockIndex;
    dueNanos[at] = nanos;
    count++;
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** Whether the first one is due. */
  boolean isDue(long nowNanos) {
    return count > 0 && nowNanos - dueNanos[first] >= 0;
  }

  long firstFileId() {
    return fileIds[first];
  }

  long firstBlockIndex() {
    return blockIndexes[first];
  }

  void removeFirst() {
    first = (first + 1) % fileIds.length;
    count--;
  }
}
