package io.emberfs.app.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The kernel's table of mounts, as this process sees it (proc(5), mountinfo). */
public final class MountTable {
  private static final Path MOUNT_INFO = Path.of("/proc/self/mountinfo");
  private static final String OWN_TYPE = "fuse.emberfs";
  private static final int MOUNT_POINT_FIELD = 4;

  private final List<Entry> entries;

  private MountTable(List<Entry> entries) {
    this.entries = entries;
  }

  /** The table at this moment. */
  public static MountTable read() throws IOException {
    return parse(Files.readAllLines(MOUNT_INFO));
  }

  static MountTable parse(List<String> lines) throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (String line : lines) {
      String[] halves = line.split(" - ", 2);
      String[] fields = halves[0].split(" ");
      if (halves.length < 2 || fields.length <= MOUNT_POINT_FIELD) {
        throw new IOException(MOUNT_INFO + " has a line that is not understood: " + line);
      }
      entries.add(
          new Entry(Path.of(unescape(fields[MOUNT_POINT_FIELD])), halves[1].split(" ", 2)[0]));
    }
    return new MountTable(entries);
  }

  /** The topmost mount at exactly this place. */
  public Optional<Entry> at(Path mountPoint) {
    return entries.reversed().stream()
        .filter(entry -> entry.mountPoint().equals(mountPoint))
        .findFirst();
  }

  /** All mounts of this file system. */
  public List<Entry> own() {
    return entries.stream().filter(Entry::isOwn).toList();
  }

  /** Space, tab, line feed and backslash stand as a backslash and three octal digits. */
  private static String unescape(String field) {
    StringBuilder plain = new StringBuilder(field.length());
    for (int i = 0; i < field.length(); i++) {
      if (field.charAt(i) == '\\' && i + 3 < field.length()) {
        plain.append((char) Integer.parseInt(field, i + 1, i + 4, 8));
        i += 3;
      } else {
        plain.append(field.charAt(i));
      }
    }
    return plain.toString();
  }

  /**
   * One mount.
   *
   * @param mountPoint where
   * @param type file system type
   */
  public record Entry(Path mountPoint, String type) {
    /** Whether it is a mount of this file system. */
    public boolean isOwn() {
      return type.equals(OWN_TYPE);
    }
  }
}
