package io.emberfs.persistence.ssd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Copies and lists the folders of databases. */
final class TestFolders {
  private TestFolders() {}

  /**
   * Copies a folder as a kill would leave it. A database that is open compacts and deletes behind
   * its callers: a copy during which a file came, went or grew is no moment of it, and is made
   * again.
   */
  static Path copy(Path source, Path target) throws IOException {
    while (true) {
      Files.createDirectory(target);
      Map<Path, Long> before = sizes(source);
      boolean isWhole = true;
      for (Path file : before.keySet()) {
        try {
          Files.copy(file, target.resolve(file.getFileName()));
        } catch (NoSuchFileException deletedMeanwhile) {
          isWhole = false;
        }
      }
      if (isWhole && sizes(source).equals(before)) {
        return target;
      }
      delete(target);
    }
  }

  private static Map<Path, Long> sizes(Path directory) throws IOException {
    Map<Path, Long> sizes = new TreeMap<>();
    for (Path file : files(directory)) {
      sizes.put(file, size(file));
    }
    return sizes;
  }

  static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  static long bytes(Path directory) throws IOException {
    long sum = 0;
    for (Path file : files(directory)) {
      sum += size(file);
    }
    return sum;
  }

  // A file may be deleted between the listing and the look.
  private static long size(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException gone) {
      return 0;
    }
  }

  static void delete(Path directory) throws IOException {
    for (Path file : files(directory)) {
      Files.delete(file);
    }
    Files.delete(directory);
  }
}
