package io.emberfs.app.registry;

import io.emberfs.app.config.Places;
import io.emberfs.app.control.Json;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One small file for each mount, so that commands find its daemon. Written whole and renamed into
 * place.
 */
public final class KnownMounts {
  private static final String SUFFIX = ".json";

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
    Path target = file(mount.mountPoint());
    Path draft =
        Files.createTempFile(
            directory,
            "draft",
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      Files.writeString(draft, Json.write(mount.toMap()) + "\n");
      Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException cause) {
      throw new IOException(directory + " cannot rename a file", cause);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /** Forgets a mount point. */
  public void remove(Path mountPoint) throws IOException {
    Files.deleteIfExists(file(mountPoint));
  }

  private Path file(Path mountPoint) {
    return directory.resolve(Places.id(mountPoint) + SUFFIX);
  }

  private static Optional<MountRecord> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    // A file that a hand has damaged names no mount; the kernel's table still does.
    return Json.read(Files.readString(file)) instanceof Map<?, ?> map
        ? MountRecord.of(map)
        : Optional.empty();
  }
}
