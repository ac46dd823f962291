package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.config.MachineMemory;
import io.emberfs.app.config.SystemMemory;
import io.emberfs.app.control.ControlRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code resize}: changes the budgets of a mount that serves. */
@Command(name = "resize", description = "Change the budgets of a mount.", sortOptions = false)
final class ResizeVerb implements Verb {
  private static final String OFF = "off";

  /** Making room on an SSD takes a while. */
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  @Parameters(index = "0", paramLabel = "MOUNTPOINT")
  private Path mountPoint = Path.of("");

  @Option(
      names = "--ram",
      paramLabel = "SIZE",
      description = "RAM tier: a size, a share or off; at most --ram-max of the mount")
  private @Nullable String ram;

  @Option(
      names = "--ssd",
      paramLabel = "SIZE",
      description = "SSD tier: a size or off; at most --ssd of the mount")
  private @Nullable String ssd;

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    Map<String, Long> wanted = wanted();
    Map<String, String> options = new LinkedHashMap<>();
    wanted.forEach((tier, bytes) -> options.put(tier, "" + bytes));
    Map<String, Object> before =
        LiveMount.of(mountPoint, console)
            .ask(new ControlRequest(ControlRequest.RESIZE, options), TIMEOUT);
    wanted.forEach((tier, bytes) -> {
      long old = before.get(tier) instanceof Number number ? number.longValue() : 0;
      console.out().println(tier + " " + budget(old) + " -> " + budget(bytes));
    });
    return ExitCode.OK;
  }

  private Map<String, Long> wanted() throws Refusal, IOException {
    Map<String, Long> wanted = new LinkedHashMap<>();
    if (ram != null) {
      long available = MachineMemory.of(new SystemMemory()).availableBytes();
      wanted.put("ram", ram.equals(OFF) ? 0 : ByteSize.parseOrShare("--ram", ram, available));
    }
    if (ssd != null) {
      wanted.put("ssd", ssd.equals(OFF) ? 0 : ByteSize.parse("--ssd", ssd));
    }
    if (wanted.isEmpty()) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot resize " + mountPoint,
          "no size is given",
          "give --ram SIZE, --ssd SIZE, or both");
    }
    return wanted;
  }

  private static String budget(long bytes) {
    return bytes == 0 ? OFF : ByteSize.format(bytes);
  }
}
