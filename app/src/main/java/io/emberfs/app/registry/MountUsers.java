package io.emberfs.app.registry;

import io.emberfs.ffi.MountTable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Who keeps a mount in use: processes with an open file, a working directory or a mapped file on
 * it, and mounts below it. Read from {@code /proc}, which asks the mount itself nothing; a user
 * without root sees its own processes only.
 */
public final class MountUsers {
  /** Enough to act on; a machine may have thousands. */
  private static final int NAMED_MAX = 5;

  private static final Path PROCESSES = Path.of("/proc");

  private MountUsers() {}

  /**
   * Phrases such as {@code bash (pid 812) works in /data/x}, at most {@value #NAMED_MAX}; none if
   * nobody is seen.
   *
   * @param mountPoint canonical
   */
  public static List<String> of(Path mountPoint) throws IOException {
    List<String> users = new ArrayList<>();
    for (MountTable.Mount mount : MountTable.read().mounts()) {
      Path place = Path.of(mount.mountPoint());
      if (users.size() < NAMED_MAX && place.startsWith(mountPoint) && !place.equals(mountPoint)) {
        users.add(mount.type() + " is mounted on " + place);
      }
    }
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROCESSES, "[0-9]*")) {
      for (Path process : processes) {
        if (users.size() == NAMED_MAX) {
          break;
        }
        use(process, mountPoint).ifPresent(users::add);
      }
    }
    return users;
  }

  /** One phrase a process, the first thing that is found. */
  private static Optional<String> use(Path process, Path mountPoint) {
    Optional<String> use = link(process.resolve("cwd"), mountPoint).map(path -> "works in " + path);
    if (use.isEmpty()) {
      use = openFile(process, mountPoint).map(path -> "has " + path + " open");
    }
    if (use.isEmpty()) {
      use = mappedFile(process, mountPoint).map(path -> "has " + path + " mapped");
    }
    return use.map(what -> name(process) + " (pid " + process.getFileName() + ") " + what);
  }

  private static Optional<String> openFile(Path process, Path mountPoint) {
    try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
      return descriptors.flatMap(each -> link(each, mountPoint).stream()).findFirst();
    } catch (IOException notOurs) {
      // It has ended, or belongs to another user.
      return Optional.empty();
    }
  }

  /** The program itself is mapped too. */
  private static Optional<String> mappedFile(Path process, Path mountPoint) {
    try (Stream<String> lines = Files.lines(process.resolve("maps"))) {
      return lines
          .filter(line -> line.indexOf('/') >= 0)
          .map(line -> line.substring(line.indexOf('/')))
          .filter(path -> Path.of(path).startsWith(mountPoint))
          .findFirst();
    } catch (IOException | java.io.UncheckedIOException notOurs) {
      return Optional.empty();
    }
  }

  /** What a link of {@code /proc} shows, if that lies on the mount; it is not followed. */
  private static Optional<String> link(Path link, Path mountPoint) {
    try {
      Path target = Files.readSymbolicLink(link);
      return target.startsWith(mountPoint) ? Optional.of(target.toString()) : Optional.empty();
    } catch (IOException notOurs) {
      return Optional.empty();
    }
  }

  private static String name(Path process) {
    try {
      return Files.readString(process.resolve("comm")).strip();
    } catch (IOException gone) {
      return "a program";
    }
  }
}
