package io.emberfs.persistence.state;

import io.emberfs.persistence.journal.JournalScan;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * A state directory as it lies on disk, looked at from outside: nothing in it is opened or changed
 * until it is removed.
 *
 * @param directory where it lies
 * @param backing what it belongs to
 * @param bytes of its files
 * @param lastUsed when a mount last began or saved something
 * @param hasJournal whether it holds records that the backing may not have yet
 */
public record KeptState(
    Path directory, Path backing, long bytes, Instant lastUsed, boolean hasJournal) {

  /** What became of a removal. */
  public enum Removal {
    REMOVED,
    /** A daemon has it. */
    IN_USE,
    /** It holds what the backing may not have yet. */
    HAS_JOURNAL
  }

  /**
   * Looks at a directory; empty if it is no state directory of this user, private to it, of this
   * format.
   *
   * @throws IOException if it cannot be read
   */
  public static Optional<KeptState> look(Path directory) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
        || !StateDirectory.isPrivate(directory)
        || !Files.isRegularFile(directory.resolve(StateDirectory.LOCK), LinkOption.NOFOLLOW_LINKS)
        || !(StateDirectory.readFormat(directory) instanceof FormatFile.Known known)) {
      return Optional.empty();
    }
    Sum sum = new Sum();
    Files.walkFileTree(directory, sum);
    return Optional.of(
        new KeptState(
            directory, Path.of(known.backing()), sum.bytes, sum.newest, hasJournal(directory)));
  }

  /** Whether a daemon has it now. */
  public boolean isInUse() throws IOException {
    try (FileChannel lock = openLock()) {
      return !isLocked(lock);
    }
  }

  /**
   * Deletes it, with its lock held and following no link, unless it is in use or has a journal. The
   * format goes first: what a kill leaves is no state directory with a part missing.
   *
   * @throws IOException if something cannot be deleted
   */
  public Removal remove() throws IOException {
    try (FileChannel lock = openLock()) {
      if (!isLocked(lock)) {
        return Removal.IN_USE;
      }
      // Asked again, for a daemon may have been here since.
      if (hasJournal(directory)) {
        return Removal.HAS_JOURNAL;
      }
      Files.deleteIfExists(directory.resolve(StateDirectory.FORMAT));
      Files.walkFileTree(directory, new Deletion());
      return Removal.REMOVED;
    }
  }

  private FileChannel openLock() throws IOException {
    return FileChannel.open(
        directory.resolve(StateDirectory.LOCK),
        Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
  }

  private static boolean isLocked(FileChannel lock) throws IOException {
    try {
      return lock.tryLock() != null;
    } catch (OverlappingFileLockException heldByThisProcess) {
      return false;
    }
  }

  private static boolean hasJournal(Path directory) throws IOException {
    return JournalScan.holdsRecords(StateDirectory.journalOf(directory));
  }

  /** Bytes of all files, and the newest change of one. */
  private static final class Sum extends SimpleFileVisitor<Path> {
    private long bytes;
    private Instant newest = Instant.EPOCH;

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      bytes += attributes.size();
      FileTime changed = attributes.lastModifiedTime();
      newest = changed.toInstant().isAfter(newest) ? changed.toInstant() : newest;
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException vanished) {
      return FileVisitResult.CONTINUE; // a daemon deletes files while we look
    }
  }

  /** Deletes a tree and what it stands in. */
  private static final class Deletion extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.delete(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(
        Path visited, @org.jspecify.annotations.Nullable IOException failure) throws IOException {
      if (failure != null) {
        throw failure;
      }
      Files.delete(visited);
      return FileVisitResult.CONTINUE;
    }
  }
}
