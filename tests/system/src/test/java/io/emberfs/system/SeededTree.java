package io.emberfs.system;

import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * A directory tree made from a seed: many small files with the sizes of a source tree, some large ones, and everything that a
 * name, an owner, a mode or a link can be. Half of all bytes compress.
 */
final class SeededTree {
  /** Sizes follow a log-normal law; with these, half of the files stay below 2.4 KiB and one in a hundred is over 100 KiB. */
  private static final double SIZE_LOG_MEAN = Math.log(2400);

  private static final double SIZE_LOG_DEVIATION = 1.65;
  private static final int SMALL_SIZE_MAX = 582_000;
  private static final int FILES_PER_DIRECTORY = 18;
  private static final int HALF_GRANULE = 2048;
  private static final int CHUNK = 1 << 20;
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
  private final List<Path> files = new ArrayList<>();
  private long writtenBytes;

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
    tree.fill(smallFileCount, largeFileMegabytes);
    return tree.writtenBytes;
  }

  private void fill(int smallFileCount, int[] largeFileMegabytes)
      throws IOException, InterruptedException {
    Path directory = root;
    for (int i = 0; i < smallFileCount; i++) {
      if (i % FILES_PER_DIRECTORY == 0) {
        directory = newDirectory(i / FILES_PER_DIRECTORY);
      }
      double size = Math.exp(SIZE_LOG_MEAN + SIZE_LOG_DEVIATION * random.nextGaussian());
      write(directory.resolve("file" + i), Math.min(SMALL_SIZE_MAX, (long) size));
    }
    for (int i = 0; i < largeFileMegabytes.length; i++) {
      long size = ((long) largeFileMegabytes[i] << 20) + random.nextInt(CHUNK);
      write(root.resolve("large" + i), size);
    }
    oddNames();
    specialFiles();
    for (Path file : files) {
      dress(file);
    }
  }

  private Path newDirectory(int number) throws IOException {
    Path parent = number % 3 == 0 ? root : root.resolve("dir" + (number - number % 3));
    return Files.createDirectories(parent.resolve("dir" + number));
  }

  private void write(Path file, long size) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, Math.max(1, size)));
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (long offset = 0; offset < size; offset += chunk.limit()) {
        chunk.clear().limit((int) Math.min(chunk.capacity(), size - offset));
        fillHalf(chunk.array());
        while (chunk.hasRemaining()) {
          channel.write(chunk);
        }
      }
    }
    writtenBytes += size;
    files.add(file);
  }

  /** Random bytes and one repeated byte in turns. */
  private void fillHalf(byte[] bytes) {
    byte[] noise = new byte[HALF_GRANULE];
    for (int from = 0; from < bytes.length; from += 2 * HALF_GRANULE) {
      random.nextBytes(noise);
      System.arraycopy(noise, 0, bytes, from, Math.min(HALF_GRANULE, bytes.length - from));
      int middle = Math.min(bytes.length, from + HALF_GRANULE);
      int end = Math.min(bytes.length, from + 2 * HALF_GRANULE);
      Arrays.fill(bytes, middle, end, (byte) (from >>> 12));
    }
  }

  private void oddNames() throws IOException, InterruptedException {
    Path odd = Files.createDirectory(root.resolve("odd"));
    Program.of("sh", "-e", "-c", ODD_NAMES).in(odd).with("LC_ALL", "C").run().succeeded();
  }

  private void specialFiles() throws IOException, InterruptedException {
    Path special = Files.createDirectory(root.resolve("special"));
    Files.createFile(special.resolve("empty"));
    Files.createDirectory(special.resolve("empty-directory"));
    Files.createSymbolicLink(special.resolve("to-file"), Path.of("../dir0/file0"));
    Files.createSymbolicLink(special.resolve("to-directory"), Path.of("../dir0"));
    Files.createSymbolicLink(special.resolve("dangling"), Path.of("no/such/place"));
    for (int i = 0; i < 8; i++) {
      Files.createLink(special.resolve("link" + i), files.get(random.nextInt(files.size())));
    }
    Program.succeed("mkfifo", special.resolve("fifo").toString());
    Path sparse = special.resolve("sparse");
    write(sparse, 10_000);
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
