package io.emberfs.engine.ram;

import io.emberfs.core.BlockGeometry;
import io.emberfs.engine.policy.PinnedSlots;
import io.emberfs.engine.policy.PolicyFactory;

/**
 * How a budget is divided: what is paid from the start, and what each page and each slot costs that
 * is used. A block needs a slot and at least a page, so a budget has room for many slots with a
 * page each, or for fewer with more pages, and a table that suits both.
 *
 * @param pageCount pages at most: while every block is whole
 * @param slotCount slots at most: while every block has one page
 * @param recordSize bytes of a slot's record
 * @param slotBytes of the budget for each slot that was used: record, policy, queue
 * @param bucketCount buckets of the key hash, a power of two
 * @param fileBucketCount buckets of the file hash, a power of two
 * @param scratchCount buffers for expanding and verifying, each of two blocks
 * @param leaseCount buffers that can be lent at a time, each of one block
 * @param fixedBytes of the budget that are gone before the first block comes
 */
record RamLayout(
    int pageCount,
    int slotCount,
    int recordSize,
    int slotBytes,
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
  private static final int SLOTS_PER_FILE_BUCKET = 8;

  /** Pages, and so slots too. */
  private static final int COUNT_MAX = Integer.MAX_VALUE / 4;

  /**
   * @param policy name of the replacement policy, whose memory counts
   * @throws IllegalArgumentException if the budget does not hold one block and what it needs
   */
  static RamLayout of(BlockGeometry geometry, long capacityBytes, String policy) {
    int blockSize = geometry.blockSize();
    int recordSize = EntryTable.recordSize(geometry.granulesPerBlock());
    int policyBytes = PolicyFactory.bytesPerSlot(policy) + PinnedSlots.BYTES_PER_SLOT;
    int slotBytes = recordSize + policyBytes + UnsavedBlocks.BYTES_PER_SLOT;
    long slotAndPageBytes =
        (long) slotBytes + geometry.granuleSize() + PageStore.INDEX_BYTES_PER_PAGE;
    // More than there can be, for what is about to be subtracted depends on it.
    int slotsMax = (int) Math.min(capacityBytes / slotAndPageBytes, COUNT_MAX);
    int bucketCount = powerOfTwoFrom(slotsMax);
    int fileBucketCount = powerOfTwoFrom(slotsMax / SLOTS_PER_FILE_BUCKET);
    long buffers = capacityBytes / blockSize / BLOCKS_PER_BUFFER;
    int scratchCount = (int) Math.clamp(buffers, 1, BUFFER_COUNT_MAX);
    int leaseCount = (int) Math.clamp(buffers, LEASE_COUNT_MIN, LEASE_COUNT_MAX);
    long bytesBesides =
        (2L * scratchCount + leaseCount) * blockSize
            + HitRings.BYTES
            + ((long) bucketCount + fileBucketCount) * Integer.BYTES
            + PolicyFactory.bytesBesides(policy, slotsMax)
            + (long) Math.min(slotsMax, PolicyFactory.SLOTS_AT_A_TIME) * policyBytes;
    long bytes = capacityBytes - bytesBesides;
    long pageBytes =
        geometry.granuleSize()
            + PageStore.INDEX_BYTES_PER_PAGE
            + slotBytes / geometry.granulesPerBlock();
    int pageCount = (int) Math.clamp(bytes / pageBytes, 0, COUNT_MAX);
    long fixedBytes = bytesBesides + (long) pageCount * PageStore.INDEX_BYTES_PER_PAGE;
    long slots = (capacityBytes - fixedBytes) / (geometry.granuleSize() + slotBytes);
    RamLayout layout =
        new RamLayout(
            pageCount,
            (int) Math.clamp(slots, 0, slotsMax),
            recordSize,
            slotBytes,
            bucketCount,
            fileBucketCount,
            scratchCount,
            leaseCount,
            fixedBytes);
    if (layout.capacityBytesMin(geometry, 0) > capacityBytes) {
      throw new IllegalArgumentException(
          "a RAM tier of %d bytes has no room for a block of %d bytes"
              .formatted(capacityBytes, blockSize));
    }
    return layout;
  }

  /** Bytes that a budget leaves for pages and slots. */
  long roomBytes(long capacityBytes) {
    return Math.max(0, capacityBytes - fixedBytes);
  }

  /**
   * The smallest budget that leaves room for a block when so many slots were used. Never less than
   * for a block's pages with a slot each: blocks of a page that used these must not keep out for
   * ever a block of all.
   */
  long capacityBytesMin(BlockGeometry geometry, int usedSlots) {
    int pagesPerBlock = geometry.granulesPerBlock();
    return fixedBytes
        + (long) Math.max(usedSlots, pagesPerBlock) * slotBytes
        + (long) pagesPerBlock * geometry.granuleSize();
  }

  private static int powerOfTwoFrom(int count) {
    return Integer.highestOneBit(Math.max(count, 2) - 1) << 1;
  }
}
