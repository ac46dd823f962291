package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Hits beside misses: 16 readers of which every 50th read, in the middle, waits 4 ms for the
 * backing: 2 for the bytes and 2 for the comparison of the file's version. The misses must not hold
 * the hits up. The baseline is the same mount with hits only.
 *
 * <p>One sparse file on a tmpfs: its first hundredth holds bytes and is in RAM, the rest is read at
 * places that hardly ever come again.
 */
final class HandOff implements Benchmark {
  private static final long HOT_SIZE = 128L << 20;
  private static final int HOT_PERCENT = 1;
  private static final int ROUNDS = 5;
  private static final int JOB_COUNT = 16;
  private static final int MISS_PERCENT = 2;
  private static final List<String> OUTSIDE = List.of();
  private static final List<String> TIMED = List.of("--time_based", "--runtime=3");

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    try (UringParameter _ = new UringParameter()) {
      for (String transport : List.of("dev", "uring")) {
        measure(place, report, transport);
      }
    }
  }

  private static void measure(WorkPlace place, Report report, String transport) throws IOException {
    Path memory = Files.createDirectory(place.resolve("memory-" + transport));
    Commands.output("mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", memory.toString());
    new SampleTree(2).writeFile(memory.resolve("mixed.dat"), HOT_SIZE);
    try (RandomAccessFile file = new RandomAccessFile(memory.resolve("mixed.dat").toFile(), "rw")) {
      file.setLength(HOT_SIZE * (100 / HOT_PERCENT));
    }
    Path fast = place.resolve(transport);
    EmberMount mount =
        EmberMount.mount(
            OUTSIDE,
            place.launcher(),
            memory,
            fast,
            List.of(
                "--transport",
                transport,
                "--ram",
                "512M",
                "--ssd",
                "0",
                "--prefetch",
                "off",
                "--compress",
                "off",
                "--kernel-cache",
                "off",
                "--delay-backing",
                "2ms",
                "--state-dir",
                place.resolve("state-" + transport).toString()));
    Path file = fast.resolve("mixed.dat");
    report.progress(transport + ": warming up");
    warmUp(mount, file);
    fio(file, hits()).run(OUTSIDE);
    fio(file, hitsAndMisses(ROUNDS)).run(OUTSIDE);
    for (int round = 0; round < ROUNDS; round++) {
      report.progress(transport + ": round " + (round + 1) + " of " + ROUNDS);
      report.add(transport + " hits only", fio(file, hits()).run(OUTSIDE).perSecond());
      long before = mount.stats().count("reads", "missBlocks");
      Fio.Result mixed = fio(file, hitsAndMisses(round)).run(OUTSIDE);
      long missed = mount.stats().count("reads", "missBlocks") - before;
      double requests = mixed.byteCount() / 4096.0;
      report.add(transport + " hits beside misses", mixed.perSecond() * (1 - missed / requests));
      report.add(transport + " requests for each miss", requests / missed);
    }
    mount.unmount();
    Commands.output("umount", memory.toString());
    report.atMost(
        transport + ": requests for each miss", transport + " requests for each miss", 64);
    report.ratio(
        transport + ": hits a second beside misses, against hits only",
        transport + " hits beside misses",
        transport + " hits only");
    if (transport.equals("uring")) {
      report.atLeast("uring: hits a second beside misses", "uring hits beside misses", 100_000);
    }
  }

  /**
   * Reads until nothing is missed any more: what was read of a file just written is dropped once.
   */
  private static void warmUp(EmberMount mount, Path file) throws IOException {
    long before;
    long missed = 0;
    do {
      before = missed;
      new Fio(file, "read", "1m", 1, List.of("--size=" + HOT_SIZE)).run(OUTSIDE);
      missed = mount.stats().count("reads", "missBlocks");
    } while (missed > before);
  }

  private static Fio fio(Path file, List<String> extra) {
    return new Fio(file, "randread", "4k", JOB_COUNT, extra);
  }

  private static List<String> hits() {
    return List.of("--size=" + HOT_SIZE, "--norandommap", "--thread", TIMED.get(0), TIMED.get(1));
  }

  /** The misses of one round would be hits of the next if both read at the same places. */
  private static List<String> hitsAndMisses(int round) {
    return List.of(
        "--randseed=" + (round + 1000),
        "--random_distribution=zoned:%d/%d:%d/%d"
            .formatted(100 - MISS_PERCENT, HOT_PERCENT, MISS_PERCENT, 100 - HOT_PERCENT),
        "--norandommap",
        "--thread",
        TIMED.get(0),
        TIMED.get(1));
  }
}
