package io.emberfs.persistence.ssd;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder of the database as files: its making, its wiping, and the mark that says whether what
 * lies in it may be trusted.
 *
 * <p>The mark is a file that is there as long as every removal reached the database. It is <i>taken
 * away</i> when one did not: unlinking works on a full disk, making a new file may not.
 */
final class DatabaseFolder {
  private static final String MARK = "TRUSTED";
  private static final byte[] MARK_BYTES = "emberfs ssd 1\n".getBytes(StandardCharsets.US_ASCII);
  private static final int PROBE_BYTES = 4096;

  /** Enough that a full disk says so. */
  private static final int PROBED_BYTES = 1 << 20;

  private final Path directory;

  DatabaseFolder(Path directory) {
    this.directory = directory;
  }

  Path directory() {
    return directory;
  }

  /** Makes the folder, for its owner only, if it is not there. */
  void create() throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
  }

  /** Bytes that this process may still write to its file system. */
  long usableBytes() throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  boolean isEmpty() throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.findAny().isEmpty();
    }
  }

  /** Whether the mark is there, of this version, beside a database. */
  boolean isTrusted() throws IOException {
    Path mark = directory.resolve(MARK);
    return Files.isRegularFile(directory.resolve("CURRENT"))
        && Files.isRegularFile(mark)
        && Files.size(mark) == MARK_BYTES.length
        && Arrays.equals(Files.readAllBytes(mark), MARK_BYTES);
  }

  /** Whether RocksDB can open what is there, or at least comes to say that it cannot. */
  boolean canBeOpened() throws IOException {
    List<Path> logs;
    try (Stream<Path> files = Files.list(directory)) {
      logs =
          files
              .filter(Files::isRegularFile)
              .filter(file ->
                  file.toString().endsWith(".log")
                      || file.getFileName().toString().startsWith("MANIFEST-"))
              .toList();
    }
    for (Path log : logs) {
      if (!LogFrames.canBeRead(log)) {
        return false;
      }
    }
    return true;
  }

  /** Sets the mark, durably. */
  void trust() throws IOException {
    Path mark = directory.resolve(MARK);
    try (FileChannel channel =
        FileChannel.open(
            mark,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      channel.write(ByteBuffer.wrap(MARK_BYTES));
      channel.force(true);
    }
    syncDirectory();
  }

  /** Takes the mark away, durably: the next opening starts anew. */
  void distrust() throws IOException {
    Files.deleteIfExists(directory.resolve(MARK));
    syncDirectory();
  }

  /** Deletes everything in the folder, the mark first. Follows no link. */
  void wipe() throws IOException {
    distrust();
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(
              Path visited, @org.jspecify.annotations.Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            if (!visited.equals(directory)) {
              Files.delete(visited);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /**
   * Sees whether the device takes bytes and gives them back, with a file that is deleted at once.
   *
   * @throws IOException if it does not
   */
  void probe() throws IOException {
    Path probe = directory.resolve("device.probe");
    byte[] bytes = new byte[PROBED_BYTES];
    new SecureRandom().nextBytes(bytes);
    try {
      try (FileChannel channel =
          FileChannel.open(
              probe,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        ByteBuffer source = ByteBuffer.wrap(bytes);
        while (source.hasRemaining()) {
          channel.write(source);
        }
        channel.force(true);
      }
      if (!Arrays.equals(bytes, Files.readAllBytes(probe))) {
        throw new IOException("it gives back other bytes than it got");
      }
    } finally {
      Files.deleteIfExists(probe);
    }
    syncDirectory();
  }

  /**
   * Whether this file system takes direct writes, found out with a file of one page that is deleted
   * at once.
   */
  boolean takesDirectWrites() {
    Path probe = directory.resolve("direct.probe");
    try {
      try (FileChannel channel =
          FileChannel.open(
              probe,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              ExtendedOpenOption.DIRECT)) {
        ByteBuffer page =
            ByteBuffer.allocateDirect(2 * PROBE_BYTES).alignedSlice(PROBE_BYTES).limit(PROBE_BYTES);
        return channel.write(page) == PROBE_BYTES;
      } finally {
        Files.deleteIfExists(probe);
      }
    } catch (IOException | UnsupportedOperationException refused) {
      return false; // buffered writes do
    }
  }

  private void syncDirectory() throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
