package io.emberfs.persistence.state;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The file {@code running} of a state directory: there while a run uses the directory, so that the
 * next one knows whether it ended. Little endian: magic and version, begin, process, length and
 * bytes of the emberfs version, checksum of everything before it.
 */
final class RunMark {
  static final String NAME = "running";

  private static final int MAGIC_AND_VERSION = 0x01_52_53_45; // "ESR", version 1
  private static final int BEGAN_OFFSET = 4;
  private static final int PID_OFFSET = 12;
  private static final int LENGTH_OFFSET = 20;
  private static final int TEXT_OFFSET = 24;
  private static final int BYTES_MAX =
      TEXT_OFFSET + Run.VERSION_LENGTH_MAX * Integer.BYTES + Integer.BYTES;

  private RunMark() {}

  /**
   * The run that left a mark in a directory; {@link Run#UNKNOWN} where the mark cannot be read, and
   * empty where there is none.
   */
  static Optional<Run> read(Path directory) {
    Path file = directory.resolve(NAME);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try {
      boolean isReadable =
          Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) <= BYTES_MAX;
      return Optional.of(isReadable ? read(Files.readAllBytes(file)) : Run.UNKNOWN);
    } catch (IOException unreadable) {
      return Optional.of(Run.UNKNOWN);
    }
  }

  static Run read(byte[] bytes) {
    int end = bytes.length - Integer.BYTES;
    ByteBuffer source = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (end < TEXT_OFFSET
        || bytes.length > BYTES_MAX
        || source.getInt(0) != MAGIC_AND_VERSION
        || source.getInt(LENGTH_OFFSET) != end - TEXT_OFFSET
        || source.getInt(end) != checksum(source, end)) {
      return Run.UNKNOWN;
    }
    String version = new String(bytes, TEXT_OFFSET, end - TEXT_OFFSET, StandardCharsets.UTF_8);
    return version.length() > Run.VERSION_LENGTH_MAX
        ? Run.UNKNOWN
        : new Run(source.getLong(BEGAN_OFFSET), source.getLong(PID_OFFSET), version);
  }

  static byte[] bytes(Run run) {
    byte[] version = run.version().getBytes(StandardCharsets.UTF_8);
    ByteBuffer target =
        ByteBuffer.allocate(TEXT_OFFSET + version.length + Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    target.putInt(MAGIC_AND_VERSION).putLong(run.beganMillis()).putLong(run.pid());
    target.putInt(version.length).put(version);
    target.putInt(checksum(target, TEXT_OFFSET + version.length));
    return target.array();
  }

  /** Sets the mark of a run, durably. */
  static void set(Path directory, Run run) throws IOException {
    AtomicFile.replace(
        directory.resolve(NAME), file -> AtomicFile.writeFully(file, ByteBuffer.wrap(bytes(run))));
  }

  /** Takes the mark away, durably. */
  static void remove(Path directory) throws IOException {
    Files.deleteIfExists(directory.resolve(NAME));
    AtomicFile.syncDirectory(Objects.requireNonNull(directory.toAbsolutePath()));
  }

  private static int checksum(ByteBuffer bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(0, length));
    return (int) crc.getValue();
  }
}
