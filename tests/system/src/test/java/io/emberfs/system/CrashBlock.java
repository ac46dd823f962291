package io.emberfs.system;

import io.emberfs.testkit.Seeds;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A block of the crash test: sectors of 512 bytes, each of which proves by itself which version of
 * which place it is. Little is left to chance: a sector that verifies and names another place is
 * misplaced, one that does not verify is garbage.
 */
final class CrashBlock {
  static final int SIZE = 16 << 10;
  static final int SECTOR_SIZE = 512;
  static final int SECTOR_COUNT = SIZE / SECTOR_SIZE;

  /** What a sector that was never written holds. */
  static final long NEVER_WRITTEN = 0;

  /** What stands for bytes that no writer wrote to this place. */
  static final long GARBAGE = -1;

  private static final long MAGIC = 0x656d_6265_7266_7331L;
  private static final int HEADER_SIZE = 8 + 4 + 4 + 4 + 4 + 8;
  private static final int CHECKSUM_SIZE = 4;

  private CrashBlock() {}

  /** The bytes of one version of one place; {@code version} is positive. */
  static ByteBuffer encode(int writer, int file, int block, long version) {
    ByteBuffer bytes = ByteBuffer.allocate(SIZE);
    for (int sector = 0; sector < SECTOR_COUNT; sector++) {
      bytes
          .putLong(MAGIC)
          .putInt(writer)
          .putInt(file)
          .putInt(block)
          .putInt(sector)
          .putLong(version);
      byte[] payload = new byte[SECTOR_SIZE - HEADER_SIZE - CHECKSUM_SIZE];
      Seeds.random(version * SECTOR_COUNT + sector).nextBytes(payload);
      bytes.put(payload);
      bytes.putInt(checksum(bytes, sector));
    }
    return bytes.flip();
  }

  /**
   * The version of a sector of what was read at a place, or {@link #NEVER_WRITTEN}, or {@link
   * #GARBAGE}.
   */
  static long versionOf(ByteBuffer bytes, int sector, int writer, int file, int block) {
    int from = sector * SECTOR_SIZE;
    if (isZero(bytes, from)) {
      return NEVER_WRITTEN;
    }
    boolean isIntact =
        bytes.getLong(from) == MAGIC
            && bytes.getInt(from + SECTOR_SIZE - CHECKSUM_SIZE) == checksum(bytes, sector);
    boolean isInPlace =
        bytes.getInt(from + 8) == writer
            && bytes.getInt(from + 12) == file
            && bytes.getInt(from + 16) == block
            && bytes.getInt(from + 20) == sector;
    return isIntact && isInPlace ? bytes.getLong(from + 24) : GARBAGE;
  }

  private static boolean isZero(ByteBuffer bytes, int from) {
    for (int i = from; i < from + SECTOR_SIZE; i += Long.BYTES) {
      if (bytes.getLong(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static int checksum(ByteBuffer bytes, int sector) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(sector * SECTOR_SIZE, SECTOR_SIZE - CHECKSUM_SIZE));
    return (int) crc.getValue();
  }
}
