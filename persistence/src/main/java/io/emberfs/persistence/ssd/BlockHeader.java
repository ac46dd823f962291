package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The stored form of a {@link BlockMeta}: 64 bytes, little endian, in front of a block's stored
 * bytes in the family of blocks and alone in the family of the index. Its checksum covers itself,
 * and through the field {@code checksum} the stored bytes too.
 *
 * <p>Whatever is read is hostile until {@link #read} returned it. Stateless, any thread.
 */
final class BlockHeader {
  static final int BYTES = 64;

  /**
   * A key: fileId and blockIndex, big endian, so that a file's blocks lie side by side in ascending
   * order.
   */
  static final int KEY_BYTES = 16;

  private static final int MAGIC_AND_VERSION = 0x01_42_42_45; // "EBB", version 1
  private static final int MAGIC_OFFSET = 0;
  private static final int CODEC_OFFSET = 4;
  private static final int FILE_ID_OFFSET = 8;
  private static final int BLOCK_INDEX_OFFSET = 16;
  private static final int GENERATION_OFFSET = 24;
  private static final int GRANULES_OFFSET = 32;
  private static final int SEQUENCE_OFFSET = 40;
  private static final int RAW_SIZE_OFFSET = 48;
  private static final int STORED_SIZE_OFFSET = 52;
  private static final int CHECKSUM_OFFSET = 56;
  private static final int HEADER_CHECKSUM_OFFSET = 60;

  private BlockHeader() {}

  /** Puts the header at the start of {@code target}; position and limit stay. */
  static void write(BlockMeta meta, ByteBuffer target) {
    ByteBuffer header = target.slice(0, BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(MAGIC_OFFSET, MAGIC_AND_VERSION);
    header.putInt(CODEC_OFFSET, meta.codecId());
    header.putLong(FILE_ID_OFFSET, meta.fileId());
    header.putLong(BLOCK_INDEX_OFFSET, meta.blockIndex());
    header.putLong(GENERATION_OFFSET, meta.fileGeneration());
    header.putLong(GRANULES_OFFSET, meta.validGranules());
    header.putLong(SEQUENCE_OFFSET, meta.writeSequence());
    header.putInt(RAW_SIZE_OFFSET, meta.rawSize());
    header.putInt(STORED_SIZE_OFFSET, meta.storedSize());
    header.putInt(CHECKSUM_OFFSET, meta.checksum());
    header.putInt(HEADER_CHECKSUM_OFFSET, headerChecksum(header));
  }

  /**
   * The meta in the first bytes of {@code source}, whose position and limit stay; null unless
   * checksum, version, sizes and mask all fit a block of this geometry.
   */
  static @Nullable BlockMeta read(ByteBuffer source, BlockGeometry geometry) {
    if (source.limit() < BYTES) {
      return null;
    }
    ByteBuffer header = source.slice(0, BYTES).order(ByteOrder.LITTLE_ENDIAN);
    if (header.getInt(MAGIC_OFFSET) != MAGIC_AND_VERSION
        || header.getInt(HEADER_CHECKSUM_OFFSET) != headerChecksum(header)) {
      return null;
    }
    long blockIndex = header.getLong(BLOCK_INDEX_OFFSET);
    long granules = header.getLong(GRANULES_OFFSET);
    int rawSize = header.getInt(RAW_SIZE_OFFSET);
    int storedSize = header.getInt(STORED_SIZE_OFFSET);
    if (blockIndex < 0
        || (granules & ~geometry.fullMask()) != 0
        || rawSize != geometry.rawSize(granules)
        || storedSize < 1
        || storedSize > geometry.blockSize()) {
      return null;
    }
    return new BlockMeta(
        header.getLong(FILE_ID_OFFSET),
        blockIndex,
        header.getLong(GENERATION_OFFSET),
        header.getInt(CODEC_OFFSET),
        rawSize,
        storedSize,
        header.getInt(CHECKSUM_OFFSET),
        granules,
        header.getLong(SEQUENCE_OFFSET));
  }

  /** Puts the key at the start of {@code target}; position and limit stay. */
  static void writeKey(long fileId, long blockIndex, ByteBuffer target) {
    target.slice(0, KEY_BYTES).putLong(0, fileId).putLong(Long.BYTES, blockIndex);
  }

  /** The key as an array. */
  static byte[] key(long fileId, long blockIndex) {
    return ByteBuffer.allocate(KEY_BYTES).putLong(fileId).putLong(blockIndex).array();
  }

  private static int headerChecksum(ByteBuffer header) {
    CRC32C crc = new CRC32C();
    crc.update(header.slice(0, HEADER_CHECKSUM_OFFSET));
    return (int) crc.getValue();
  }
}
