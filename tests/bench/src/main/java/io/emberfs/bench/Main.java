package io.emberfs.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/** {@code emberfs demo} and {@code emberfs bench NAME}. */
public final class Main {
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int FOUND_PROBLEMS = 3;

  private Main() {}

  /** Runs what the first argument names and ends the process: 3 where a bar was missed. */
  public static void main(String[] arguments) {
    System.exit(run(List.of(arguments), System.out, System.err));
  }

  private static int run(List<String> arguments, PrintStream out, PrintStream err) {
    String name = arguments.isEmpty() ? "" : arguments.getFirst();
    Path launcher = Path.of(System.getProperty("emberfs.launcher", "./emberfs"));
    Path results = launcher.resolveSibling("tests/bench/target/results").resolve(name + ".json");
    Benchmark benchmark =
        switch (name) {
          case "demo" -> new Demo();
          case "slow-volume" -> new SlowVolume();
          case "ram-hit" -> new RamHit();
          case "mount-time" -> new MountTime();
          case "memory" -> new Memory();
          default -> null;
        };
    if (benchmark == null) {
      err.println("emberfs: cannot measure " + name + ": no such benchmark");
      err.println("fix: give one of slow-volume, ram-hit, mount-time, memory");
      return USAGE;
    }
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
