package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.ReplacementPolicy;

/**
 * What an SSD tier is told.
 *
 * @param geometry how files are cut; a database made with another one is started anew
 * @param capacityBytes budget for live blocks with their overhead; the files on disk stay below
 *     {@link #diskBytesMax}
 * @param keepFreeBytes what the file system below is to have left for others: the tier takes less
 *     than its budget where it would not
 * @param policies make what decides which block leaves
 */
public record SsdSpec(
    BlockGeometry geometry,
    long capacityBytes,
    long keepFreeBytes,
    ReplacementPolicy.Factory policies) {
  /** The smallest useful budget: a few write buffers. */
  public static final long CAPACITY_BYTES_MIN = 1L << 20;

  private static final long DISK_CONSTANT_BYTES = 64L << 20;

  public SsdSpec {
    if (capacityBytes < CAPACITY_BYTES_MIN) {
      throw new IllegalArgumentException(
          "SSD capacity %d is below %d bytes".formatted(capacityBytes, CAPACITY_BYTES_MIN));
    }
  }

  /**
   * The bytes that all files of the database may take: a quarter more than the budget for values
   * that are dead but not yet collected, and a constant for logs and write buffers on their way to
   * disk.
   */
  public static long diskBytesMax(long capacityBytes) {
    return capacityBytes + capacityBytes / 4 + DISK_CONSTANT_BYTES;
  }

  /** The largest budget whose files stay within {@code diskBytes}. */
  static long capacityWithin(long diskBytes) {
    return Math.max(0, diskBytes - DISK_CONSTANT_BYTES) / 5 * 4;
  }

  /** The bytes of files from which dead values are collected, half way to {@link #diskBytesMax}. */
  static long diskBytesToCollect(long capacityBytes) {
    return capacityBytes + (diskBytesMax(capacityBytes) - capacityBytes) / 2;
  }
}
