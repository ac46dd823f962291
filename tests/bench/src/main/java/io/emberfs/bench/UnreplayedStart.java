package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How long a mount with write-back takes until it answers when the one before it was killed with
 * 10,000 records in its journal that are not in the backing. The baseline is its first start, on
 * the same slow volume. What was synced before the kill is verified through the mount and, after
 * its end, in the volume.
 */
final class UnreplayedStart {
  private static final Path FILE = Path.of("random.dat");
  private static final long FILE_BYTES = 64L << 20;
  private static final int RECORD_COUNT = 10_000;
  private static final long RECORD_BYTES = 4096;
  private static final int SECONDS_MAX = 60;
  private static final int SEED = 22;
  private static final double MILLIS_MAX = 2000;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double MEBIBYTE = 1 << 20;
  private static final List<String> OUTSIDE = List.of();

  private UnreplayedStart() {}

  /** One first start, the writes, the kill and the second start. The volume is not limited. */
  static void measure(WorkPlace place, ThrottledVolume volume, int round, Report report)
      throws IOException {
    Path folder = Files.createDirectory(volume.mountPoint().resolve("start-" + round));
    Path state = place.resolve("state-start-" + round);
    new SampleTree(6).writeFile(folder.resolve(FILE), FILE_BYTES);
    DurableWrites.limit(volume);
    EmberMount mount = mount(place, volume, folder, state, "first start ms", report);
    long byteCount = RECORD_COUNT * RECORD_BYTES;
    Fio.Synced written =
        Fio.synced(mount.mountPoint().resolve(FILE), SECONDS_MAX, byteCount, SEED)
            .runSynced(OUTSIDE);
    report.add("records", written.byteCount() / RECORD_BYTES);
    report.add("dirty MiB", mount.stats().at("dirty", "bytes") / MEBIBYTE);
    mount.kill();
    mount = mount(place, volume, folder, state, "second start ms", report);
    volume.unlimit();
    Fio.verify(mount.mountPoint().resolve(FILE), written.byteCount(), SEED);
    mount.unmount();
    Fio.verify(folder.resolve(FILE), written.byteCount(), SEED);
  }

  static void bars(Report report) {
    report.atLeast("records written before the kill", "records", RECORD_COUNT);
    report.atLeast(
        "of those not in the backing, MiB", "dirty MiB", RECORD_COUNT * RECORD_BYTES / MEBIBYTE);
    report.atMost("start with these records, ms until it answers", "second start ms", MILLIS_MAX);
    report.ratio("the same against the first start", "second start ms", "first start ms");
  }

  private static EmberMount mount(
      WorkPlace place,
      ThrottledVolume volume,
      Path folder,
      Path state,
      String sample,
      Report report)
      throws IOException {
    long start = System.nanoTime();
    EmberMount mount =
        EmberMount.mount(
            volume.prefix(),
            place.launcher(),
            folder,
            place.resolve("fast"),
            List.of(
                "--kernel-cache",
                "off",
                "--ram",
                "256M",
                "--ssd",
                "256M",
                "--write",
                "back",
                "--max-dirty",
                "256M",
                "--flush-age",
                "10m",
                "--state-dir",
                state.toString()));
    report.add(sample, (System.nanoTime() - start) / NANOS_PER_MILLI);
    return mount;
  }
}
