package io.emberfs.system;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program that is run to its end, within a bound. Its output goes through files and not through
 * pipes: a daemon that it leaves behind could hold a pipe open for ever.
 */
final class Program {
  private static final Duration BOUND = Duration.ofSeconds(120);

  private final List<String> command;
  private final Map<String, String> environment = new HashMap<>();
  private Path directory = Path.of("/");
  private Duration bound = BOUND;

  private Program(List<String> command) {
    this.command = List.copyOf(command);
  }

  static Program of(String... command) {
    return new Program(Arrays.asList(command));
  }

  static Program of(List<String> command) {
    return new Program(command);
  }

  /** A class with a main method, in a JVM of its own with the class path of this one. */
  static Program java(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>(javaCommand());
    command.add(main.getName());
    command.addAll(Arrays.asList(arguments));
    return new Program(command);
  }

  /** What starts a JVM with the class path of this one; the main class and its arguments follow. */
  static List<String> javaCommand() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xmx192m",
        "-XX:-UsePerfData",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
  }

  Program in(Path place) {
    directory = place;
    return this;
  }

  Program with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  Program within(Duration most) {
    bound = most;
    return this;
  }

  /**
   * Runs it.
   *
   * @throws AssertionError if it does not end within the bound; it is killed then
   */
  Outcome run() throws IOException, InterruptedException {
    Path out = Files.createTempFile("emberfs-system-", ".out");
    Path err = Files.createTempFile("emberfs-system-", ".err");
    try {
      Process process = start(out, err);
      if (!process.waitFor(bound.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(
            "%s did not end within %s%n%s%n%s".formatted(command, bound, text(out), text(err)));
      }
      return new Outcome(command, process.exitValue(), text(out), text(err));
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }

  /** Starts it and returns at once. */
  Process start(Path out, Path err) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(new File("/dev/null"))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Runs a command that has to succeed and returns what it printed. */
  static String succeed(String... command) throws IOException, InterruptedException {
    return of(command).run().succeeded().out();
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }

  /** How a program ended. */
  record Outcome(List<String> command, int exitCode, String out, String err) {
    Outcome succeeded() {
      if (exitCode != 0) {
        throw new AssertionError("%s ended with %d%n%s%n%s".formatted(command, exitCode, out, err));
      }
      return this;
    }
  }
}
