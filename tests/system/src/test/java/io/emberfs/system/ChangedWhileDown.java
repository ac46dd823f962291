package io.emberfs.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The backing directory is changed in every way while nothing is mounted; then every file is read
 * through the next mount.
 */
final class ChangedWhileDown {
  private static final int FILE_SIZE = 300_000;

  private final Path backing;
  private final RandomGenerator random;

  ChangedWhileDown(Path backing, RandomGenerator random) {
    this.backing = backing;
    this.random = random;
  }

  /** Writes one file for each kind of change, and waits until they may be kept. */
  void makeFiles() throws IOException {
    for (ForeignChange change : ForeignChange.values()) {
      byte[] bytes = new byte[FILE_SIZE];
      random.nextBytes(bytes);
      Files.write(backing.resolve(change.name()), bytes);
    }
    Waiting.untilFilesAreOld();
  }

  void changeAll() throws IOException {
    for (ForeignChange change : ForeignChange.values()) {
      change.apply(backing.resolve(change.name()), random);
    }
  }

  /** The kinds of change whose file does not read as it is in the backing. */
  List<ForeignChange> wrongBytes(Mount mount) throws IOException {
    List<ForeignChange> wrong = new ArrayList<>();
    for (ForeignChange change : ForeignChange.values()) {
      byte[] seen = Files.readAllBytes(mount.path().resolve(change.name()));
      if (!Arrays.equals(seen, Files.readAllBytes(backing.resolve(change.name())))) {
        wrong.add(change);
      }
    }
    return wrong;
  }
}
