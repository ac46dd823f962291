package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.TimeSpan;
import io.emberfs.app.control.ControlRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code flush}: everything that was written until now is in the backing when it returns. */
@Command(
    name = "flush",
    description = "Bring everything written so far to the backing.",
    sortOptions = false)
final class FlushVerb implements Verb {
  @Parameters(index = "0", paramLabel = "MOUNTPOINT")
  private Path mountPoint = Path.of("");

  @Option(names = "--timeout", paramLabel = "DURATION", description = "how long to wait (60s)")
  private String timeout = "60s";

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    Duration timeoutMax = TimeSpan.parse("--timeout", timeout);
    Map<String, Object> result =
        LiveMount.of(mountPoint, console)
            .ask(
                new ControlRequest(
                    ControlRequest.FLUSH, Map.of("timeoutMillis", "" + timeoutMax.toMillis())),
                timeoutMax);
    console.out().println("flushed " + result.get("files") + " files: all is in the backing");
    return ExitCode.OK;
  }
}
