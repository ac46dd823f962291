package io.emberfs.persistence.ssd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * Looks through RocksDB's logs and manifests for the one damage that its reader does not survive:
 * it takes the types of records in recycled logs at their word, before it looks at the checksum,
 * and reads such a record of a log that was never recycled for ever (10.4.2, one turned bit is
 * enough). Logs are not recycled here, so a record of such a type is damage.
 *
 * <p>The format (db/log_format.h): blocks of 32 KiB; a record lies in one block and is a masked
 * CRC32C of type and payload (4 bytes), the payload's length (2), the type (1), the payload.
 */
final class LogFrames {
  private static final int BLOCK_BYTES = 32 << 10;
  private static final int HEADER_BYTES = 7;
  private static final int TYPE_AT = 6;
  private static final int LENGTH_AT = 4;
  private static final int MASK_DELTA = 0xa282ead8;
  private static final int MASK_ROTATION = 15;

  private LogFrames() {}

  /** Whether RocksDB's reader comes to an end with this file, be it whole or damaged. */
  static boolean canBeRead(Path file) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      boolean isAtEnd = false;
      while (!isAtEnd) {
        block.clear();
        while (block.hasRemaining() && !isAtEnd) {
          isAtEnd = channel.read(block) < 0;
        }
        if (hasRecycledRecord(block.flip())) {
          return false;
        }
      }
    }
    return true;
  }

  /** Follows the records of a block as RocksDB does: what is damaged ends the block. */
  private static boolean hasRecycledRecord(ByteBuffer block) {
    int at = 0;
    while (at + HEADER_BYTES <= block.limit()) {
      if (isOfRecycledLog(block.get(at + TYPE_AT) & 0xff)) {
        return true;
      }
      int end = at + HEADER_BYTES + (block.getShort(at + LENGTH_AT) & 0xffff);
      if (end > block.limit() || !isWhole(block, at, end)) {
        return false;
      }
      at = end;
    }
    return false;
  }

  private static boolean isWhole(ByteBuffer block, int at, int end) {
    CRC32C checksum = new CRC32C();
    checksum.update(block.array(), at + TYPE_AT, end - at - TYPE_AT);
    int masked = Integer.rotateRight((int) checksum.getValue(), MASK_ROTATION) + MASK_DELTA;
    return masked == block.getInt(at);
  }

  private static boolean isOfRecycledLog(int type) {
    return switch (type) {
      // full, first, middle, last; sizes of time stamps; the log before
      case 5, 6, 7, 8, 11, 131 -> true;
      default -> false;
    };
  }
}
