package io.emberfs.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The product as a user meets it: the launcher at the root of the repository. */
final class Emberfs {
  private static final Duration BOUND = Duration.ofMinutes(5);
  private static final Path LAUNCHER = launcher();

  private Emberfs() {}

  /** Runs {@code ./emberfs} with these arguments; the first call may have to build. */
  static Program.Outcome run(String... arguments) throws IOException, InterruptedException {
    return run(Arrays.asList(arguments));
  }

  static Program.Outcome run(List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
    command.addAll(arguments);
    return Program.of(command).within(BOUND).run();
  }

  /** Starts it and returns at once; nobody waits for it, and what it prints is lost. */
  static Process start(List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
    command.addAll(arguments);
    Path nowhere = Path.of("/dev/null");
    return Program.of(command).start(nowhere, nowhere);
  }

  /** Where the launcher lies, for a test that starts it in a place of its own. */
  static String launcherPath() {
    return LAUNCHER.toString();
  }

  private static Path launcher() {
    Path directory = Path.of("").toAbsolutePath();
    while (directory != null) {
      Path candidate = directory.resolve("emberfs");
      if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
        return candidate;
      }
      directory = directory.getParent();
    }
    throw new AssertionError("no launcher named emberfs above " + Path.of("").toAbsolutePath());
  }
}
