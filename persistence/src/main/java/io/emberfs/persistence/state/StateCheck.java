package io.emberfs.persistence.state;

import io.emberfs.persistence.state.StateDirectoryException.Problem;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A state directory that no daemon has, held so that none takes it: verifies what is not the
 * database's and not the journal's, and repairs it if it was opened for that. Needs no backing. One
 * thread.
 */
public final class StateCheck implements AutoCloseable {
  /** What a check may do. */
  public enum Purpose {
    /** Changes nothing at all. */
    LOOK,
    /** Removes what no mount would use. */
    REPAIR
  }

  private final Path directory;
  private final @Nullable FileChannel lock;

  private StateCheck(Path directory, @Nullable FileChannel lock) {
    this.directory = directory;
    this.lock = lock;
  }

  /**
   * Takes a state directory.
   *
   * @throws StateDirectoryException if it is none, a daemon has it, a newer emberfs wrote it, or it
   *     may not be read; nothing was changed
   */
  public static StateCheck open(Path directory, Purpose purpose) throws StateDirectoryException {
    try {
      FormatFile _ = requireState(directory);
      StateCheck check = new StateCheck(directory, lock(directory, purpose));
      try {
        // Asked again: until the lock was taken, a daemon may have written here.
        FormatFile _ = requireState(directory);
        return check;
      } catch (IOException | RuntimeException failure) {
        check.close();
        throw failure;
      }
    } catch (StateDirectoryException refusal) {
      throw refusal;
    } catch (IOException failure) {
      throw StateDirectoryException.explained(directory, failure);
    }
  }

  /** The format of a state directory, or null where only a first start was begun. */
  static @Nullable FormatFile requireState(Path directory) throws IOException {
    try {
      if (!Files.readAttributes(directory, BasicFileAttributes.class).isDirectory()) {
        throw StateDirectory.refusal(Problem.NOT_A_DIRECTORY, directory, "");
      }
    } catch (NoSuchFileException absent) {
      throw StateDirectory.refusal(Problem.NO_STATE, directory, "it is not there");
    }
    if (!Files.isReadable(directory) || !Files.isExecutable(directory)) {
      throw StateDirectory.refusal(Problem.NO_PERMISSION, directory, directory.toString());
    }
    FormatFile format = StateDirectory.readFormat(directory);
    if (format instanceof FormatFile.Newer(int version)) {
      throw StateDirectory.refusal(Problem.NEWER_VERSION, directory, Integer.toString(version));
    }
    if (format == null) {
      StateDirectory.requireOurs(directory);
      if (!Files.exists(directory.resolve(StateDirectory.LOCK), LinkOption.NOFOLLOW_LINKS)) {
        throw StateDirectory.refusal(Problem.NO_STATE, directory, "it is empty");
      }
    }
    return format;
  }

