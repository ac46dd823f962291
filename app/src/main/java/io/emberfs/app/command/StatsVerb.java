package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.control.ControlRequest;
import io.emberfs.app.control.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code stats}: every number of one mount. */
@Command(name = "stats", description = "Show every number of a mount.", sortOptions = false)
final class StatsVerb implements Verb {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  @Parameters(index = "0", paramLabel = "MOUNTPOINT")
  private Path mountPoint = Path.of("");

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    Map<String, Object> stats =
        LiveMount.of(mountPoint, console).ask(ControlRequest.of(ControlRequest.STATS), TIMEOUT);
    if (json) {
      console.out().println(Json.write(stats));
    } else {
      print(console.out(), "", stats);
    }
    return ExitCode.OK;
  }

  private static void print(PrintStream out, String prefix, Map<?, ?> branch) {
    branch.forEach((name, value) -> {
      if (value instanceof Map<?, ?> inner) {
        print(out, prefix + name + ".", inner);
      } else {
        out.printf("%-36s %20s%n", prefix + name, value);
      }
    });
  }
}
