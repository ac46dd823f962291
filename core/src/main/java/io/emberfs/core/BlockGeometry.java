package io.emberfs.core;

/**
 * How a file is cut into blocks and a block into granules, and the pure arithmetic on both.
 *
 * <p>A granule is the smallest part of a block with a validity bit of its own: max(4 KiB,
 * block/64), so that one 64-bit mask covers a block. Bit 0 is the first granule.
 *
 * @param blockSize bytes of a block, a power of two from 4 KiB to 1 MiB
 */
public record BlockGeometry(int blockSize) {
  public static final int BLOCK_SIZE_MIN = 4096;
  public static final int BLOCK_SIZE_MAX = 1 << 20;
  public static final int BLOCK_SIZE_DEFAULT = 64 << 10;
  private static final int GRANULE_SIZE_MIN = 4096;

  public BlockGeometry {
    if (Integer.bitCount(blockSize) != 1
        || blockSize < BLOCK_SIZE_MIN
        || blockSize > BLOCK_SIZE_MAX) {
      throw new IllegalArgumentException(
          "block size " + blockSize + " is not a power of two from 4096 to 1048576");
    }
  }

  /** Bytes of a granule. */
  public int granuleSize() {
    return Math.max(GRANULE_SIZE_MIN, blockSize / Long.SIZE);
  }

  /** Number of granules in a block, 1 to 64. */
  public int granulesPerBlock() {
    return blockSize / granuleSize();
  }

  /** The mask of a block in which every granule is valid. */
  public long fullMask() {
    return lowMask(granulesPerBlock());
  }

  /** Index of the block that holds the byte at {@code offset}. */
  public long blockIndex(long offset) {
    return offset >>> Integer.numberOfTrailingZeros(blockSize);
  }

  /** Offset in the file of the block's first byte. */
  public long blockOffset(long blockIndex) {
    return blockIndex << Integer.numberOfTrailingZeros(blockSize);
  }

  /** Position within its block of the byte at {@code offset}. */
  public int offsetInBlock(long offset) {
    return (int) (offset & (blockSize - 1));
  }

  /**
   * The granules touched by a range inside one block.
   *
   * @param offsetInBlock first byte, from 0 to blockSize - 1
   * @param length bytes, at least 1, not past the block's end
   */
  public long touchedMask(int offsetInBlock, int length) {
    // Shifts, for this is on the way of every hit.
    int granuleShift = Integer.numberOfTrailingZeros(granuleSize());
    int first = offsetInBlock >>> granuleShift;
    int last = (offsetInBlock + length - 1) >>> granuleShift;
    return lowMask(last + 1) & ~lowMask(first);
  }

  /**
   * The granules that lie wholly inside a range of one block; 0 if there is none. Arguments as in
   * {@link #touchedMask}.
   */
  public long coveredMask(int offsetInBlock, int length) {
    int first = (offsetInBlock + granuleSize() - 1) / granuleSize();
    int end = (offsetInBlock + length) / granuleSize();
    return end <= first ? 0 : lowMask(end) & ~lowMask(first);
  }

  /**
   * The granules of a block that hold at least one byte of a file: a block is <i>whole</i> when all
   * of these are valid.
   *
   * @param fileSize bytes of the file
   */
  public long wholeMask(long blockIndex, long fileSize) {
    long bytes = Math.min(blockSize, fileSize - blockOffset(blockIndex));
    return bytes <= 0 ? 0 : touchedMask(0, (int) bytes);
  }

  /**
   * Raw bytes of the granules in a mask: every granule counts full, a file's last one is padded
   * with zeros.
   */
  public int rawSize(long granules) {
    return Long.bitCount(granules) * granuleSize();
  }

  private static long lowMask(int bits) {
    return bits == Long.SIZE ? -1L : (1L << bits) - 1;
  }
}
