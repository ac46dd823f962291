package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A volume of 150 requests and 100 MB a second: what emberfs costs when it is cold, and what it
 * gives when it is warm, restarted and after a crash. The baseline is the volume itself.
 */
final class SlowVolume implements Benchmark {
  private static final int REQUESTS_PER_SECOND = 150;
  private static final long BYTES_PER_SECOND = 100_000_000;
  private static final long VOLUME_SIZE = 1L << 30;
  private static final long FILE_SIZE = 256L << 20;
  private static final int ROUNDS = 3;
  private static final int SECOND_ROUNDS = 9;
  private static final int SECONDS = 4;
  private static final int COUNTED_REQUESTS = 1500;
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final List<String> OPTIONS = List.of("--ram", "512M", "--ssd", "1G");
  private static final List<String> OUTSIDE = List.of();

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    report.progress("making a volume of " + REQUESTS_PER_SECOND + " requests/s and 100 MB/s");
    ThrottledVolume volume = ThrottledVolume.create(place, VOLUME_SIZE);
    Path name = Path.of("random.dat");
    new SampleTree(1).writeFile(volume.mountPoint().resolve(name), FILE_SIZE);
    volume.limit(REQUESTS_PER_SECOND, BYTES_PER_SECOND);
    Path mountPoint = place.resolve("fast");
    for (int round = 0; round < ROUNDS; round++) {
      report.progress("round " + (round + 1) + " of " + ROUNDS + ": native, then cold");
      volume.dropCaches();
      report.add(
          "native IOPS",
          Fio.uniform(volume.mountPoint().resolve(name), SECONDS, 1)
              .run(volume.prefix())
              .perSecond());
      cold(place, volume, mountPoint, name, "state-" + round, report);
    }
    warm(place, volume, mountPoint, name, report);
    report.ratioAtLeast("cold uniform 4K, IOPS against native", "cold IOPS", "native IOPS", 0.95);
    report.ratioAtMost(
        "cold uniform 4K, device bytes for each byte asked",
        "cold device bytes",
        "cold asked bytes",
        2);
    report.ratioAtLeast(
        "second pass from RAM, IOPS against native", "second IOPS", "native IOPS", 100);
    report.atMost("after a restart, blocks that missed", "restart missed blocks", 0);
    report.atMost("after a restart, data reads, prefetch included", "restart data reads", 0);
    report.atLeast("after kill -9, share of blocks that hit", "kill hit share", 0.9);
  }

  private static void cold(
      WorkPlace place,
      ThrottledVolume volume,
      Path mountPoint,
      Path name,
      String state,
      Report report)
      throws IOException {
    volume.dropCaches();
    EmberMount mount = mount(place, volume, mountPoint, state);
    long before = volume.deviceReadBytes();
    Fio.Result result = Fio.uniform(mountPoint.resolve(name), SECONDS, 1).run(OUTSIDE);
    LockSupport.parkNanos(SETTLE_NANOS / 3);
    report.add("cold IOPS", result.perSecond());
    report.add("cold asked bytes", result.byteCount());
    report.add("cold device bytes", volume.deviceReadBytes() - before);
    mount.unmount();
  }

  private static void warm(
      WorkPlace place, ThrottledVolume volume, Path mountPoint, Path name, Report report)
      throws IOException {
    report.progress("the same " + COUNTED_REQUESTS + " reads: cold, again, restarted, killed");
    Fio reads = Fio.uniformCounted(mountPoint.resolve(name), COUNTED_REQUESTS);
    volume.dropCaches();
    EmberMount mount = mount(place, volume, mountPoint, "state-warm");
    reads.run(OUTSIDE);
    for (int round = 0; round < SECOND_ROUNDS; round++) {
      report.add("second IOPS", reads.run(OUTSIDE).perSecond());
    }
    mount.unmount();

    volume.dropCaches();
    mount = mount(place, volume, mountPoint, "state-warm");
    long deviceReads = volume.deviceReads();
    reads.run(OUTSIDE);
    Numbers stats = mount.stats();
    report.add("restart data reads", stats.count("backing", "reads"));
    report.add("restart missed blocks", stats.count("reads", "missBlocks"));
    report.add("restart prefetched blocks", stats.count("prefetch", "issuedBlocks"));
    report.add("restart device reads", volume.deviceReads() - deviceReads);
    mount.unmount();

    volume.dropCaches();
    mount = mount(place, volume, mountPoint, "state-kill");
    reads.run(OUTSIDE);
    // What counts is what had reached the SSD tier; it gets there in the background.
    LockSupport.parkNanos(SETTLE_NANOS);
    mount.kill();
    volume.dropCaches();
    mount = mount(place, volume, mountPoint, "state-kill");
    reads.run(OUTSIDE);
    report.add("kill hit share", hitShare(mount.stats()));
    mount.unmount();
  }

  private static double hitShare(Numbers stats) throws IOException {
    double hits = stats.at("reads", "hitBlocks", "ram") + stats.at("reads", "hitBlocks", "ssd");
    return hits / Math.max(1, hits + stats.at("reads", "missBlocks"));
  }

  private static EmberMount mount(
      WorkPlace place, ThrottledVolume volume, Path mountPoint, String state) throws IOException {
    List<String> options =
        java.util.stream.Stream.concat(
                OPTIONS.stream(),
                java.util.stream.Stream.of("--state-dir", place.resolve(state).toString()))
            .toList();
    return EmberMount.mount(
        volume.prefix(), place.launcher(), volume.mountPoint(), mountPoint, options);
  }
}
