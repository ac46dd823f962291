package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.config.TimeSpan;
import io.emberfs.app.control.ControlRequest;
import io.emberfs.app.control.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code scrub}: verifies every block of every tier, and has bad ones repaired. */
@Command(
    name = "scrub",
    description = "Verify every cached block of a mount, and repair bad ones.",
    sortOptions = false)
final class ScrubVerb implements Verb {
  private static final long POLL_NANOS = 100_000_000;
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(10);
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double TENTHS = 10;

  @Parameters(index = "0", paramLabel = "MOUNTPOINT")
  private Path mountPoint = Path.of("");

  @Option(names = "--rate", paramLabel = "SIZE", description = "bytes to verify a second (50M)")
  private String rate = "50M";

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  @Option(names = "--timeout", paramLabel = "DURATION", description = "how long to wait (60m)")
  private String timeout = "60m";

  @Override
  public ExitCode run(Console console) throws Refusal, IOException {
    long bytesPerSecond = ByteSize.parse("--rate", rate);
    if (bytesPerSecond == 0) {
      throw new Refusal(
          ExitCode.USAGE,
          "cannot use --rate " + rate,
          "nothing would ever be verified",
          "give at least 1, such as 50M");
    }
    Duration timeoutMax = TimeSpan.parse("--timeout", timeout);
    long startNanos = System.nanoTime();
    LiveMount mount = LiveMount.of(mountPoint, console);
    Map<String, Object> tiers = round(mount, bytesPerSecond, startNanos, timeoutMax);
    addQuarantine(tiers, mount.ask(ControlRequest.of(ControlRequest.STATS), ANSWER_TIMEOUT));
    long bad = sum(tiers, "bad");
    if (json) {
      console.out().println(Json.write(document(tiers, startNanos)));
    } else {
      print(console.out(), tiers, bad);
    }
    return bad + sum(tiers, "quarantined") == 0 ? ExitCode.OK : ExitCode.FOUND_PROBLEMS;
  }

  /** Waits for a whole round; returns what it found, by tier. */
  private Map<String, Object> round(
      LiveMount mount, long bytesPerSecond, long startNanos, Duration timeoutMax)
      throws Refusal, IOException {
    Object number =
        mount
            .ask(
                new ControlRequest(
                    ControlRequest.SCRUB, Map.of("bytesPerSecond", "" + bytesPerSecond)),
                ANSWER_TIMEOUT)
            .get("round");
    ControlRequest look =
        new ControlRequest(ControlRequest.SCRUB_PROGRESS, Map.of("round", "" + number));
    while (true) {
      Map<String, Object> progress = mount.ask(look, ANSWER_TIMEOUT);
      Map<String, Object> tiers = byName(progress.get("tiers"));
      if (Boolean.TRUE.equals(progress.get("done"))) {
        return tiers;
      }
      if (System.nanoTime() - startNanos > timeoutMax.toNanos()) {
        throw new Refusal(
            ExitCode.TIMED_OUT,
            "cannot finish scrubbing " + mount.known().mountPoint(),
            "%d blocks were verified within %s, %d of them bad, and there are more"
                .formatted(sum(tiers, "good") + sum(tiers, "bad"), timeout, sum(tiers, "bad")),
            "the round goes on by itself: ask again, with a longer --timeout");
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /** A tier that is out of service has nothing left to verify, which must not look like health. */
  private static void addQuarantine(Map<String, Object> tiers, Map<String, Object> stats) {
    Map<String, Object> numbers = byName(stats.get("tiers"));
    tiers.replaceAll((name, found) -> {
      Map<String, Object> tier = byName(found);
      tier.put("quarantined", number(numbers.get(name), "quarantined"));
      return tier;
    });
  }

  private static Map<String, Object> document(Map<String, Object> tiers, long startNanos) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("good", sum(tiers, "good"));
    document.put("bad", sum(tiers, "bad"));
    document.put("repaired", sum(tiers, "repaired"));
    document.put("tiers", tiers);
    double seconds = (System.nanoTime() - startNanos) / NANOS_PER_SECOND;
    document.put("seconds", Math.round(seconds * TENTHS) / TENTHS);
    return document;
  }

  private static void print(PrintStream out, Map<String, Object> tiers, long bad) {
    out.printf("%-6s %12s %12s %12s%n", "tier", "good", "bad", "repaired");
    tiers.forEach((name, numbers) ->
        out.printf(
            "%-6s %12d %12d %12d%n",
            name, number(numbers, "good"), number(numbers, "bad"), number(numbers, "repaired")));
    if (bad > 0) {
      out.println("bad blocks were dropped; those not repaired are read from the backing again");
    }
    tiers.forEach((name, numbers) -> {
      if (number(numbers, "quarantined") > 0) {
        out.println(
            name
                + " is out of service: too many of its blocks were bad. What is left there is neither"
                + " served nor verified; the log in the state directory says what to look at, and"
                + " when it is used again");
      }
    });
  }

  private static long sum(Map<String, Object> tiers, String name) {
    return tiers.values().stream().mapToLong(numbers -> number(numbers, name)).sum();
  }

  private static long number(@Nullable Object numbers, String name) {
    return byName(numbers).get(name) instanceof Number number ? number.longValue() : 0;
  }

  private static Map<String, Object> byName(@Nullable Object branch) {
    Map<String, Object> named = new LinkedHashMap<>();
    if (branch instanceof Map<?, ?> map) {
      map.forEach((name, value) -> named.put(String.valueOf(name), value));
    }
    return named;
  }
}
