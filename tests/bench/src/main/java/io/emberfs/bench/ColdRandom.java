package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Random reads of 4 KiB that no cache can help with, on a volume of 150 requests and 100 MB a
 * second: requests a second, and bytes that the device had to read for each byte asked for. The
 * baseline is the volume itself.
 */
final class ColdRandom implements Benchmark {
  /** The file that is read, below the volume's mount point or that of a mount of it. */
  static final Path FILE = Path.of("random.dat");

  private static final int REQUESTS_PER_SECOND = 150;
  private static final long BYTES_PER_SECOND = 100_000_000;
  private static final long VOLUME_SIZE = 1L << 30;
  private static final long FILE_SIZE = 256L << 20;
  private static final int ROUNDS = 7;
  private static final int SECONDS = 4;

  /** What was fetched ahead counts too, also when it comes late. */
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final double IOPS_MIN = 0.95;
  private static final double BYTES_MAX = 1.2;
  private static final List<String> OUTSIDE = List.of();

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    measure(place, volume(place, report), ROUNDS, report);
  }

  /** A slow volume with the file in it. */
  static ThrottledVolume volume(WorkPlace place, Report report) throws IOException {
    report.progress("making a volume of " + REQUESTS_PER_SECOND + " requests/s and 100 MB/s");
    ThrottledVolume volume = ThrottledVolume.create(place, VOLUME_SIZE);
    new SampleTree(1).writeFile(volume.mountPoint().resolve(FILE), FILE_SIZE);
    volume.limit(REQUESTS_PER_SECOND, BYTES_PER_SECOND);
    return volume;
  }

  /** Mounts the volume with all caches of this machine empty. */
  static EmberMount mount(WorkPlace place, ThrottledVolume volume, String state)
      throws IOException {
    volume.dropCaches();
    return EmberMount.mount(
        volume.prefix(),
        place.launcher(),
        volume.mountPoint(),
        place.resolve("fast"),
        List.of("--ram", "512M", "--ssd", "1G", "--state-dir", place.resolve(state).toString()));
  }

  /** Reads from the volume and from cold mounts in turns. */
  static void measure(WorkPlace place, ThrottledVolume volume, int roundCount, Report report)
      throws IOException {
    for (int round = 0; round < roundCount; round++) {
      report.progress("round " + (round + 1) + " of " + roundCount + ": native, then cold");
      volume.dropCaches();
      Path plain = volume.mountPoint().resolve(FILE);
      report.add("native IOPS", Fio.uniform(plain, SECONDS, 1).run(volume.prefix()).perSecond());
      cold(place, volume, "state-" + round, report);
    }
    report.ratioAtLeast(
        "cold uniform 4K, IOPS against native", "cold IOPS", "native IOPS", IOPS_MIN);
    report.ratioAtMost(
        "cold uniform 4K, device bytes for each byte asked",
        "cold device bytes",
        "cold asked bytes",
        BYTES_MAX);
  }

  private static void cold(WorkPlace place, ThrottledVolume volume, String state, Report report)
      throws IOException {
    EmberMount mount = mount(place, volume, state);
    long before = volume.deviceReadBytes();
    Fio.Result result = Fio.uniform(mount.mountPoint().resolve(FILE), SECONDS, 1).run(OUTSIDE);
    LockSupport.parkNanos(SETTLE_NANOS);
    report.add("cold IOPS", result.perSecond());
    report.add("cold asked bytes", result.byteCount());
    report.add("cold device bytes", volume.deviceReadBytes() - before);
    mount.unmount();
  }
}
