package io.emberfs.engine.ram;

import io.emberfs.core.BlockGeometry;
import io.emberfs.engine.policy.PinnedSlots;
import io.emberfs.engine.policy.PolicyFactory;

/**
 * How a budget is divided: pages, one table slot for each page (a block needs at least one), and
 * what these cost besides.
 *
 * @param pageCount pages and slots
 * @param recordSize bytes of a slot's record
 * @param bucketCount buckets of the key hash, a power of two
 * @param fileBucketCount buckets of the file hash, a power of two
 * @param scratchCount buffers for expanding and verifying, each of two blocks
 * @param leaseCount buffers that can be lent at a time, each of one block
 * @param fixedBytes of the budget that are gone before the first block comes
 */
record RamLayout(
    int pageCount,
    int recordSize,
    int bucketCount,
    int fileBucketCount,
    int scratchCount,
    int leaseCount,
    long fixedBytes) {
  /** Blocks of budget for each working buffer, so that buffers stay a few per cent of it. */
  private static final long BLOCKS_PER_BUFFER = 64;

  private static final int BUFFER_COUNT_MAX = 16;
  private static final int LEASE_COUNT_MIN = 2;
  private static final int LEASE_COUNT_MAX = 8;
  private static final int PAGES_PER_FILE_BUCKET = 8;

  /** Two entries of the key hash, for its size is rounded up, one of the file hash, one queued. */
  private static final int INDEX_BYTES_PER_SLOT = 4 * Integer.BYTES;

  /**
   * @param policy name of the replacement policy, whose memory counts
   * @throws IllegalArgumentException if the budget does not hold one block and what it needs
   */
  static RamLayout of(BlockGeometry geometry, long capacityBytes, String policy) {
    int indexBytesPerSlot =
        PolicyFactory.bytesPerSlot(policy) + PinnedSlots.BYTES_PER_SLOT + INDEX_BYTES_PER_SLOT;
    int blockSize = geometry.blockSize();
    int recordSize = EntryTable.recordSize(geometry.granulesPerBlock());
    long buffers = capacityBytes / blockSize / BLOCKS_PER_BUFFER;
    int scratchCount = (int) Math.clamp(buffers, 1, BUFFER_COUNT_MAX);
    int leaseCount = (int) Math.clamp(buffers, LEASE_COUNT_MIN, LEASE_COUNT_MAX);
    int slotsMax = (int) Math.min(capacityBytes / geometry.granuleSize(), Integer.MAX_VALUE / 4);
    long bufferBytes =
        (2L * scratchCount + leaseCount) * blockSize
            + HitRings.BYTES
            + PolicyFactory.bytesBesides(policy, slotsMax);
    long bytesPerPage =
        geometry.granuleSize() + PageStore.INDEX_BYTES_PER_PAGE + recordSize + indexBytesPerSlot;
    long pages = Math.min((capacityBytes - bufferBytes) / bytesPerPage, Integer.MAX_VALUE / 4);
    if (pages < geometry.granulesPerBlock()) {
      throw new IllegalArgumentException(
          "a RAM tier of %d bytes has no room for a block of %d bytes"
              .formatted(capacityBytes, blockSize));
    }
    int pageCount = (int) pages;
    return new RamLayout(
        pageCount,
        recordSize,
        powerOfTwoFrom(pageCount),
        powerOfTwoFrom(pageCount / PAGES_PER_FILE_BUCKET),
        scratchCount,
        leaseCount,
        bufferBytes + (long) pageCount * (PageStore.INDEX_BYTES_PER_PAGE + indexBytesPerSlot));
  }

  /** Pages that a budget not above the one at the start allows. */
  int pageLimit(BlockGeometry geometry, long capacityBytes) {
    long pages = (capacityBytes - fixedBytes) / (geometry.granuleSize() + recordSize);
    return (int) Math.clamp(pages, 0, pageCount);
  }

  /** The smallest budget that leaves room for a block. */
  long capacityBytesMin(BlockGeometry geometry) {
    return fixedBytes + (long) geometry.granulesPerBlock() * (geometry.granuleSize() + recordSize);
  }

  private static int powerOfTwoFrom(int count) {
    return Integer.highestOneBit(Math.max(count, 2) - 1) << 1;
  }
}
