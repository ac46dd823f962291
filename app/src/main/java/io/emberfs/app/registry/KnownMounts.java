package io.emberfs.app.registry;

import io.emberfs.app.config.Places;
import io.emberfs.app.control.Json;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One small file for each mount, so that commands find its daemon. Written whole and renamed into
 * place. Who forgets a mount that has gone may be late, and a new mount of that place be there:
 * changes are made under a lock, and a record is removed only by who names it.
 */
public final class KnownMounts {
  private static final String SUFFIX = ".json";
  private static final String LOCK = "lock";

  /** Within a process; a lock on a file is one between processes. */
  private static final Object CHANGES = new Object();

  private final Path directory;

  /**
   * @param directory 0700, may be missing as long as nothing is added
   */
  public KnownMounts(Path directory) {
    this.directory = directory;
  }

  /** The record of a mount point, if there is one that can be read. */
  public Optional<MountRecord> find(Path mountPoint) throws IOException {
    return read(file(mountPoint)).filter(known -> known.mountPoint().equals(mountPoint));
  }

  /** All records that can be read. */
  public List<MountRecord> all() throws IOException {
    List<MountRecord> records = new ArrayList<>();
    // In a directory of somebody else a record could name any process and any socket.
    if (!Files.isDirectory(directory) || !Places.isOwn(directory)) {
      return records;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      for (Path file : files) {
        read(file).ifPresent(records::add);
      }
    }
    return records;
  }

  /** Writes a record down, in place of an older one of the same mount point. */
  public void add(MountRecord mount) throws IOException {
    Optional<MountRecord> old = changing(() -> replace(mount));
    if (old.isPresent() && !old.get().socket().equals(mount.socket())) {
      Files.deleteIfExists(old.get().socket());
    }
  }

  /** Returns the record that was there. */
  private Optional<MountRecord> replace(MountRecord mount) throws IOException {
    Path target = file(mount.mountPoint());
    Path draft =
        Files.createTempFile(
            directory,
            "draft",
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Optional<MountRecord> old = find(mount.mountPoint());
      Files.writeString(draft, Json.write(mount.toMap()) + "\n");
      Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
      return old;
    } catch (AtomicMoveNotSupportedException cause) {
      throw new IOException(directory + " cannot rename a file", cause);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /** Forgets a mount and its socket; a later one of the same mount point stays. */
  public void remove(MountRecord mount) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    changing(() -> {
      Path file = file(mount.mountPoint());
      return read(file).filter(mount::equals).isPresent() && Files.deleteIfExists(file);
    });
    Files.deleteIfExists(mount.socket());
  }

  private <T> T changing(Change<T> change) throws IOException {
    synchronized (CHANGES) {
      try (FileChannel channel =
              FileChannel.open(
                  directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock _ = channel.lock()) {
        return change.make();
      }
    }
  }

  /** Changes the files. */
  @FunctionalInterface
  private interface Change<T> {
    T make() throws IOException;
  }

  private Path file(Path mountPoint) {
    return directory.resolve(Places.id(mountPoint) + SUFFIX);
  }

  private static Optional<MountRecord> read(Path file) throws IOException {
    try {
      // A file that a hand has damaged names no mount; the kernel's table still does.
      return Json.read(Files.readString(file)) instanceof Map<?, ?> map
          ? MountRecord.of(map)
          : Optional.empty();
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    }
  }
}
