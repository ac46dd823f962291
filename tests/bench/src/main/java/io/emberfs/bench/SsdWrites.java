package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a byte costs the SSD: bytes that RocksDB wrote (log, flushes, compactions) for each byte of
 * blocks that the tier took, while it takes twenty times its budget and so lets go of as much. The
 * kernel's count of what the daemon wrote stands beside it.
 */
final class SsdWrites implements Benchmark {
  private static final long BUDGET_BYTES = 64L << 20;
  private static final long TURNOVER = 20;
  private static final long FILE_BYTES = TURNOVER * BUDGET_BYTES;
  private static final int PASSES_MAX = 20;
  private static final double AMPLIFICATION_MAX = 1.5;
  private static final double MEBIBYTE = 1 << 20;
  private static final List<String> OUTSIDE = List.of();

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    Path backing = Files.createDirectory(place.resolve("backing"));
    report.progress("making a file of twenty times the SSD budget");
    new SampleTree(4).writeFile(backing.resolve("large.dat"), FILE_BYTES);
    EmberMount mount =
        EmberMount.mount(
            OUTSIDE,
            place.launcher(),
            backing,
            place.resolve("fast"),
            List.of(
                "--ram",
                "64M",
                "--ssd",
                Long.toString(BUDGET_BYTES),
                "--compress",
                "off",
                "--state-dir",
                place.resolve("state").toString()));
    long ioBefore = mount.writtenBytes();
    Path file = mount.mountPoint().resolve("large.dat");
    Numbers stats = mount.stats();
    for (int pass = 0; pass < PASSES_MAX && taken(stats) < FILE_BYTES; pass++) {
      report.progress(
          "pass %d, %.0f MiB taken so far".formatted(pass + 1, taken(stats) / MEBIBYTE));
      Fio.sequential(file).run(OUTSIDE);
      stats = mount.stats();
    }
    report.add("taken", taken(stats) / MEBIBYTE);
    report.add("log", stats.count("tiers", "ssd", "written", "logBytes") / MEBIBYTE);
    report.add("flushed", stats.count("tiers", "ssd", "written", "flushBytes") / MEBIBYTE);
    report.add("compacted", stats.count("tiers", "ssd", "written", "compactionBytes") / MEBIBYTE);
    report.add("moved", stats.count("tiers", "ssd", "written", "relocatedBlobBytes") / MEBIBYTE);
    report.add("written", stats.count("tiers", "ssd", "written", "runBytes") / MEBIBYTE);
    report.add("daemon", (mount.writtenBytes() - ioBefore) / MEBIBYTE);
    mount.unmount();
    report.atLeast("blocks taken by the tier, MiB", "taken", FILE_BYTES / MEBIBYTE);
    report.figure("written to the log, MiB", "log");
    report.figure("written by flushes, MiB", "flushed");
    report.figure("written by compactions, MiB", "compacted");
    report.figure("of that, blocks moved to collect dead ones, MiB", "moved");
    report.ratio("all that the daemon wrote, by the kernel's count", "daemon", "taken");
    report.ratioAtMost("write amplification", "written", "taken", AMPLIFICATION_MAX);
  }

  private static long taken(Numbers stats) throws IOException {
    return stats.count("ssd", "bytesWritten");
  }
}
