package io.emberfs.system;

import io.emberfs.testkit.SampleTree;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * A tree made from a seed: many small files, some large ones, and everything that a name, an owner,
 * a mode, a time or a link can be.
 */
final class SeededTree {
  private static final int SIZE_SPREAD = 1 << 20;
  private static final int LINK_COUNT = 8;
  private static final List<String> MODES =
      List.of("rw-r--r--", "rw-r--r--", "rw-------", "rwxr-xr-x", "r--r--r--", "rw-rw-r--");
  private static final int[] OWNERS = {0, 0, 1234, 65534};
  private static final long OLDEST_SECONDS = 1_000_000_000L;
  private static final long NEWEST_SECONDS = 1_700_000_000L;

  /** Names that programs stumble over; the last one is no UTF-8. */
  private static final String ODD_NAMES =
      """
      printf a > 'with space and "quotes"'
      printf b > '-leading-dash'
      printf c > "$(printf 'line\\nbreak')"
      printf d > 'back\\slash'
      printf e > "$(head -c 255 /dev/zero | tr '\\0' n)"
      printf f > "$(printf '\\303\\244\\342\\202\\254')"
      printf g > "$(printf 'not-utf8-\\377\\376')"
      """;

  private final Path root;
  private final RandomGenerator random;

  private SeededTree(Path root, RandomGenerator random) {
    this.root = root;
    this.random = random;
  }

  /**
   * Fills an empty directory.
   *
   * @param smallFileCount files of the sizes of a source tree
   * @param largeFileMegabytes sizes of the large files, about
   * @return bytes written
   */
  static long fill(Path root, long seed, int smallFileCount, int... largeFileMegabytes)
      throws IOException, InterruptedException {
    SeededTree tree = new SeededTree(root, Seeds.random(seed));
    SampleTree sample = new SampleTree(seed);
    long byteCount = sample.writeTree(root, smallFileCount);
    for (int i = 0; i < largeFileMegabytes.length; i++) {
      long size = ((long) largeFileMegabytes[i] << 20) + tree.random.nextInt(SIZE_SPREAD);
      sample.writeFile(root.resolve("large-" + i), size);
      byteCount += size;
    }
    List<Path> files = tree.files();
    tree.addOddNames();
    tree.addSpecialFiles(files);
    for (Path file : files) {
      tree.dress(file);
    }
    return byteCount;
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      return paths.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private void addOddNames() throws IOException, InterruptedException {
    Path odd = Files.createDirectory(root.resolve("odd"));
    Program.of("sh", "-e", "-c", ODD_NAMES).in(odd).with("LC_ALL", "C").run().succeeded();
  }

  private void addSpecialFiles(List<Path> files) throws IOException, InterruptedException {
    Path special = Files.createDirectory(root.resolve("special"));
    Files.createFile(special.resolve("empty"));
    Files.createDirectory(special.resolve("empty-directory"));
    Files.createSymbolicLink(special.resolve("to-file"), Path.of("../large-0"));
    Files.createSymbolicLink(special.resolve("to-directory"), Path.of("../odd"));
    Files.createSymbolicLink(special.resolve("dangling"), Path.of("no/such/place"));
    for (int i = 0; i < LINK_COUNT; i++) {
      Files.createLink(special.resolve("link" + i), files.get(random.nextInt(files.size())));
    }
    Program.succeed("mkfifo", special.resolve("fifo").toString());
    Path sparse = Files.writeString(special.resolve("sparse"), "and then nothing");
    Program.succeed("truncate", "--size", "3M", sparse.toString());
  }

  private void dress(Path file) throws IOException {
    int owner = OWNERS[random.nextInt(OWNERS.length)];
    Files.setAttribute(file, "unix:uid", owner, LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(file, "unix:gid", owner, LinkOption.NOFOLLOW_LINKS);
    Files.setPosixFilePermissions(
        file, PosixFilePermissions.fromString(MODES.get(random.nextInt(MODES.size()))));
    long nanos =
        TimeUnit.SECONDS.toNanos(random.nextLong(OLDEST_SECONDS, NEWEST_SECONDS))
            + random.nextInt(1_000_000_000);
    Files.setLastModifiedTime(file, FileTime.from(nanos, TimeUnit.NANOSECONDS));
  }
}
