package io.emberfs.persistence.ssd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Copies and lists the folders of databases that nobody has open. */
final class TestFolders {
  private TestFolders() {}

  static Path copy(Path source, Path target) throws IOException {
    Files.createDirectory(target);
    for (Path file : files(source)) {
      Files.copy(file, target.resolve(file.getFileName()));
    }
    return target;
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
    } catch (java.nio.file.NoSuchFileException gone) {
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
