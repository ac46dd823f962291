package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The daemon's resident memory after it read ten times its budget, against the budgets that it
 * names in its statistics. Then the same in a control group that allows hardly more than that, its
 * page cache included: the daemon must live, and every byte be right.
 */
final class Resident implements Benchmark {
  private static final long FILE_SIZE = 640L << 20;
  private static final double MEBIBYTE = 1 << 20;
  private static final int RANDOM_SECONDS = 5;
  private static final double OVERHEAD_MAX_MEBIBYTES = 200;
  private static final double GROUP_ROOM_MEBIBYTES = 400;
  private static final List<String> OUTSIDE = List.of();

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    Path backing = Files.createDirectory(place.resolve("backing"));
    report.progress("making a file of ten times the RAM budget");
    new SampleTree(4).writeFile(backing.resolve("large.dat"), FILE_SIZE);
    report.progress("reading it in order, and again at random");
    EmberMount mount = mount(place, backing, OUTSIDE);
    double named = useTenTimesTheBudget(mount);
    report.add("named MiB", named);
    report.add("resident MiB", mount.residentBytes() / MEBIBYTE);
    report.add("above named MiB", mount.residentBytes() / MEBIBYTE - named);
    mount.unmount();
    report.atMost("resident memory, MiB", "resident MiB", named + OVERHEAD_MAX_MEBIBYTES);
    report.atMost(
        "resident memory above the named budgets, MiB", "above named MiB", OVERHEAD_MAX_MEBIBYTES);
    if (MemoryGroup.isPossible()) {
      grouped(place, backing, named + GROUP_ROOM_MEBIBYTES, report);
    } else {
      report.progress("no control group for memory can be made here: left out");
    }
  }

  private static void grouped(WorkPlace place, Path backing, double mebibytes, Report report)
      throws IOException {
    report.progress("the same in a group of %.0f MiB".formatted(mebibytes));
    TreeComparison truth = new TreeComparison(backing);
    MemoryGroup group = MemoryGroup.create(place, (long) (mebibytes * MEBIBYTE));
    EmberMount mount = mount(place, backing, group.prefix());
    double named = useTenTimesTheBudget(mount);
    truth.check(mount.mountPoint());
    report.add("grouped, above named MiB", mount.residentBytes() / MEBIBYTE - named);
    mount.unmount();
    report.add("grouped, killed", group.killCount());
    report.add("grouped, most used MiB", group.bytesMaxSeen() / MEBIBYTE);
    report.atMost(
        "in the group: resident memory above the named budgets, MiB",
        "grouped, above named MiB",
        OVERHEAD_MAX_MEBIBYTES);
    report.atMost("in the group: kills for want of memory", "grouped, killed", 0);
  }

  private static EmberMount mount(WorkPlace place, Path backing, List<String> prefix)
      throws IOException {
    return EmberMount.mount(
        prefix,
        place.launcher(),
        backing,
        place.resolve("fast"),
        List.of("--ram", "64M", "--ssd", "256M", "--state-dir", place.resolve("state").toString()));
  }

  /** Reads much more than fits, and returns the MiB that the mount says it may use. */
  private static double useTenTimesTheBudget(EmberMount mount) throws IOException {
    Path file = mount.mountPoint().resolve("large.dat");
    Fio.sequential(file).run(OUTSIDE);
    Fio.uniform(file, RANDOM_SECONDS, 4).run(OUTSIDE);
    Numbers stats = mount.stats();
    double named =
        stats.at("tiers", "ram", "capacityBytes")
            + stats.at("memory", "transportBytesMax")
            + stats.at("memory", "ssdBytesMax");
    return named / MEBIBYTE;
  }
}
