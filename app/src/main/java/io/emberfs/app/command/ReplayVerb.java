package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.control.Json;
import io.emberfs.app.daemon.StateDirectoryRefusals;
import io.emberfs.app.registry.MountPoints.Mount;
import io.emberfs.app.registry.MountRecord;
import io.emberfs.persistence.state.Run;
import io.emberfs.persistence.state.StartRecord;
import io.emberfs.persistence.state.StartRecords;
import io.emberfs.persistence.state.StateDirectoryException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code replay}: what the starts after an unclean end found. Reads the state directory, whether a
 * daemon has it or not.
 */
@Command(
    name = "replay",
    description = "Show what the starts after a crash found: replay list, or replay show ID.",
    sortOptions = false)
final class ReplayVerb implements Verb {
  private static final String LIST = "list";
  private static final String SHOW = "show";

  /** The line of a record that says most in short. */
  private static final String SSD_BLOCKS = "ssdBlocks";

  @Parameters(index = "0", paramLabel = "list|show", description = "all in short, or one whole")
  private String action = "";

  @Parameters(
      index = "1..*",
      paramLabel = "[ID] [MOUNTPOINT]",
      description = "which record, for show; and of which mount, where there are several")
  private List<String> arguments = new ArrayList<>();

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description = "of a mount that is not there now")
  private @Nullable Path stateDirectory;

  @Option(names = "--json", description = "print the records as JSON")
  private boolean json;

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    boolean isShow = action.equals(SHOW);
    if (!isShow && !action.equals(LIST)) {
      throw usage("there is no " + action, "give list, or show and the id of a record");
    }
    int wanted = isShow ? 1 : 0;
    if (arguments.size() < wanted) {
      throw usage("show needs the id of a record", "emberfs replay list shows the ids");
    }
    long id = isShow ? id(arguments.getFirst()) : 0;
    Path directory = directory(arguments.subList(wanted, arguments.size()), console);
    StartRecords found = look(directory);
    if (found.isDamaged()) {
      console
          .err()
          .println(
              "emberfs: the records in "
                  + directory
                  + " are damaged and cannot be shown; those to come begin anew");
    }
    if (isShow) {
      show(found, id, directory, console.out());
    } else {
      list(found.records(), directory, console.out());
    }
    return ExitCode.OK;
  }

  private Path directory(List<String> given, Console console) throws Refusal, IOException {
    if (given.size() + (stateDirectory == null ? 0 : 1) > 1) {
      throw usage(
          "more than one place is given", "give one mount point, or --state-dir, or neither");
    }
    if (stateDirectory != null) {
      return console.directory().resolve(stateDirectory);
    }
    if (!given.isEmpty()) {
      return known(LiveMount.named(Path.of(given.getFirst()), console)).stateDirectory();
    }
    List<Mount> mounts = console.mountPoints().all();
    if (mounts.size() != 1) {
      throw usage(
          "there are %d mounts, and none was named".formatted(mounts.size()),
          "give a mount point, or --state-dir");
    }
    return known(mounts.getFirst()).stateDirectory();
  }

  /** A dead mount has its record too. */
  private static MountRecord known(Mount mount) throws Refusal {
    return LiveMount.of(mount).known();
  }

  private StartRecords look(Path directory) throws Refusal {
    try {
      return StartRecords.look(directory);
    } catch (StateDirectoryException failed) {
      throw StateDirectoryRefusals.ofLook("cannot " + action + " replays", failed);
    }
  }

  private static long id(String text) throws Refusal {
    if (!text.matches("[0-9]{1,18}")) {
      throw usage(text + " is not an id", "emberfs replay list shows the ids");
    }
    return Long.parseLong(text);
  }

  private static Refusal usage(String why, String fix) {
    return new Refusal(ExitCode.USAGE, "cannot replay", why, fix);
  }

  private void list(List<StartRecord> records, Path directory, PrintStream out) {
    if (json) {
      out.println(Json.write(records.stream().map(ReplayVerb::asMap).toList()));
    } else if (records.isEmpty()) {
      out.println("no start after an unclean end is recorded in " + directory);
    } else {
      out.printf(
          "%5s  %-24s  %-24s  %10s  %10s%n",
          "id", "lost run began", "start", "answered", "ssd blocks");
      for (StartRecord record : records) {
        out.printf(
            "%5d  %-24s  %-24s  %10s  %10s%n",
            record.id(),
            time(record.lost()),
            time(record.run()),
            answer(record),
            record.found().getOrDefault(SSD_BLOCKS, "-"));
      }
    }
  }

  private void show(StartRecords found, long id, Path directory, PrintStream out) throws Refusal {
    Optional<StartRecord> wanted =
        found.records().stream().filter(record -> record.id() == id).findFirst();
    StartRecord record =
        wanted.orElseThrow(() ->
            new Refusal(
                ExitCode.FAILED,
                "cannot show replay " + id,
                "there is no record of that id in " + directory,
                "emberfs replay list shows the ids; the last "
                    + StartRecords.RECORDS_MAX
                    + " are kept"));
    if (json) {
      out.println(Json.write(asMap(record)));
      return;
    }
    out.printf("start %d, after a run that did not end cleanly%n", id);
    out.printf("%-22s %s%n", "lost run", text(record.lost()));
    out.printf("%-22s %s%n", "this start", text(record.run()));
    out.printf("%-22s %s%n", "answered after", answer(record));
    record.found().forEach((name, value) -> out.printf("%-22s %s%n", name, value));
  }

  private static String text(Run run) {
    return run.pid() == 0
        ? "unknown"
        : "%s (pid %d, emberfs %s)".formatted(time(run), run.pid(), run.version());
  }

  private static String time(Run run) {
    return run.beganMillis() == 0 ? "unknown" : Instant.ofEpochMilli(run.beganMillis()).toString();
  }

  private static String answer(StartRecord record) {
    return record.answerMillis() == StartRecord.NOT_ANSWERED
        ? "never"
        : record.answerMillis() + " ms";
  }

  private static Map<String, Object> asMap(StartRecord record) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("id", record.id());
    map.put("lostRun", asMap(record.lost()));
    map.put("start", asMap(record.run()));
    map.put("answerMillis", record.answerMillis());
    map.put("found", record.found());
    return map;
  }

  private static Map<String, Object> asMap(Run run) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("beganMillis", run.beganMillis());
    map.put("pid", run.pid());
    map.put("version", run.version());
    return map;
  }
}
