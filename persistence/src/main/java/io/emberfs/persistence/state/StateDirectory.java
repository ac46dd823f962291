package io.emberfs.persistence.state;

import io.emberfs.core.Meters;
import io.emberfs.persistence.state.StateDirectoryException.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory where emberfs keeps what survives a restart: for one backing, one owner and one
 * daemon at a time.
 *
 * <p>It holds {@code lock}, {@code format}, {@code running} while a run has not ended, and the
 * rooms {@code ssd}, {@code state} and {@code journal}. A refusal leaves everything as it was.
 * Where the format file is damaged, format and caches are set aside as {@code damaged-N} (one is
 * kept) and the start is cold; the journal, which is not a cache, stays.
 *
 * <p>The lock is POSIX's: it ends with the process, however that ends, and counts between
 * processes; one process opens a directory once.
 */
public final class StateDirectory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StateDirectory.class);
  static final String LOCK = "lock";
  static final String FORMAT = "format";
  static final String SSD = "ssd";
  static final String STATE = "state";
  private static final String JOURNAL = "journal";

  /** What a daemon writes beside the rooms, with its predecessors. */
  private static final List<String> LOGS = List.of("emberfs.log", "java.log");

  /** What a kill can leave of files that are replaced. */
  static final List<String> TEMPORARIES =
      List.of(FORMAT + AtomicFile.TEMPORARY_SUFFIX, RunMark.NAME + AtomicFile.TEMPORARY_SUFFIX);

  static final String DAMAGED_PREFIX = "damaged-";
  private static final int PID_BYTES_MAX = 20;
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path directory;
  private final FileChannel lockChannel;
  private final String id;
  private final boolean startedCold;

  private StateDirectory(Path directory, FileChannel lockChannel, String id, boolean startedCold) {
    this.directory = directory;
    this.lockChannel = lockChannel;
    this.id = id;
    this.startedCold = startedCold;
  }

  /**
   * Opens a state directory, making it where there is none.
   *
   * @param directory absolute, or relative to the process
   * @param backing the real path of the backing that it belongs to
   * @throws StateDirectoryException if it cannot be used; nothing in it was changed
   */
  public static StateDirectory open(Path directory, Path backing, Meters meters)
      throws StateDirectoryException {
    try {
      if (!Files.exists(directory)) {
        make(directory);
      }
      requireUsable(directory, backing);
      return lock(directory, backing, meters);
    } catch (StateDirectoryException refusal) {
      throw refusal;
    } catch (IOException failure) {
      throw StateDirectoryException.explained(directory, failure);
    }
  }

  /** 128 random bits in hexadecimal, drawn when the directory was made or began anew. */
  public String id() {
    return id;
  }

  /** Whether the directory was damaged and begins anew. */
  public boolean startedCold() {
    return startedCold;
  }

  /** The folder of the SSD tier's database; made by whoever opens it. */
  public Path ssd() {
    return directory.resolve(SSD);
  }

  /** The folder of the pieces of warm state; it exists. */
  public Path state() {
    return directory.resolve(STATE);
  }

  /** The folder of the write-back journal; made by whoever opens it. */
  public Path journal() {
    return journalOf(directory);
  }

  /** As {@link #journal}, of a state directory that nobody here has open. */
  public static Path journalOf(Path directory) {
    return directory.resolve(JOURNAL);
  }

  /** Itself. */
  Path directory() {
    return directory;
  }

  /** Gives the directory up for the next daemon. */
  @Override
  public void close() {
    try {
      lockChannel.close();
    } catch (IOException failure) {
      LOG.warn("state: closing the lock of {}: {}", directory, failure.getMessage());
    }
  }

  private static StateDirectory lock(Path directory, Path backing, Meters meters)
      throws IOException {
    boolean isNew = !Files.exists(directory.resolve(LOCK), LinkOption.NOFOLLOW_LINKS);
    FileChannel channel =
        FileChannel.open(
            directory.resolve(LOCK),
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS),
            PRIVATE_FILE);
    try {
      if (tryLock(channel, false) == null) {
        throw refusal(Problem.IN_USE, directory, pid(channel));
      }
      // Asked again: until the lock was taken, another daemon may have written here.
      FormatFile format = requireUsable(directory, backing);
      StateDirectory opened = begin(directory, backing, channel, format, meters);
      AtomicFile.writeFully(
          channel.truncate(0),
          ByteBuffer.wrap(
              (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
      return opened;
    } catch (IOException | RuntimeException failure) {
      channel.close();
      if (isNew
          && !(failure instanceof StateDirectoryException refusal
              && refusal.problem() == Problem.IN_USE)) {
        Files.deleteIfExists(directory.resolve(LOCK));
      }
      throw failure;
    }
  }

  private static StateDirectory begin(
      Path directory, Path backing, FileChannel channel, @Nullable FormatFile format, Meters meters)
      throws IOException {
    boolean isDamaged =
        format instanceof FormatFile.Damaged || format == null && hasCaches(directory);
    if (isDamaged) {
      meters.counter("state.damaged").increment();
      Path _ = setAside(directory);
    }
    FormatFile.Known known;
    if (format instanceof FormatFile.Known whole) {
      known = whole;
    } else {
      byte[] id = new byte[FormatFile.ID_BYTES];
      new SecureRandom().nextBytes(id);
      known = new FormatFile.Known(HexFormat.of().formatHex(id), backing.toString());
      byte[] bytes = known.write();
      AtomicFile.replace(
          directory.resolve(FORMAT), file -> AtomicFile.writeFully(file, ByteBuffer.wrap(bytes)));
    }
    if (!Files.isDirectory(directory.resolve(STATE), LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(directory.resolve(STATE), PRIVATE_DIRECTORY);
    }
    return new StateDirectory(directory, channel, known.id(), isDamaged);
  }

  /**
   * Refuses what must be refused, and changes nothing; returns the format, or null where there is
   * none.
   */
  private static @Nullable FormatFile requireUsable(Path directory, Path backing)
      throws IOException {
    if (!Files.isDirectory(directory)) {
      throw refusal(Problem.NOT_A_DIRECTORY, directory, "");
    }
    requirePrivate(directory);
    FormatFile format = readFormat(directory);
    switch (format) {
      case null -> requireOurs(directory);
      case FormatFile.Newer(int version) ->
          throw refusal(Problem.NEWER_VERSION, directory, Integer.toString(version));
      case FormatFile.Known(_, String owner) -> {
        if (!owner.equals(backing.toString())) {
          throw refusal(Problem.OTHER_BACKING, directory, owner);
        }
      }
      case FormatFile.Damaged _ -> {}
    }
    return format;
  }

  static void requirePrivate(Path directory) throws IOException {
    int mode = (Integer) Files.getAttribute(directory, "unix:mode") & 0777;
    if ((mode & 077) != 0) {
      throw refusal(Problem.NOT_PRIVATE, directory, "mode 0%o".formatted(mode));
    }
    Object owner = Files.getAttribute(directory, "unix:uid");
    if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
      throw refusal(Problem.NOT_PRIVATE, directory, "owner " + owner);
    }
  }

  /** Whether it belongs to this user and nobody else may look in. */
  static boolean isPrivate(Path directory) throws IOException {
    try {
      requirePrivate(directory);
      return true;
    } catch (StateDirectoryException refused) {
      return false;
    }
  }

  static @Nullable FormatFile readFormat(Path directory) throws IOException {
    Path format = directory.resolve(FORMAT);
    if (!Files.exists(format, LinkOption.NOFOLLOW_LINKS)) {
      return null;
    }
    boolean isReadable =
        Files.isRegularFile(format, LinkOption.NOFOLLOW_LINKS)
            && Files.size(format) <= FormatFile.BYTES_MAX;
    return isReadable ? FormatFile.read(Files.readAllBytes(format)) : new FormatFile.Damaged();
  }

  /**
   * Without a format file, only an empty directory, or what a killed first start or a damage left
   * of ours, is taken.
   */
  static void requireOurs(Path directory) throws IOException {
    for (Path entry : entries(directory)) {
      String name = entry.getFileName().toString();
      boolean isOurs =
          Set.of(LOCK, SSD, STATE, JOURNAL, RunMark.NAME).contains(name)
              || TEMPORARIES.contains(name)
              || LOGS.stream().anyMatch(name::startsWith)
              || name.startsWith(DAMAGED_PREFIX);
      if (!isOurs) {
        throw refusal(Problem.NOT_OURS, directory, name);
      }
    }
  }

  static boolean hasCaches(Path directory) {
    return Files.exists(directory.resolve(SSD)) || Files.exists(directory.resolve(STATE));
  }

  /** Sets format and caches aside, and returns where. */
  static Path setAside(Path directory) throws IOException {
    long number = 1;
    for (Path entry : entries(directory)) {
      String name = entry.getFileName().toString();
      if (name.startsWith(DAMAGED_PREFIX)) {
        number = Math.max(number, number(name) + 1);
        delete(entry);
      }
    }
    Path aside =
        Files.createDirectory(directory.resolve(DAMAGED_PREFIX + number), PRIVATE_DIRECTORY);
    for (String name : List.of(SSD, STATE, FORMAT)) {
      if (Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
        Files.move(directory.resolve(name), aside.resolve(name));
      }
    }
    AtomicFile.syncDirectory(directory);
    LOG.warn("state: {} was damaged; its caches were set aside in {}", directory, aside);
    return aside;
  }

  private static long number(String damagedName) {
    String digits = damagedName.substring(DAMAGED_PREFIX.length());
    return digits.matches("[0-9]{1,9}") ? Long.parseLong(digits) : 0;
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> visited = Files.walk(tree)) {
      for (Path path : visited.toList().reversed()) {
        Files.delete(path);
      }
    }
  }

  static List<Path> entries(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.toList();
    }
  }

  private static void make(Path directory) throws IOException {
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.createDirectory(directory, PRIVATE_DIRECTORY);
  }

  static @Nullable FileLock tryLock(FileChannel channel, boolean isShared) throws IOException {
    try {
      return channel.tryLock(0, Long.MAX_VALUE, isShared);
    } catch (OverlappingFileLockException heldByThisProcess) {
      return null;
    }
  }

  static String pid(FileChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(PID_BYTES_MAX);
    channel.read(bytes, 0);
    return new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII).strip();
  }

  static StateDirectoryException refusal(Problem problem, Path directory, String detail) {
    return new StateDirectoryException(problem, directory, detail, null);
  }
}
