package io.emberfs.ffi;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The mounts that this process sees, as of one moment, in the order of mounting
 * (proc_pid_mountinfo(5)).
 *
 * <p>Reading it asks no file system anything, so a dead or hanging mount does not hold it up.
 */
public record MountTable(List<Mount> mounts) {
  private static final Path SELF = Path.of("/proc/self/mountinfo");
  private static final int FIELDS_BEFORE_OPTIONAL = 6;
  private static final int FIELDS_AFTER_SEPARATOR = 2;

  public MountTable {
    mounts = List.copyOf(mounts);
  }

  /**
   * One mount.
   *
   * @param mountId unique while it is mounted
   * @param deviceMajor 0 for file systems without a device
   * @param deviceMinor with major 0, for FUSE: the number of the connection below {@code
   *     /sys/fs/fuse/connections}
   * @param mountPoint absolute path, unescaped
   * @param type file system type and subtype, for example {@code fuse.emberfs}
   * @param source what the mounter called it
   */
  public record Mount(
      int mountId,
      int deviceMajor,
      int deviceMinor,
      String mountPoint,
      String type,
      String source) {}

  /** The present table. */
  public static MountTable read() throws IOException {
    return parse(new String(Files.readAllBytes(SELF), StandardCharsets.UTF_8));
  }

  /** Parses the text of a mountinfo file; lines that are not of its form are left out. */
  public static MountTable parse(String text) {
    List<Mount> mounts = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      parseLine(line).ifPresent(mounts::add);
    }
    return new MountTable(mounts);
  }

  /** The mount that is seen at a path: the last one on exactly this mount point. */
  public Optional<Mount> at(String mountPoint) {
    return mounts.reversed().stream().filter(m -> m.mountPoint().equals(mountPoint)).findFirst();
  }

  /** The mount of this id. */
  public Optional<Mount> withId(int mountId) {
    return mounts.stream().filter(m -> m.mountId() == mountId).findFirst();
  }

  private static Optional<Mount> parseLine(String line) {
    String[] fields = line.split(" ", -1);
    int separator = FIELDS_BEFORE_OPTIONAL;
    while (separator < fields.length && !fields[separator].equals("-")) {
      separator++;
    }
    if (separator + FIELDS_AFTER_SEPARATOR >= fields.length) {
      return Optional.empty();
    }
    String[] device = fields[2].split(":", -1);
    if (device.length != 2) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Mount(
              Integer.parseInt(fields[0]),
              Integer.parseInt(device[0]),
              Integer.parseInt(device[1]),
              unescape(fields[4]),
              unescape(fields[separator + 1]),
              unescape(fields[separator + 2])));
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  /** Undoes the kernel's escapes: a backslash and three octal digits stand for one byte. */
  static String unescape(String field) {
    if (field.indexOf('\\') < 0) {
      return field;
    }
    byte[] escaped = field.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream plain = new ByteArrayOutputStream(escaped.length);
    int i = 0;
    while (i < escaped.length) {
      if (escaped[i] == '\\' && isOctal(escaped, i + 1)) {
        plain.write(
            (escaped[i + 1] - '0') << 6 | (escaped[i + 2] - '0') << 3 | escaped[i + 3] - '0');
        i += 4;
      } else {
        plain.write(escaped[i]);
        i++;
      }
    }
    return plain.toString(StandardCharsets.UTF_8);
  }

  private static boolean isOctal(byte[] bytes, int from) {
    if (from + 3 > bytes.length) {
      return false;
    }
    for (int i = from; i < from + 3; i++) {
      if (bytes[i] < '0' || bytes[i] > '7') {
        return false;
      }
    }
    return true;
  }
}
