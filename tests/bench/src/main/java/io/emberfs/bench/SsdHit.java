package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads that are answered from the SSD tier, RAM being far too small and the kernel's pages dropped
 * before each run. The baseline is a file on the same device, read with O_DIRECT.
 */
final class SsdHit implements Benchmark {
  private static final long FILE_SIZE = 1L << 30;
  private static final int ROUNDS = 7;
  private static final int RANDOM_READS = 2_000;
  private static final long POLL_NANOS = 500_000_000;
  private static final int POLL_COUNT_MAX = 240;
  private static final List<String> OUTSIDE = List.of();
  private static final Path DROP_CACHES = Path.of("/proc/sys/vm/drop_caches");

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    Path backing = Files.createDirectory(place.resolve("backing"));
    Path file = backing.resolve("random.dat");
    new SampleTree(3).writeFile(file, FILE_SIZE);
    Path raw = place.resolve("raw.dat");
    Files.copy(file, raw);
    Commands.output("sync");
    Path fast = place.resolve("fast");
    EmberMount mount =
        EmberMount.mount(
            OUTSIDE,
            place.launcher(),
            backing,
            fast,
            List.of(
                "--ram",
                "32M",
                "--ssd",
                "4G",
                "--kernel-cache",
                "off",
                "--state-dir",
                place.resolve("state").toString()));
    Path cached = fast.resolve("random.dat");
    report.progress("bringing everything to the SSD");
    fill(mount, cached);
    long before = mount.stats().count("backing", "readBytes");
    for (int round = 0; round < ROUNDS; round++) {
      report.progress("round " + (round + 1) + " of " + ROUNDS);
      Fio random = Fio.uniformCounted(raw, RANDOM_READS, round);
      Fio ordered = Fio.sequential(raw);
      report.add("raw p50", dropped(random.direct()).p50Nanos());
      report.add("emberfs p50", dropped(random.of(cached)).p50Nanos());
      report.add("raw MB/s", dropped(ordered.direct()).bytesPerSecond() / 1e6);
      report.add("emberfs MB/s", dropped(ordered.of(cached)).bytesPerSecond() / 1e6);
    }
    report.add("backing bytes", mount.stats().count("backing", "readBytes") - before);
    mount.unmount();
    report.ratioAtMost("4K from the SSD, p50 in ns against O_DIRECT", "emberfs p50", "raw p50", 2);
    report.ratioAtLeast(
        "1M in order from the SSD against O_DIRECT", "emberfs MB/s", "raw MB/s", 0.6);
    report.atMost("bytes that were read from the backing meanwhile", "backing bytes", 0);
  }

  private static Fio.Result dropped(Fio reads) throws IOException {
    Files.writeString(DROP_CACHES, "3");
    return reads.run(OUTSIDE);
  }

  private static void fill(EmberMount mount, Path file) throws IOException {
    for (int i = 0; i < POLL_COUNT_MAX; i++) {
      long before = mount.stats().count("backing", "readBytes");
      Fio.sequential(file).run(OUTSIDE);
      if (mount.stats().count("backing", "readBytes") == before) {
        return;
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    throw new IOException(file + " did not get to the SSD");
  }
}
