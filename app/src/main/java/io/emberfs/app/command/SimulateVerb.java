package io.emberfs.app.command;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.control.Json;
import io.emberfs.app.simulate.BlockAccesses;
import io.emberfs.app.simulate.MissRatioCurve;
import io.emberfs.app.simulate.Replay;
import io.emberfs.app.simulate.Scenario;
import io.emberfs.app.simulate.ScenarioReader;
import io.emberfs.app.simulate.SimulatedPolicies;
import io.emberfs.app.simulate.Trace;
import io.emberfs.app.simulate.TraceReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code simulate}: replays a trace through the policies of the mount. */
@Command(
    name = "simulate",
    description = "Replay a trace through the replacement policies of the mount.",
    footer = "example: emberfs simulate web.csv.zst --policy lru,default --cache 1%%,10%%",
    sortOptions = false)
final class SimulateVerb implements Verb {
  private static final int BLOCK_SIZE_MIN = 4 << 10;
  private static final int BLOCK_SIZE_MAX = 1 << 20;
  private static final String HEADING = "%-10s %10s %10s %10s %10s%n";
  private static final String ROW = "%-10s %10d %10.4f %10.4f %10.4f%n";

  @Parameters(
      index = "0",
      paramLabel = "TRACE",
      description = "CSV or CSV.zst with the header time_us,volume,offset,length,op")
  private Path trace = Path.of("");

  @Option(names = "--block-size", paramLabel = "SIZE", description = "bytes of a block (64K)")
  private String blockSize = "64K";

  @Option(
      names = "--cache",
      split = ",",
      paramLabel = "SIZE",
      description =
          "blocks, or a share of the distinct blocks such as 10%%; several by comma (10%%)")
  private List<String> cacheSizes = List.of("10%");

  @Option(
      names = "--policy",
      split = ",",
      paramLabel = "NAME",
      description = "replacement policies, several by comma (default); belady is the optimum")
  private List<String> policies = List.of("default");

  @Option(
      names = "--unit",
      paramLabel = "block|page",
      description = "what a miss fetches: a block, or its 4K pages that are asked for (block)")
  private String unit = "block";

  @Option(
      names = "--prefetch",
      paramLabel = "on|off|obl|readahead:SIZE",
      description =
          "on: as a mount does; obl: the next block after each request; readahead: as much as"
              + " SIZE after it (off)")
  private String prefetch = "off";

  @Option(
      names = "--clock",
      paramLabel = "trace|none",
      description = "when a prefetch is there: by the trace's clock, or 32 requests later (trace)")
  private String clock = "trace";

  @Option(
      names = "--restart-at",
      paramLabel = "SHARE",
      description = "close and open again after a share of the requests, such as 50%%")
  private String restartAt = "";

  @Option(
      names = "--restart-state",
      paramLabel = "keep|drop",
      description = "whether the cache and the models come back then (keep)")
  private String restartState = "keep";

  @Option(names = "--limit", paramLabel = "N", description = "requests to replay (all)")
  private long limit = Long.MAX_VALUE;

  @Option(names = "--curve", description = "miss ratio against cache size instead of --cache")
  private boolean curve;

  @Option(names = "--json", description = "one JSON object a line")
  private boolean json;

  @Override
  public ExitCode run(Console console) throws Refusal {
    int bytes = readBlockSize();
    Scenario scenario = ScenarioReader.read(unit, prefetch, clock, restartAt, restartState);
    for (String policy : policies) {
      SimulatedPolicies.require(policy, scenario);
    }
    Trace requests = TraceReader.read(console.directory().resolve(trace), limit);
    BlockAccesses accesses = new BlockAccesses(requests, bytes);
    if (scenario.byPage() && bytes > BlockAccesses.PAGE_SIZE * Long.SIZE) {
      throw usage("--unit page with blocks of " + blockSize, "give blocks of 256K or less");
    }
    List<Integer> sizes = curve ? MissRatioCurve.sizes(accesses.footprint()) : readSizes(accesses);
    if (!json && !curve) {
      console.out().printf(Locale.ROOT, HEADING, "policy", "blocks", "miss", "request", "byte");
    }
    for (String policy : policies) {
      List<Replay.Result> results = new ArrayList<>();
      for (int size : sizes) {
        results.add(SimulatedPolicies.replay(policy, accesses, size, scenario));
      }
      print(console, policy, requests, accesses, results);
    }
    return ExitCode.OK;
  }

