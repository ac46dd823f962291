package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The daemon's resident memory after it read ten times its budget, against the budgets that it
 * names in its statistics.
 */
final class Memory implements Benchmark {
  private static final long FILE_SIZE = 640L << 20;
  private static final double MEBIBYTE = 1 << 20;
  private static final int RANDOM_SECONDS = 5;
  private static final double OVERHEAD_MAX_MEBIBYTES = 200;
  private static final List<String> OUTSIDE = List.of();

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    Path backing = Files.createDirectory(place.resolve("backing"));
    report.progress("making a file of ten times the RAM budget");
    new SampleTree(4).writeFile(backing.resolve("large.dat"), FILE_SIZE);
    Path fast = place.resolve("fast");
    EmberMount mount =
        EmberMount.mount(
            OUTSIDE,
            place.launcher(),
            backing,
            fast,
            List.of(
                "--ram", "64M", "--ssd", "256M", "--state-dir", place.resolve("state").toString()));
    report.progress("reading it in order, and again at random");
    Fio.sequential(fast.resolve("large.dat")).run(OUTSIDE);
    Fio.uniform(fast.resolve("large.dat"), RANDOM_SECONDS, 4).run(OUTSIDE);
    Numbers stats = mount.stats();
    double named =
        stats.at("tiers", "ram", "capacityBytes")
            + stats.at("memory", "transportBytesMax")
            + stats.at("memory", "ssdBytesMax");
    report.add("named MiB", named / MEBIBYTE);
    report.add("resident MiB", mount.residentBytes() / MEBIBYTE);
    report.add("above named MiB", (mount.residentBytes() - named) / MEBIBYTE);
    mount.unmount();
    report.atMost(
        "resident memory, MiB",
        "resident MiB",
        report.median("named MiB") + OVERHEAD_MAX_MEBIBYTES);
    report.atMost(
        "resident memory above the named budgets, MiB", "above named MiB", OVERHEAD_MAX_MEBIBYTES);
  }
}
