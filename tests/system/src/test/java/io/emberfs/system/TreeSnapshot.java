package io.emberfs.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Everything about a tree that the two sides of a mount must agree on: names, types, owners, modes,
 * sizes, times, links and the SHA-256 of every file.
 */
final class TreeSnapshot {
  /** Which parts of an entry count in a comparison. */
  enum Parts {
    ALL,
    /** For two trees that were made at different times. */
    ALL_BUT_TIMES
  }

  private static final int READER_COUNT = 4;
  private static final int READ_SIZE = 256 << 10;
  private static final long TREE_SECONDS_MAX = 180;
  private static final int DIFFERENCE_COUNT_MAX = 10;
  private static final int TYPE_MASK = 0170000;
  private static final int REGULAR = 0100000;
  private static final int SYMBOLIC_LINK = 0120000;

  private final Map<String, Entry> entries;

  private TreeSnapshot(Map<String, Entry> entries) {
    this.entries = entries;
  }

  /**
   * Reads a whole tree with several threads.
   *
   * @throws AssertionError if it does not end in time; the readers are left behind and end with the
   *     mount
   */
  static TreeSnapshot of(Path root) throws Exception {
    ExecutorService readers =
        Executors.newFixedThreadPool(
            READER_COUNT, Thread.ofPlatform().daemon().name("reader-", 0).factory());
    try {
      Future<List<Path>> walk = readers.submit(() -> walk(root));
      Map<String, Future<Entry>> reading = new TreeMap<>();
      for (Path path : walk.get(TREE_SECONDS_MAX, TimeUnit.SECONDS)) {
        reading.put(root.relativize(path).toString(), readers.submit(() -> read(path)));
      }
      Map<String, Entry> entries = new TreeMap<>();
      for (Map.Entry<String, Future<Entry>> each : reading.entrySet()) {
        entries.put(each.getKey(), each.getValue().get(TREE_SECONDS_MAX, TimeUnit.SECONDS));
      }
      return new TreeSnapshot(withLinkGroups(entries));
    } finally {
      readers.shutdownNow();
    }
  }

  int size() {
    return entries.size();
  }

  /** Number of blocks of 64 KiB that hold the bytes of all regular files; hard links count once. */
  long blockCount() {
    Map<String, Long> blocks = new HashMap<>();
    for (Map.Entry<String, Entry> each : entries.entrySet()) {
      Entry entry = each.getValue();
      if ((entry.mode & TYPE_MASK) == REGULAR) {
        String group = entry.linkGroup.isEmpty() ? each.getKey() : entry.linkGroup;
        blocks.put(group, (entry.size + 65535) >> 16);
      }
    }
    return blocks.values().stream().mapToLong(Long::longValue).sum();
  }

  /** The first differences to another tree, in words; none if they are equal. */
  List<String> differences(TreeSnapshot other, Parts parts) {
    List<String> differences = new ArrayList<>();
    TreeSet<String> names = new TreeSet<>(entries.keySet());
    names.addAll(other.entries.keySet());
    for (String name : names) {
      Entry mine = entries.get(name);
      Entry theirs = other.entries.get(name);
      if (mine == null || theirs == null) {
        differences.add(
            name + " is " + (mine == null ? "missing on the left" : "missing on the right"));
      } else if (!mine.reduced(parts).equals(theirs.reduced(parts))) {
        differences.add(name + ":\n  " + mine + "\n  " + theirs);
      }
    }
    int shown = Math.min(DIFFERENCE_COUNT_MAX, differences.size());
    if (shown < differences.size()) {
      differences.set(shown - 1, "… and " + (differences.size() - shown + 1) + " more");
    }
    return differences.subList(0, shown);
  }

  private static List<Path> walk(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths.toList();
    } catch (UncheckedIOException wrapped) {
      throw wrapped.getCause();
    }
  }

  private static Entry read(Path path) throws IOException {
    Map<String, Object> stat =
        Files.readAttributes(
            path, "unix:mode,uid,gid,nlink,ino,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
    int mode = (Integer) stat.get("mode");
    String content =
        switch (mode & TYPE_MASK) {
          case REGULAR -> digest(path);
          case SYMBOLIC_LINK -> Files.readSymbolicLink(path).toString();
          default -> "";
        };
    return new Entry(
        mode,
        (Integer) stat.get("uid"),
        (Integer) stat.get("gid"),
        (Integer) stat.get("nlink"),
        (Long) stat.get("size"),
        ((FileTime) stat.get("lastModifiedTime")).to(TimeUnit.NANOSECONDS),
        content,
        String.valueOf(stat.get("ino")));
  }

  private static String digest(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException cause) {
      throw new AssertionError("every Java has SHA-256", cause);
    }
    ByteBuffer buffer = ByteBuffer.allocateDirect(READ_SIZE);
    try (FileChannel channel = FileChannel.open(file)) {
      while (channel.read(buffer.clear()) >= 0) {
        digest.update(buffer.flip());
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Replaces inode numbers by the first name of the same inode, and by nothing where there is one
   * name only.
   */
  private static Map<String, Entry> withLinkGroups(Map<String, Entry> entries) {
    Map<String, String> firstNames = new HashMap<>();
    Map<String, Entry> grouped = new TreeMap<>();
    for (Map.Entry<String, Entry> each : entries.entrySet()) {
      Entry entry = each.getValue();
      String first = firstNames.computeIfAbsent(entry.linkGroup, _ -> each.getKey());
      boolean isShared = entry.linkCount > 1 && (entry.mode & TYPE_MASK) == REGULAR;
      grouped.put(each.getKey(), entry.withLinkGroup(isShared ? first : ""));
    }
    return grouped;
  }

  /** One name in the tree. Content is a file's SHA-256 or a link's target. */
  private record Entry(
      int mode,
      int uid,
      int gid,
      int linkCount,
      long size,
      long mtimeNanos,
      String content,
      String linkGroup) {
    Entry withLinkGroup(String group) {
      return new Entry(mode, uid, gid, linkCount, size, mtimeNanos, content, group);
    }

    Entry reduced(Parts parts) {
      return switch (parts) {
        case ALL -> this;
        case ALL_BUT_TIMES -> new Entry(mode, uid, gid, linkCount, size, 0, content, linkGroup);
      };
    }
  }
}
