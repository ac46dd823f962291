package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockLease;
import io.emberfs.core.BlockMeta;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.zip.CRC32C;

/**
 * Blocks whose bytes follow from file, block, generation and granule, so that any block that a tier
 * hands out can be judged without remembering what was put in. Encoded with codec 0 (none).
 * Immutable, any thread.
 */
public final class TestBlocks {
  private static final int CODEC_NONE = 0;

  private final BlockGeometry geometry;

  public TestBlocks(BlockGeometry geometry) {
    this.geometry = geometry;
  }

  /** The right stored bytes of the granules in a mask. */
  public byte[] bytes(long fileId, long blockIndex, long fileGeneration, long granules) {
    byte[] bytes = new byte[geometry.rawSize(granules)];
    MemorySegment target = MemorySegment.ofArray(bytes);
    long position = 0;
    for (int granule = 0; granule < geometry.granulesPerBlock(); granule++) {
      if ((granules & 1L << granule) != 0) {
        long state = BlockKey.hash(BlockKey.hash(fileId, blockIndex) ^ fileGeneration, granule);
        for (long end = position + geometry.granuleSize(); position < end; position += Long.BYTES) {
          state += 0x9E3779B97F4A7C15L;
          target.set(ValueLayout.JAVA_LONG_UNALIGNED, position, state);
        }
      }
    }
    return bytes;
  }

  /** The meta that belongs to {@link #bytes}. */
  public BlockMeta meta(
      long fileId, long blockIndex, long fileGeneration, long granules, long writeSequence) {
    byte[] bytes = bytes(fileId, blockIndex, fileGeneration, granules);
    return meta(fileId, blockIndex, fileGeneration, granules, writeSequence, bytes);
  }

  /** A meta for stored bytes of the test's own choice, with their checksum. */
  public BlockMeta meta(
      long fileId,
      long blockIndex,
      long fileGeneration,
      long granules,
      long writeSequence,
      byte[] stored) {
    return new BlockMeta(
        fileId,
        blockIndex,
        fileGeneration,
        CODEC_NONE,
        geometry.rawSize(granules),
        stored.length,
        checksum(stored),
        granules,
        writeSequence);
  }

  /** CRC32C, as in {@link BlockMeta#checksum()}. */
  public static int checksum(byte[] stored) {
    CRC32C crc = new CRC32C();
    crc.update(stored);
    return (int) crc.getValue();
  }

  /**
   * Fails unless the leased bytes are exactly those that belong to the leased meta. Does not close
   * the lease.
   */
  public void assertRight(BlockLease lease) {
    BlockMeta meta = lease.meta();
    byte[] stored = lease.stored().toArray(ValueLayout.JAVA_BYTE);
    assertThat(stored)
        .as("bytes of %s", meta)
        .isEqualTo(
            bytes(meta.fileId(), meta.blockIndex(), meta.fileGeneration(), meta.validGranules()));
    assertThat(meta.storedSize()).isEqualTo(stored.length);
    assertThat(meta.checksum()).as("checksum of %s", meta).isEqualTo(checksum(stored));
    assertThat(meta.rawSize()).isEqualTo(geometry.rawSize(meta.validGranules()));
  }
}
