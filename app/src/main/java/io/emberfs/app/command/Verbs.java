package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Reads the command line and runs the one verb that it names. Only that verb's object is built:
 * building all of them costs more than most of them take.
 */
public final class Verbs {
  private static final List<String> NAMES =
      List.of(
          "mount",
          "umount",
          "status",
          "stats",
          "drop",
          "flush",
          "resize",
          "pin",
          "unpin",
          "scrub",
          "gc",
          "fsck",
          "replay",
          "simulate");

  /** What the launcher does itself. */
  private static final List<String> NAMES_OF_LAUNCHER = List.of("demo", "bench", "test", "build");

  private static final int DISTANCE_MAX = 2;

  /** A name that differs in more than one of so many letters would be a guess. */
  private static final int LETTERS_PER_DIFFERENCE = 2;

  private final Console console;

  public Verbs(Console console) {
    this.console = console;
  }

  /** Runs {@code arguments} and prints what it has to say. The outermost catch of the process. */
  public ExitCode run(String... arguments) {
    try {
      return run(List.of(arguments));
    } catch (Refusal refusal) {
      console.err().println(refusal.text());
      return refusal.exitCode();
    } catch (IOException cause) {
      console
          .err()
          .println(
              new Refusal(
                      ExitCode.FAILED,
                      "cannot finish",
                      cause.toString(),
                      "nothing was lost; try again")
                  .text());
      return ExitCode.FAILED;
    }
  }

  private ExitCode run(List<String> arguments) throws Refusal, IOException {
    String name = arguments.isEmpty() ? "" : arguments.getFirst();
    Verb verb = verb(name);
    if (verb == null) {
      List<String> known = Stream.concat(NAMES.stream(), NAMES_OF_LAUNCHER.stream()).toList();
      throw new Refusal(
          ExitCode.USAGE,
          "cannot do " + name,
          "no such command",
          nearest(name, known).orElse("give one of " + String.join(", ", known)));
    }
    CommandLine commandLine = new CommandLine(verb);
    commandLine.setCommandName("emberfs " + name);
    List<String> rest = arguments.subList(1, arguments.size());
    if (rest.contains("--help") || rest.contains("-h")) {
      commandLine.usage(console.out(), Ansi.OFF);
      return ExitCode.OK;
    }
    try {
      List<String> written =
          name.equals("mount")
              ? MountOptions.writtenOut(rest, commandLine.getCommandSpec().optionsMap().keySet())
              : rest;
      commandLine.parseArgs(written.toArray(String[]::new));
    } catch (ParameterException wrong) {
      throw usage(name, wrong);
    }
    return verb.run(console);
  }

  private static @Nullable Verb verb(String name) {
    return switch (name) {
      case "mount" -> new MountVerb();
      case "umount" -> new UmountVerb();
      case "status" -> new StatusVerb();
      case "stats" -> new StatsVerb();
      case "drop" -> new DropVerb();
      case "flush" -> new FlushVerb();
      case "resize" -> new ResizeVerb();
      case "pin" -> new PinVerb();
      case "unpin" -> new UnpinVerb();
      case "scrub" -> new ScrubVerb();
      case "gc" -> new GcVerb();
      case "fsck" -> new FsckVerb();
      case "replay" -> new ReplayVerb();
      case "simulate" -> new SimulateVerb();
      default -> null;
    };
  }

  private static Refusal usage(String name, ParameterException wrong) {
    String fix = "emberfs " + name + " --help lists what there is";
    if (wrong instanceof UnmatchedArgumentException unmatched) {
      Set<String> options = wrong.getCommandLine().getCommandSpec().optionsMap().keySet();
      fix = nearest(unmatched.getUnmatched().getFirst(), options).orElse(fix);
    }
    String why = Objects.requireNonNullElse(wrong.getMessage(), "the options are wrong");
    return new Refusal(
        ExitCode.USAGE,
        "cannot " + name,
        why.substring(0, 1).toLowerCase(Locale.ROOT) + why.substring(1),
        fix);
  }

  /** A question for the name that differs least from what was typed, if any is near. */
  static Optional<String> nearest(String typed, Collection<String> names) {
    return names.stream()
        .filter(name ->
            distance(name, typed)
                <= Math.min(DISTANCE_MAX, letters(typed) / LETTERS_PER_DIFFERENCE))
        .min(Comparator.comparingInt(name -> distance(name, typed)))
        .map(name -> "did you mean " + name + "?");
  }

  /** Without the dashes of an option. */
  private static int letters(String typed) {
    return typed.replace("-", "").length();
  }

  /** Levenshtein distance. */
  private static int distance(String left, String right) {
    int[] row = new int[right.length() + 1];
    Arrays.setAll(row, column -> column);
    for (int i = 1; i <= left.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= right.length(); j++) {
        int substituted = diagonal + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[right.length()];
  }
}