  /** Null where there is no lock to take: no daemon was ever here, or it was deleted. */
  private static @Nullable FileChannel lock(Path directory, Purpose purpose) throws IOException {
    Path file = directory.resolve(StateDirectory.LOCK);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return null;
    }
    boolean isShared = purpose == Purpose.LOOK;
    Set<OpenOption> options =
        isShared
            ? Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)
            : Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    FileChannel channel = FileChannel.open(file, options);
    if (StateDirectory.tryLock(channel, isShared) == null) {
      try (channel) {
        throw StateDirectory.refusal(Problem.IN_USE, directory, StateDirectory.pid(channel));
      }
    }
    return channel;
  }

  /** What it belongs to; empty where the format file does not say. */
  public Optional<Path> backing() throws IOException {
    return StateDirectory.readFormat(directory) instanceof FormatFile.Known known
        ? Optional.of(Path.of(known.backing()))
        : Optional.empty();
  }

  /** The folder of the SSD tier's database, if there is one. */
  public Path ssd() {
    return directory.resolve(StateDirectory.SSD);
  }

  /** The folder of the write-back journal, if there is one. */
  public Path journal() {
    return StateDirectory.journalOf(directory);
  }

  /** Saved pieces that would be handed out. */
  public long wholePieceCount() throws IOException {
    return pieces().stream().filter(piece -> piece.problem().isEmpty()).count();
  }

  /** What is wrong now, a line for each; empty if nothing is. */
  public List<String> problems() throws IOException {
    List<String> problems = new ArrayList<>();
    try {
      StateDirectory.requirePrivate(directory);
    } catch (StateDirectoryException refused) {
      problems.add("a mount refuses the directory (%s)".formatted(refused.detail()));
    }
    if (isOfUnknownFormat()) {
      problems.add("the format file is missing or damaged: a mount sets the caches aside");
    }
    for (FileStateStore.Piece piece : pieces()) {
      if (!piece.problem().isEmpty()) {
        problems.add("warm state %s: %s".formatted(piece.name(), piece.problem()));
      }
    }
    for (Path orphan : orphans()) {
      problems.add("%s is left of a save that was cut off".formatted(orphan.getFileName()));
    }
    return problems;
  }

  /** What is worth knowing and not wrong, a line for each. */
  public List<String> notes() throws IOException {
    List<String> notes = new ArrayList<>();
    RunMark.read(directory)
        .ifPresent(run ->
            notes.add(
                "the last run (pid %d) did not end cleanly; the next mount keeps a record of it"
                    .formatted(run.pid())));
    for (Path entry : StateDirectory.entries(directory)) {
      if (entry.getFileName().toString().startsWith(StateDirectory.DAMAGED_PREFIX)) {
        notes.add("%s holds caches that were set aside".formatted(entry.getFileName()));
      }
    }
    return notes;
  }

  /**
   * Mends what {@link #problems} says, as far as that can be done without a loss of anything that a
   * mount would use; the journal stays as it is.
   *
   * @return what was done, a line for each step
   * @throws IOException if a step failed; those before it were done
   */
  public List<String> repair() throws IOException {
    List<String> done = new ArrayList<>();
    try {
      StateDirectory.requirePrivate(directory);
    } catch (StateDirectoryException wide) {
      if (Files.getAttribute(directory, "unix:uid")
          .equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        done.add("nobody else may enter the directory any more");
      }
    }
    if (isOfUnknownFormat()) {
      Path aside = StateDirectory.setAside(directory);
      done.add("the caches were set aside in %s".formatted(aside.getFileName()));
    }
    for (FileStateStore.Piece piece : pieces()) {
      Path file = stateFolder().resolve(piece.name() + FileStateStore.SUFFIX);
      if (!piece.problem().isEmpty() && !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
        Files.delete(file);
        done.add("removed the warm state %s".formatted(piece.name()));
      }
    }
    for (Path orphan : orphans()) {
      Files.delete(orphan);
      done.add("removed %s".formatted(orphan.getFileName()));
    }
    if (Files.isDirectory(stateFolder())) {
      AtomicFile.syncDirectory(stateFolder());
    }
    AtomicFile.syncDirectory(directory);
    return done;
  }

  @Override
  public void close() throws StateDirectoryException {
    if (lock != null) {
      try {
        lock.close();
      } catch (IOException failure) {
        throw StateDirectoryException.explained(directory, failure);
      }
    }
  }

  private boolean isOfUnknownFormat() throws IOException {
    FormatFile format = StateDirectory.readFormat(directory);
    return format instanceof FormatFile.Damaged
        || format == null && StateDirectory.hasCaches(directory);
  }

  private Path stateFolder() {
    return directory.resolve(StateDirectory.STATE);
  }

  private List<FileStateStore.Piece> pieces() throws IOException {
    return Files.isDirectory(stateFolder(), LinkOption.NOFOLLOW_LINKS)
        ? FileStateStore.inspect(stateFolder(), FileStateStore.PIECE_BYTES_MAX)
        : List.of();
  }

  /**
   * Files of saves that were cut off: nobody reads them, and the next save of each replaces them.
   */
  private List<Path> orphans() throws IOException {
    List<Path> orphans = new ArrayList<>();
    for (String name : StateDirectory.TEMPORARIES) {
      if (Files.isRegularFile(directory.resolve(name), LinkOption.NOFOLLOW_LINKS)) {
        orphans.add(directory.resolve(name));
      }
    }
    if (Files.isDirectory(stateFolder(), LinkOption.NOFOLLOW_LINKS)) {
      try (Stream<Path> files = Files.list(stateFolder())) {
        orphans.addAll(
            files
                .filter(file ->
                    file.toString().endsWith(FileStateStore.SUFFIX + AtomicFile.TEMPORARY_SUFFIX))
                .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                .sorted()
                .toList());
      }
    }
    return orphans;
  }
}
