package io.emberfs.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A volume of 150 requests and 100 MB a second: what emberfs costs when it is cold, and what it
 * gives when it is warm, restarted and after a crash. The baseline is the volume itself.
 */
final class SlowVolume implements Benchmark {
  private static final int ROUNDS = 3;
  private static final int SECOND_ROUNDS = 9;
  private static final int COUNTED_REQUESTS = 1500;
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final List<String> OUTSIDE = List.of();

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    ThrottledVolume volume = ColdRandom.volume(place, report);
    ColdRandom.measure(place, volume, ROUNDS, report);
    warm(place, volume, report);
    report.ratioAtLeast(
        "second pass from RAM, IOPS against native", "second IOPS", "native IOPS", 100);
    report.atMost("after a restart, blocks that missed", "restart missed blocks", 0);
    report.atMost("after a restart, data reads, prefetch included", "restart data reads", 0);
    report.atLeast("after kill -9, share of blocks that hit", "kill hit share", 0.9);
  }

  private static void warm(WorkPlace place, ThrottledVolume volume, Report report)
      throws IOException {
    report.progress("the same " + COUNTED_REQUESTS + " reads: cold, again, restarted, killed");
    EmberMount mount = ColdRandom.mount(place, volume, "state-warm");
    Fio reads = Fio.uniformCounted(mount.mountPoint().resolve(ColdRandom.FILE), COUNTED_REQUESTS);
    reads.run(OUTSIDE);
    for (int round = 0; round < SECOND_ROUNDS; round++) {
      report.add("second IOPS", reads.run(OUTSIDE).perSecond());
    }
    mount.unmount();

    mount = ColdRandom.mount(place, volume, "state-warm");
    long deviceReads = volume.deviceReads();
    reads.run(OUTSIDE);
    Numbers stats = mount.stats();
    report.add("restart data reads", stats.count("backing", "reads"));
    report.add("restart missed blocks", stats.count("reads", "missBlocks"));
    report.add("restart prefetched blocks", stats.count("prefetch", "issuedBlocks"));
    report.add("restart device reads", volume.deviceReads() - deviceReads);
    mount.unmount();

    mount = ColdRandom.mount(place, volume, "state-kill");
    reads.run(OUTSIDE);
    // What counts is what had reached the SSD tier; it gets there in the background.
    LockSupport.parkNanos(SETTLE_NANOS);
    mount.kill();
    mount = ColdRandom.mount(place, volume, "state-kill");
    reads.run(OUTSIDE);
    report.add("kill hit share", hitShare(mount.stats()));
    mount.unmount();
  }

  private static double hitShare(Numbers stats) throws IOException {
    double hits = stats.at("reads", "hitBlocks", "ram") + stats.at("reads", "hitBlocks", "ssd");
    return hits / Math.max(1, hits + stats.at("reads", "missBlocks"));
  }
}
