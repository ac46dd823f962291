package io.emberfs.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code emberfs demo}, {@code emberfs bench NAME} and {@code emberfs bench DIRECTORY...}. */
public final class Main {
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int FOUND_PROBLEMS = 3;

  private static final Map<String, Benchmark> BENCHMARKS = new TreeMap<>();

  static {
    BENCHMARKS.put("demo", new Demo());
    BENCHMARKS.put("slow-volume", new SlowVolume());
    BENCHMARKS.put("ram-hit", new RamHit());
    BENCHMARKS.put("start", new Start());
    BENCHMARKS.put("resident", new Resident());
    BENCHMARKS.put("transports", new Transports());
    BENCHMARKS.put("hand-off", new HandOff());
    BENCHMARKS.put("metadata", new Metadata());
    BENCHMARKS.put("codecs", new CodecSpeeds());
    BENCHMARKS.put("cold-random", new ColdRandom());
    BENCHMARKS.put("scan", new Scan());
    BENCHMARKS.put("engine", new EngineHits());
    BENCHMARKS.put("compressed-hit", new CompressedHit());
    BENCHMARKS.put("scale", new Scale());
    BENCHMARKS.put("policies", new PolicyCost());
    BENCHMARKS.put("below-ram", new BelowRam());
    BENCHMARKS.put("restart", new Restart());
    BENCHMARKS.put("ssd-hit", new SsdHit());
    BENCHMARKS.put("ssd-writes", new SsdWrites());
    BENCHMARKS.put("durable-writes", new DurableWrites());
    BENCHMARKS.put("soak", new Soak());
  }

  private Main() {}

  /** Runs what the first argument names and ends the process: 3 where a bar was missed. */
  public static void main(String[] arguments) {
    System.exit(run(List.of(arguments), System.out, System.err));
  }

  private static int run(List<String> arguments, PrintStream out, PrintStream err) {
    if (arguments.isEmpty()) {
      out.println("benchmarks: " + String.join(", ", BENCHMARKS.keySet()));
      out.println("or one directory or more, mounted or plain: the same reads in each, in turns");
      return OK;
    }
    Path launcher = Path.of(System.getProperty("emberfs.launcher", "./emberfs"));
    Path start = Path.of(System.getProperty("emberfs.directory", ""));
    List<Path> directories = arguments.stream().map(start::resolve).toList();
    String name = arguments.getFirst();
    Benchmark benchmark = arguments.size() == 1 ? BENCHMARKS.get(name) : null;
    if (benchmark == null && directories.stream().allMatch(Files::isDirectory)) {
      name = "directories";
      benchmark = new Directories(directories);
    }
    if (benchmark == null) {
      err.println(
          "emberfs: cannot measure "
              + String.join(" ", arguments)
              + ": neither a benchmark nor directories");
      err.println("fix: give directories, or one of " + String.join(", ", BENCHMARKS.keySet()));
      return USAGE;
    }
    Path results = launcher.resolveSibling("tests/bench/target/results").resolve(name + ".json");
    try (WorkPlace place =
        WorkPlace.open(launcher, Path.of(System.getProperty("java.io.tmpdir")))) {
      Report report = new Report(name, out);
      benchmark.run(place, report, out);
      return report.finish(results) ? OK : FOUND_PROBLEMS;
    } catch (IOException cause) {
      err.println("emberfs: cannot finish " + name + ": " + cause);
      err.println("fix: see the log in the state directory; nothing is left behind");
      return FAILED;
    }
  }
}
