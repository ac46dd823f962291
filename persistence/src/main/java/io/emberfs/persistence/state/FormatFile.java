package io.emberfs.persistence.state;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * The file {@code format} of a state directory, little endian: magic, version and the checksum of
 * these two, which every version keeps in this place, so that a newer version is told from damage;
 * then id, length and bytes of the backing's path, and the checksum of everything before it.
 */
sealed interface FormatFile {
  int VERSION = 1;

  /** More than any path has; a longer file is damaged without being read. */
  int BYTES_MAX = 16 << 10;

  /** Of this version, and whole. */
  record Known(String id, String backing) implements FormatFile {
    byte[] write() {
      byte[] path = backing.getBytes(StandardCharsets.UTF_8);
      ByteBuffer target =
          ByteBuffer.allocate(PATH_OFFSET + path.length + Integer.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN);
      target.putLong(MAGIC).putInt(VERSION).putInt(checksum(target, VERSION_CHECKSUM_OFFSET));
      target.put(HexFormat.of().parseHex(id)).putInt(path.length).put(path);
      target.putInt(checksum(target, PATH_OFFSET + path.length));
      return target.array();
    }
  }

  /** Of a newer version. */
  record Newer(int version) implements FormatFile {}

  /** Anything else. */
  record Damaged() implements FormatFile {}

  int ID_BYTES = 16;
  long MAGIC = 0x0A_53_46_52_45_42_4D_45L; // "EMBERFS" and a line feed
  int VERSION_CHECKSUM_OFFSET = 12;
  int ID_OFFSET = 16;
  int LENGTH_OFFSET = ID_OFFSET + ID_BYTES;
  int PATH_OFFSET = LENGTH_OFFSET + Integer.BYTES;

  /** What these bytes are. */
  static FormatFile read(byte[] bytes) {
    ByteBuffer source = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < PATH_OFFSET + Integer.BYTES
        || source.getLong(0) != MAGIC
        || source.getInt(VERSION_CHECKSUM_OFFSET) != checksum(source, VERSION_CHECKSUM_OFFSET)) {
      return new Damaged();
    }
    int version = source.getInt(Long.BYTES);
    if (version > VERSION) {
      return new Newer(version);
    }
    int length = source.getInt(LENGTH_OFFSET);
    int end = bytes.length - Integer.BYTES;
    if (version != VERSION
        || length != end - PATH_OFFSET
        || source.getInt(end) != checksum(source, end)) {
      return new Damaged();
    }
    return new Known(
        HexFormat.of().formatHex(bytes, ID_OFFSET, LENGTH_OFFSET),
        new String(bytes, PATH_OFFSET, length, StandardCharsets.UTF_8));
  }

  private static int checksum(ByteBuffer bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(0, length));
    return (int) crc.getValue();
  }
}