  private void print(
      Console console,
      String policy,
      Trace requests,
      BlockAccesses accesses,
      List<Replay.Result> results) {
    if (json) {
      for (Replay.Result result : results) {
        console.out().println(Json.write(document(policy, requests, accesses, result)));
      }
    } else if (curve) {
      console.out().print(MissRatioCurve.plot(policy, results));
    } else {
      for (Replay.Result result : results) {
        console
            .out()
            .printf(
                Locale.ROOT,
                ROW,
                policy,
                result.cacheBlocks(),
                result.all().missRatio(),
                result.all().missRatioByRequest(),
                result.all().missRatioByByte());
      }
    }
  }

  private static Map<String, Object> document(
      String policy, Trace requests, BlockAccesses accesses, Replay.Result result) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("trace", requests.name());
    document.put("blockSize", accesses.blockSize());
    document.put("cacheBlocks", result.cacheBlocks());
    document.put("footprintBlocks", accesses.footprint());
    document.put("accesses", accesses.count());
    document.put("requests", accesses.requestCount());
    document.put("policy", policy);
    document.putAll(ratios(result.all()));
    if (result.afterRestart().accesses() > 0) {
      document.put("afterRestart", ratios(result.afterRestart()));
    }
    document.put("prefetch", prefetching(result.prefetching()));
    document.put("nanosPerAccess", result.nanosPerAccess());
    document.put(
        "metadataBytesPerBlock", SimulatedPolicies.bytesPerSlot(policy, result.cacheBlocks()));
    return document;
  }

  private static Map<String, Object> ratios(Replay.Ratios ratios) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("missRatio", ratios.missRatio());
    document.put("missRatioByRequest", ratios.missRatioByRequest());
    document.put("missRatioByByte", ratios.missRatioByByte());
    return document;
  }

  private static Map<String, Object> prefetching(Replay.Prefetching prefetching) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("issued", prefetching.issued());
    document.put("used", prefetching.used());
    document.put("late", prefetching.late());
    document.put("wasted", prefetching.wasted());
    document.put("precision", prefetching.precision());
    document.put("coverage", prefetching.coverage());
    document.put("timeliness", prefetching.timeliness());
    document.put("overhead", prefetching.overhead());
    document.put("pollution", prefetching.pollution());
    return document;
  }

  private int readBlockSize() throws Refusal {
    long bytes = ByteSize.parse("--block-size", blockSize);
    if (bytes < BLOCK_SIZE_MIN || bytes > BLOCK_SIZE_MAX || Long.bitCount(bytes) != 1) {
      throw usage("--block-size " + blockSize, "give a power of two from 4K to 1M");
    }
    return (int) bytes;
  }

  private List<Integer> readSizes(BlockAccesses accesses) throws Refusal {
    List<Integer> sizes = new ArrayList<>();
    for (String text : cacheSizes) {
      long blocks =
          text.endsWith("%") ? share(text, accesses.footprint()) : ByteSize.parse("--cache", text);
      if (blocks < 1 || blocks > Integer.MAX_VALUE / 4) {
        throw usage(
            "--cache " + text + " is " + blocks + " of " + accesses.footprint() + " blocks",
            "give at least one block");
      }
      sizes.add((int) blocks);
    }
    return sizes;
  }

  private static long share(String text, int footprint) throws Refusal {
    try {
      double percent = Double.parseDouble(text.substring(0, text.length() - 1));
      if (percent >= 0 && percent <= 100) {
        return (long) (footprint * percent / 100);
      }
    } catch (NumberFormatException _) {
      // refused below
    }
    throw usage("--cache " + text, "give blocks, or a share from 0.1% to 100%");
  }

  private static Refusal usage(String why, String fix) {
    return new Refusal(ExitCode.USAGE, "cannot simulate", why, fix);
  }
}
