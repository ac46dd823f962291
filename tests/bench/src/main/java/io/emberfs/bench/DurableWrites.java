package io.emberfs.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes that have to last, on a volume of 150 requests and 100 MB a second: to the volume itself,
 * which is the baseline, through a mount with write-through, and through one with write-back, whose
 * journal lies on the fast disk. All that was written is verified in the volume afterwards. Then
 * what a start takes when a killed mount has left 10,000 records in its journal.
 *
 * <p>What the kernel's thread writes to the journal of the volume's file system is not limited. An
 * fsync that needs no commit of it flushes the device in its caller's name, as one more request: a
 * program that writes without asking for the file's times, as fio does, has many of those, and the
 * daemon none. So write-through can be ahead of the volume.
 */
final class DurableWrites implements Benchmark {
  private static final int REQUESTS_PER_SECOND = 150;
  private static final long BYTES_PER_SECOND = 100_000_000;
  private static final long VOLUME_SIZE = 2L << 30;
  private static final int ROUNDS = 3;
  private static final double THROUGH_MIN = 0.9;
  private static final double BACK_SYNCED_MIN = 5;
  private static final double BACK_COMMITS_MIN = 2;
  private static final List<String> OUTSIDE = List.of();

  /** The ways to the volume, in the order in which they take turns. */
  private enum Side {
    NATIVE("native"),
    THROUGH("through", "--write", "through"),
    BACK("back", "--write", "back", "--max-dirty", "256M");

    private final String text;
    private final List<String> options;

    Side(String text, String... options) {
      this.text = text;
      this.options = List.of(options);
    }
  }

  /** Something that writes durably, in folders of the volume. */
  interface Work {
    /** Makes what it begins with, in a new folder of the volume. */
    void prepare(Path folder) throws IOException;

    /**
     * Writes, and verifies what can be verified where it was written.
     *
     * @param side for the names of samples
     * @param folder the same one, perhaps through a mount
     * @param prefix starts programs
     */
    void write(String side, Path folder, List<String> prefix, Report report) throws IOException;

    /**
     * Verifies in the volume what the last {@link #write} has written.
     *
     * @throws IOException if anything of it is wrong
     */
    void verify(Path folder) throws IOException;
  }

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    report.progress("making a volume of " + REQUESTS_PER_SECOND + " requests/s and 100 MB/s");
    ThrottledVolume volume = ThrottledVolume.create(place, VOLUME_SIZE);
    List<Work> works = List.of(new SyncedWrites(), new SqliteCommits(place));
    for (Work work : works) {
      for (int round = 0; round < ROUNDS; round++) {
        for (Side side : Side.values()) {
          report.progress("round %d of %d, %s".formatted(round + 1, ROUNDS, side.text));
          measure(place, volume, work, side, round, report);
        }
      }
    }
    for (int round = 0; round < ROUNDS; round++) {
      report.progress("round %d of %d, starts".formatted(round + 1, ROUNDS));
      UnreplayedStart.measure(place, volume, round, report);
    }
    bars(SyncedWrites.NAME, BACK_SYNCED_MIN, report);
    report.ratio(SyncedWrites.NAME + ", p99 ms, write-back", "back p99 ms", "native p99 ms");
    report.ratio(SyncedWrites.NAME + ", p99 ms, write-through", "through p99 ms", "native p99 ms");
    for (String name : SqliteCommits.NAMES) {
      bars(name, BACK_COMMITS_MIN, report);
    }
    UnreplayedStart.bars(report);
  }

  /** Limits the volume as it is limited while something is measured. */
  static void limit(ThrottledVolume volume) throws IOException {
    volume.limit(REQUESTS_PER_SECOND, BYTES_PER_SECOND);
  }

  /** The name of a sample: how many a second a side did. */
  static String perSecond(String side, String name) {
    return side + " " + name;
  }

  private static void bars(String name, double backMin, Report report) {
    String baseline = perSecond(Side.NATIVE.text, name);
    report.ratioAtLeast(
        name + " a second, write-back", perSecond(Side.BACK.text, name), baseline, backMin);
    report.ratioAtLeast(
        name + " a second, write-through",
        perSecond(Side.THROUGH.text, name),
        baseline,
        THROUGH_MIN);
  }

  private static void measure(
      WorkPlace place, ThrottledVolume volume, Work work, Side side, int round, Report report)
      throws IOException {
    String name = "%s-%s-%d".formatted(work.getClass().getSimpleName(), side.text, round);
    Path folder = Files.createDirectory(volume.mountPoint().resolve(name));
    work.prepare(folder);
    limit(volume);
    if (side == Side.NATIVE) {
      work.write(side.text, folder, volume.prefix(), report);
      volume.unlimit();
    } else {
      List<String> options = new ArrayList<>(side.options);
      options.addAll(
          List.of(
              "--ram",
              "256M",
              "--ssd",
              "256M",
              "--state-dir",
              place.resolve("state-" + name).toString()));
      EmberMount mount =
          EmberMount.mount(
              volume.prefix(), place.launcher(), folder, place.resolve("fast"), options);
      work.write(side.text, mount.mountPoint(), OUTSIDE, report);
      // How long it takes to write down what is left is the volume's doing.
      volume.unlimit();
      mount.unmount();
    }
    work.verify(folder);
  }
}
