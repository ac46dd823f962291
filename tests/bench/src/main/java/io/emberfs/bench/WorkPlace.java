package io.emberfs.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A temporary directory in which everything happens, with all that was mounted, attached or grouped
 * there: taken away at the end, at a signal, and by the next run if this one is killed.
 */
final class WorkPlace implements AutoCloseable {
  private static final String PREFIX = "emberfs-work-";

  private final Path launcher;
  private final Path directory;
  private final Thread atExit = new Thread(this::clear, "cleanup");

  private WorkPlace(Path launcher, Path directory) {
    this.launcher = launcher;
    this.directory = directory;
  }

  /** Removes what dead runs left and makes a new one below {@code parent}. */
  static WorkPlace open(Path launcher, Path parent) throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(parent, PREFIX + "*")) {
      for (Path directory : left) {
        if (ProcessHandle.of(ownerOf(directory)).isEmpty()) {
          new WorkPlace(launcher, directory).clear();
        }
      }
    }
    Path directory =
        Files.createDirectory(
            parent.resolve(PREFIX + ProcessHandle.current().pid()),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    WorkPlace place = new WorkPlace(launcher, directory);
    Runtime.getRuntime().addShutdownHook(place.atExit);
    return place;
  }

  private static long ownerOf(Path directory) {
    String number = directory.getFileName().toString().substring(PREFIX.length());
    return number.matches("[0-9]{1,18}") ? Long.parseLong(number) : ProcessHandle.current().pid();
  }

  /** A path in the work place. */
  Path resolve(String name) {
    return directory.resolve(name);
  }

  /** The name of this place, for things that live elsewhere. */
  String name() {
    return directory.getFileName().toString();
  }

  Path launcher() {
    return launcher;
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(atExit);
    clear();
  }

  private synchronized void clear() {
    try {
      for (Path mountPoint : mountsBelow()) {
        Commands.run(List.of(launcher.toString(), "umount", mountPoint.toString(), "--force"));
        Commands.run(List.of("umount", "--lazy", mountPoint.toString()));
        Commands.run(List.of("fusermount3", "-u", "-z", mountPoint.toString()));
      }
      LoopVolume.detachAll(directory);
      ThrottledVolume.removeGroup(name());
      MemoryGroup.remove(name());
      removeTree();
    } catch (IOException cause) {
      throw new UncheckedIOException("cannot clear " + directory, cause);
    }
  }

  /** The innermost first. */
  private List<Path> mountsBelow() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
      return lines
          .map(line -> Path.of(line.split(" ")[4]))
          .filter(path -> path.startsWith(directory))
          .toList()
          .reversed();
    }
  }

  private void removeTree() throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
