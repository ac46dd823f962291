package io.emberfs.core;

/**
 * The name of one block: a file by the engine's number and the block's position in it. Hot paths
 * pass the two longs.
 *
 * @param fileId the engine's number of the file; unique for as long as any block of it lives, in
 *     memory or persisted
 * @param blockIndex offset of the block's first byte divided by the block size, from 0
 */
public record BlockKey(long fileId, long blockIndex) {
  public BlockKey {
    if (blockIndex < 0) {
      throw new IllegalArgumentException(
          "negative blockIndex " + blockIndex + " of file " + fileId);
    }
  }

  /**
   * A well-mixed 64-bit hash of a key that exists as two longs only (the finaliser of MurmurHash3,
   * Appleby).
   */
  public static long hash(long fileId, long blockIndex) {
    long h = fileId * 0x9E3779B97F4A7C15L + blockIndex;
    h = (h ^ (h >>> 33)) * 0xFF51AFD7ED558CCDL;
    h = (h ^ (h >>> 33)) * 0xC4CEB9FE1A85EC53L;
    return h ^ (h >>> 33);
  }
}
