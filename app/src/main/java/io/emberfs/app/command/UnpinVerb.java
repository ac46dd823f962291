package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.control.ControlRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code unpin}: files leave a tier like all others again; nothing is dropped now. */
@Command(
    name = "unpin",
    description = "Keep files no longer: they leave when they are the ones to leave.",
    sortOptions = false)
final class UnpinVerb implements Verb {
  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  @Parameters(
      arity = "1..*",
      paramLabel = "PATH",
      description = "files in a mount, and directories with all pins below them")
  private List<Path> paths = new ArrayList<>();

  @Option(names = "--tier", paramLabel = "ram|ssd|all", description = "where (all)")
  private String tier = "all";

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    MountedPaths named = MountedPaths.of(paths, console);
    Map<String, Object> result =
        named.mount().ask(named.request(ControlRequest.UNPIN, Map.of("tier", tier)), TIMEOUT);
    long files = result.get("files") instanceof Number number ? number.longValue() : 0;
    long bytes = result.get("sizeBytes") instanceof Number number ? number.longValue() : 0;
    console
        .out()
        .println(
            "unpinned " + files + (files == 1 ? " file, " : " files, ") + ByteSize.format(bytes));
    return ExitCode.OK;
  }
}
