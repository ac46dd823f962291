package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.control.Json;
import io.emberfs.app.registry.MountPoints.Mount;
import io.emberfs.app.registry.MountRecord;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code status}: which mounts there are. */
@Command(name = "status", description = "List the mounts.", sortOptions = false)
final class StatusVerb implements Verb {
  /** Of a mount that another user made: only that user's files name its process. */
  private static final Long NO_PID = 0L;

  @Option(names = "--json", description = "print an array with one object a mount")
  private boolean json;

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    List<Map<String, Object>> mounts =
        console.mountPoints().all().stream().map(StatusVerb::row).toList();
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
      }
    }
    return ExitCode.OK;
  }

  private static boolean isKnown(Map<String, Object> row) {
    return !NO_PID.equals(row.get("pid"));
  }

  private static Map<String, Object> row(Mount mount) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("mountpoint", mount.mountPoint().toString());
    row.put("backing", mount.backing());
    row.put("pid", mount.known().map(known -> known.process().pid()).orElse(NO_PID));
    row.put("state", mount.state().name().toLowerCase(Locale.ROOT));
    row.put(
        "stateDirectory",
        mount.known().map(MountRecord::stateDirectory).map(Object::toString).orElse(""));
    return row;
  }
}
