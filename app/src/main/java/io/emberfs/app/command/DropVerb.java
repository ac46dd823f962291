package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.control.ControlRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code drop}: empties tiers; what is newer than the backing is never dropped. */
@Command(name = "drop", description = "Empty tiers of a mount.", sortOptions = false)
final class DropVerb implements Verb {
  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  @Parameters(index = "0", paramLabel = "MOUNTPOINT")
  private Path mountPoint = Path.of("");

  @Option(names = "--tier", paramLabel = "ram|vram|ssd|all", description = "which (all)")
  private String tier = "all";

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    Map<String, Object> result =
        LiveMount.of(mountPoint, console)
            .ask(new ControlRequest(ControlRequest.DROP, Map.of("tier", tier)), TIMEOUT);
    long bytes = result.get("droppedBytes") instanceof Number dropped ? dropped.longValue() : 0;
    console.out().println("dropped " + ByteSize.format(bytes) + " from " + tier);
    return ExitCode.OK;
  }
}
