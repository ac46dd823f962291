package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.control.ControlRequest;
import io.emberfs.app.control.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pin}: files stay in a tier whatever else is read, and are brought there now. */
@Command(
    name = "pin",
    description = "Keep files in a tier, and bring them there; or list those that are kept.",
    sortOptions = false)
final class PinVerb implements Verb {
  /** The daemon walks directories of a slow backing. */
  private static final Duration PIN_TIMEOUT = Duration.ofMinutes(10);

  private static final String RAM = "ram";

  /** What is in RAM reaches the SSD within seconds; longer without progress, and it will not. */
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(3);

  /** After so long since its last change, what is read of a file stays. */
  private static final long YOUTH_NANOS = TimeUnit.MILLISECONDS.toNanos(2_500);

  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  @Parameters(
      arity = "1..*",
      paramLabel = "PATH",
      description = "files in a mount, and directories with all that is in them now")
  private List<Path> paths = new ArrayList<>();

  @Option(names = "--tier", paramLabel = "ram|ssd", description = "where to keep them (ram)")
  private String tier = RAM;

  @Option(
      names = "--force",
      description = "let pins take up to nine tenths of the tier instead of half of it")
  private boolean force;

  @Option(names = "--list", description = "pin nothing, show the pins at these paths")
  private boolean list;

  @Option(names = "--json", description = "print an array with one object a file")
  private boolean json;

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    MountedPaths named = MountedPaths.of(paths, console);
    if (!list) {
      named
          .mount()
          .ask(
              named.request(ControlRequest.PIN, Map.of("tier", tier, "force", "" + force)),
              PIN_TIMEOUT);
      bringIn(named);
    }
    List<PinnedFile> pins = new ArrayList<>();
    named.forEachPin(pins::add);
    if (json) {
      console.out().println(Json.write(pins.stream().map(pin -> row(named, pin)).toList()));
    } else {
      print(console, named, pins);
    }
    return ExitCode.OK;
  }

  /**
   * Reads what is missing, once more what does not stay because its file is so young, and then as
   * long as more of it stays: a busy device declines some.
   */
  private void bringIn(MountedPaths named) throws Refusal, IOException {
    readMissing(named);
    long missing = missingBytes(named);
    if (missing > 0) {
      LockSupport.parkNanos(YOUTH_NANOS);
    }
    long before = Long.MAX_VALUE;
    while (missing > 0 && missing < before) {
      before = missing;
      readMissing(named);
      missing = missingBytes(named);
    }
    if (missing > 0) {
      throw new Refusal(
          ExitCode.FAILED,
          "cannot bring in " + ByteSize.format(missing) + " of what is pinned",
          "it was changed meanwhile, or the tier declined it",
          "the pins stand: what is read later stays; emberfs pin --list shows what is there");
    }
  }

  private void readMissing(MountedPaths named) throws Refusal, IOException {
    List<PinnedFile> missing = new ArrayList<>();
    named.forEachPin(pin -> {
      if (pin.isMissedIn(tier)) {
        missing.add(pin);
      }
    });
    for (PinnedFile pin : missing) {
      UncachedReader.read(named.path(pin), pin.sizeBytes());
    }
    if (!tier.equals(RAM)) {
      awaitHandDown(named);
    }
  }

  private long missingBytes(MountedPaths named) throws Refusal, IOException {
    long[] missing = {0};
    named.forEachPin(pin ->
        missing[0] += pin.sizeBytes() - pin.cachedBytes().getOrDefault(tier, pin.sizeBytes()));
    return missing[0];
  }

  /** Until all of it is there, or no more comes. */
  private void awaitHandDown(MountedPaths named) throws Refusal, IOException {
    long missing = Long.MAX_VALUE;
    long progressNanos = System.nanoTime();
    while (System.nanoTime() - progressNanos < SETTLE_NANOS) {
      long now = missingBytes(named);
      if (now == 0) {
        return;
      }
      if (now < missing) {
        missing = now;
        progressNanos = System.nanoTime();
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private static Map<String, Object> row(MountedPaths named, PinnedFile pin) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("path", named.path(pin).toString());
    row.put("sizeBytes", pin.sizeBytes());
    row.put("cachedBytes", pin.cachedBytes());
    return row;
  }

  private static void print(Console console, MountedPaths named, List<PinnedFile> pins) {
    if (pins.isEmpty()) {
      console.out().println("no pins");
      return;
    }
    console.out().printf("%10s %10s %10s  %s%n", "size", "in ram", "in ssd", "path");
    for (PinnedFile pin : pins) {
      console
          .out()
          .printf(
              "%10s %10s %10s  %s%n",
              ByteSize.format(pin.sizeBytes()),
              cached(pin, RAM),
              cached(pin, "ssd"),
              named.path(pin));
    }
  }

  private static String cached(PinnedFile pin, String tierName) {
    Long bytes = pin.cachedBytes().get(tierName);
    return bytes == null ? "-" : ByteSize.format(bytes);
  }
}
