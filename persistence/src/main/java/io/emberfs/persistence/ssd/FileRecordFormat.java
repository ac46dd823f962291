package io.emberfs.persistence.ssd;

import io.emberfs.core.FileRecord;
import io.emberfs.core.FileVersion;
import io.emberfs.core.NodeIdentity;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The stored form of a {@link FileRecord}: 80 bytes, little endian, with magic, version and
 * checksum; earlier versions wrote 0 for {@code unsyncedIn}. Its key is the identity, big endian.
 * Stateless, any thread.
 */
final class FileRecordFormat {
  static final int BYTES = 80;
  static final int KEY_BYTES = 3 * Long.BYTES;

  private static final int MAGIC_AND_VERSION = 0x01_52_46_45; // "EFR", version 1
  private static final int CHECKSUM_OFFSET = BYTES - Integer.BYTES;

  private FileRecordFormat() {}

  static byte[] key(NodeIdentity identity) {
    return ByteBuffer.allocate(KEY_BYTES)
        .putLong(identity.fileSystemId())
        .putLong(identity.inode())
        .putLong(identity.inodeGeneration())
        .array();
  }

  static byte[] write(FileRecord record) {
    FileVersion version = record.version();
    byte[] bytes = new byte[BYTES];
    ByteBuffer target = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    target
        .putInt(MAGIC_AND_VERSION)
        .putLong(record.fileId())
        .putLong(record.fileGeneration())
        .putLong(version.identity().fileSystemId())
        .putLong(version.identity().inode())
        .putLong(version.identity().inodeGeneration())
        .putLong(version.size())
        .putLong(version.mtimeNanos())
        .putLong(version.ctimeNanos())
        .putLong(record.unsyncedIn());
    target.putInt(CHECKSUM_OFFSET, checksum(bytes));
    return bytes;
  }

  /** The record, or null unless these bytes are one and verify. */
  static @Nullable FileRecord read(byte[] bytes) {
    if (bytes.length != BYTES) {
      return null;
    }
    ByteBuffer source = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (source.getInt() != MAGIC_AND_VERSION || source.getInt(CHECKSUM_OFFSET) != checksum(bytes)) {
      return null;
    }
    long fileId = source.getLong();
    long fileGeneration = source.getLong();
    NodeIdentity identity = new NodeIdentity(source.getLong(), source.getLong(), source.getLong());
    return new FileRecord(
        fileId,
        fileGeneration,
        new FileVersion(identity, source.getLong(), source.getLong(), source.getLong()),
        source.getLong());
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, CHECKSUM_OFFSET);
    return (int) crc.getValue();
  }
}
