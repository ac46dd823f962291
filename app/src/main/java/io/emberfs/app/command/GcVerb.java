package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.config.TimeSpan;
import io.emberfs.app.control.Json;
import io.emberfs.persistence.state.KeptState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code gc}: removes state directories that no mount will ask for. Never one in use, and never one
 * with a journal. A backing that is not there may be a volume that is not mounted today, so what
 * belongs to it goes only when nobody has used it for a while.
 */
@Command(
    name = "gc",
    description = "Remove state directories of backings that are gone, or not used for long.",
    sortOptions = false)
final class GcVerb implements Verb {
  private static final Duration GONE_AGE = Duration.ofDays(7);

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "DIRECTORY",
      description = "where they lie (the cache home)")
  private @Nullable Path directory;

  @Option(
      names = "--older-than",
      paramLabel = "DURATION",
      description =
          "all that no mount has used for so long, such as 30d (of backings that are gone: 7d)")
  private @Nullable String olderThan;

  @Option(names = "--dry-run", description = "list them and remove nothing")
  private boolean dryRun;

  @Option(names = "--json", description = "print an array with one object a directory")
  private boolean json;

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    Path home =
        directory == null ? console.places().cacheHome() : console.directory().resolve(directory);
    Duration age = olderThan == null ? null : TimeSpan.parseAge("--older-than", olderThan);
    Instant now = Instant.now();
    List<Map<String, Object>> rows = new ArrayList<>();
    List<KeptState> unneeded = new ArrayList<>();
    for (KeptState state : kept(home)) {
      String reason = reason(state, age, now);
      if (!reason.isEmpty()) {
        unneeded.add(state);
        rows.add(row(state, reason, now));
      }
    }
    if (!json) {
      rows.forEach(row -> print(console, row));
    }
    boolean isDone = true;
    long freed = 0;
    for (int i = 0; i < unneeded.size(); i++) {
      String outcome = outcome(unneeded.get(i));
      rows.get(i).put("outcome", outcome);
      boolean isRemoved = outcome.equals("removed");
      isDone &= isRemoved || dryRun;
      freed += isRemoved ? unneeded.get(i).bytes() : 0;
      if (!json && !isRemoved && !dryRun) {
        console.out().println("kept " + unneeded.get(i).directory() + ": " + outcome);
      }
    }
    if (json) {
      console.out().println(Json.write(rows));
    } else if (unneeded.isEmpty()) {
      console.out().println("nothing to remove in " + home);
    } else if (!dryRun) {
      console.out().println("removed " + ByteSize.format(freed));
    }
    return isDone ? ExitCode.OK : ExitCode.FAILED;
  }

  private static List<KeptState> kept(Path home) throws IOException {
    List<KeptState> kept = new ArrayList<>();
    if (!Files.isDirectory(home)) {
      return kept;
    }
    try (Stream<Path> entries = Files.list(home)) {
      for (Path entry : entries.sorted().toList()) {
        KeptState.look(entry).ifPresent(kept::add);
      }
    }
    return kept;
  }

  /** Why nobody needs it; empty if somebody may. */
  private static String reason(KeptState state, @Nullable Duration age, Instant now)
      throws IOException {
    if (state.hasJournal() || state.isInUse()) {
      return "";
    }
    boolean isGone = Files.notExists(state.backing());
    Duration least = isGone && age == null ? GONE_AGE : age;
    if (least == null || state.lastUsed().plus(least).isAfter(now)) {
      return "";
    }
    return isGone ? "its backing is gone" : "not used for long";
  }

  private String outcome(KeptState state) {
    if (dryRun) {
      return "would be removed";
    }
    try {
      return switch (state.remove()) {
        case REMOVED -> "removed";
        case IN_USE -> "a mount has begun to use it";
        case HAS_JOURNAL -> "it holds what the backing may not have yet";
      };
    } catch (IOException failed) {
      return "it cannot be removed: " + failed.getMessage();
    }
  }

  private static Map<String, Object> row(KeptState state, String reason, Instant now) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("directory", state.directory().toString());
    row.put("backing", state.backing().toString());
    row.put("bytes", state.bytes());
    row.put("unusedSeconds", Math.max(0, Duration.between(state.lastUsed(), now).toSeconds()));
    row.put("reason", reason);
    return row;
  }

  private static void print(Console console, Map<String, Object> row) {
    Number bytes = (Number) row.get("bytes");
    console
        .out()
        .printf(
            Locale.ROOT,
            "%10s  %s  of  %s  (%s)%n",
            bytes == null ? "" : ByteSize.format(bytes.longValue()),
            row.get("directory"),
            row.get("backing"),
            row.get("reason"));
  }
}
