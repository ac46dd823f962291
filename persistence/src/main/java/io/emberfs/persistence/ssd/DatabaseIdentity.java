package io.emberfs.persistence.ssd;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What the database says of itself, in one value: 24 bytes, little endian, with magic, version and
 * checksum.
 *
 * @param blockSize bytes of a block in all of it
 * @param fileIdEnd every file number given so far lies below
 */
record DatabaseIdentity(int blockSize, long fileIdEnd) {
  static final int BYTES = 24;

  private static final int MAGIC_AND_VERSION = 0x01_44_53_45; // "ESD", version 1
  private static final int CHECKSUM_OFFSET = BYTES - Integer.BYTES;

  byte[] write() {
    byte[] bytes = new byte[BYTES];
    ByteBuffer target = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    target.putInt(MAGIC_AND_VERSION).putInt(blockSize).putLong(fileIdEnd);
    target.putInt(CHECKSUM_OFFSET, checksum(bytes));
    return bytes;
  }

  /** The value, or null unless these bytes are one and verify. */
  static @Nullable DatabaseIdentity read(byte[] bytes) {
    if (bytes.length != BYTES) {
      return null;
    }
    ByteBuffer source = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (source.getInt() != MAGIC_AND_VERSION || source.getInt(CHECKSUM_OFFSET) != checksum(bytes)) {
      return null;
    }
    return new DatabaseIdentity(source.getInt(), source.getLong());
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, CHECKSUM_OFFSET);
    return (int) crc.getValue();
  }
}
