package io.emberfs.system;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The shell scripts beside the tests, which anybody can also run by hand. */
final class Scripts {
  private static final String SUFFIX = ".sh";

  private Scripts() {}

  /** Names of the scripts in a folder, without their suffix, in order. */
  static List<String> in(String folder) throws IOException {
    try (Stream<Path> files = Files.list(folder(folder))) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.endsWith(SUFFIX))
          .map(name -> name.substring(0, name.length() - SUFFIX.length()))
          .sorted()
          .toList();
    }
  }

  /** The file of one script. */
  static Path file(String folder, String name) {
    return folder(folder).resolve(name + SUFFIX);
  }

  private static Path folder(String folder) {
    URL url = Objects.requireNonNull(Scripts.class.getResource("/" + folder), folder);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException cause) {
      throw new AssertionError(url + " is no file", cause);
    }
  }
}
