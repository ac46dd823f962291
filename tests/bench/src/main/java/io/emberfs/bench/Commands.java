package io.emberfs.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs and reads what they print. */
final class Commands {
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  private Commands() {}

  /** Runs a program that must succeed, and returns its standard output. */
  static String output(List<String> command) throws IOException {
    Outcome outcome = run(command);
    if (outcome.exitCode() != 0) {
      throw new IOException(
          String.join(" ", command)
              + " ended with "
              + outcome.exitCode()
              + ": "
              + outcome.messages());
    }
    return outcome.output();
  }

  /** Runs a program that must succeed, and returns its standard output. */
  static String output(String... command) throws IOException {
    return output(List.of(command));
  }

  /** Runs a program to its end. */
  static Outcome run(List<String> command) throws IOException {
    Path output = Files.createTempFile("emberfs-bench", ".out");
    Path messages = Files.createTempFile("emberfs-bench", ".err");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(output.toFile())
              .redirectError(messages.toFile())
              .start();
      int exitCode = await(process, command);
      return new Outcome(
          exitCode,
          Files.readString(output, StandardCharsets.ISO_8859_1).strip(),
          Files.readString(messages, StandardCharsets.ISO_8859_1).strip());
    } finally {
      Files.deleteIfExists(output);
      Files.deleteIfExists(messages);
    }
  }

  private static int await(Process process, List<String> command) throws IOException {
    try {
      if (!process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IOException(
            String.join(" ", command) + " did not end within " + TIMEOUT.toMinutes() + " minutes");
      }
      return process.exitValue();
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + command.getFirst() + " ran", interrupt);
    } finally {
      process.destroy();
    }
  }

  /**
   * How a program ended.
   *
   * @param exitCode 0 for success
   * @param output standard output
   * @param messages standard error
   */
  record Outcome(int exitCode, String output, String messages) {}
}
