package io.emberfs.core;

/**
 * What is known of one cached block besides its bytes.
 *
 * <p><b>Raw bytes</b> are the valid granules in ascending order, each of full granule size (a
 * file's last granule is padded with zeros), so {@code rawSize == bitCount(validGranules) *
 * granuleSize}. <b>Stored bytes</b> are what the codec made of them.
 *
 * @param fileId the engine's number of the file
 * @param blockIndex position of the block in the file, from 0
 * @param fileGeneration the content of the file that the bytes were read from; a block of another
 *     generation is dead
 * @param codecId {@link Codec#id()} that made the stored bytes
 * @param rawSize bytes before the codec
 * @param storedSize bytes after it
 * @param checksum CRC32C over the stored bytes
 * @param validGranules bit n set: granule n is in the raw bytes
 * @param writeSequence taken from {@link WriteFence#sequence()} before the bytes were read
 */
public record BlockMeta(
    long fileId,
    long blockIndex,
    long fileGeneration,
    int codecId,
    int rawSize,
    int storedSize,
    int checksum,
    long validGranules,
    long writeSequence) {
  public BlockMeta {
    if (rawSize < 0 || storedSize < 0 || blockIndex < 0) {
      throw new IllegalArgumentException(
          "block %d of file %d: rawSize %d, storedSize %d"
              .formatted(blockIndex, fileId, rawSize, storedSize));
    }
  }

  /** Whether every granule of {@code wantedGranules} is valid here. */
  public boolean covers(long wantedGranules) {
    return (wantedGranules & ~validGranules) == 0;
  }
}
