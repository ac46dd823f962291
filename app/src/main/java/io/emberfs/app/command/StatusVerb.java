package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.control.ControlRequest;
import io.emberfs.app.control.Json;
import io.emberfs.app.registry.MountPoints.Mount;
import io.emberfs.app.registry.MountPoints.State;
import io.emberfs.app.registry.MountRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code status}: which mounts there are, and what does not work in them. */
@Command(name = "status", description = "List the mounts.", sortOptions = false)
final class StatusVerb implements Verb {
  /** Of a mount that another user made: only that user's files name its process. */
  private static final Long NO_PID = 0L;

  private static final String TROUBLES = "troubles";
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  @Option(names = "--json", description = "print an array with one object a mount")
  private boolean json;

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    List<Map<String, Object>> mounts = new ArrayList<>();
    for (Mount mount : console.mountPoints().all()) {
      mounts.add(row(mount));
    }
    if (json) {
      console.out().println(Json.write(mounts));
    } else if (mounts.isEmpty()) {
      console.out().println("no mounts");
    } else {
      for (Map<String, Object> mount : mounts) {
        console
            .out()
            .printf(
                "%-5s %7s  %s  on  %s%s%n",
                mount.get("state"),
                isKnown(mount) ? mount.get("pid") : "-",
                mount.get("backing"),
                mount.get("mountpoint"),
                isKnown(mount) ? "" : "  (another user's)");
        if (mount.get(TROUBLES) instanceof List<?> troubles) {
          troubles.forEach(trouble -> console.out().println("      trouble: " + trouble));
        }
      }
    }
    return ExitCode.OK;
  }

  private static boolean isKnown(Map<String, Object> row) {
    return !NO_PID.equals(row.get("pid"));
  }

  /** What the daemon says; one that cannot be asked is in trouble itself. */
  private static List<String> troubles(Mount mount) throws IOException {
    if (mount.state() != State.LIVE || mount.known().isEmpty()) {
      return List.of();
    }
    try {
      Object told =
          LiveMount.of(mount).ask(ControlRequest.of(ControlRequest.STATUS), TIMEOUT).get(TROUBLES);
      return told instanceof List<?> each ? each.stream().map(String::valueOf).toList() : List.of();
    } catch (Refusal refusal) {
      // A daemon of an older build does not know the question.
      return refusal.exitCode() == ExitCode.USAGE ? List.of() : List.of(refusal.why());
    }
  }

  private static Map<String, Object> row(Mount mount) throws IOException {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("mountpoint", mount.mountPoint().toString());
    row.put("backing", mount.backing());
    row.put("pid", mount.known().map(known -> known.process().pid()).orElse(NO_PID));
    row.put("state", mount.state().name().toLowerCase(Locale.ROOT));
    row.put(
        "stateDirectory",
        mount.known().map(MountRecord::stateDirectory).map(Object::toString).orElse(""));
    row.put(TROUBLES, troubles(mount));
    return row;
  }
}
