package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What a hot set of half the RAM budget loses to one pass over twice that budget, by counts and not
 * by time: the hot set is read until it hits, something else is read once, the hot set is read
 * again. The control is LRU, which must show the loss. There is no tier below RAM.
 *
 * <p>A block of the hot set is lost if it came from the backing again, asked for or fetched ahead.
 * The hot set is read in another order each time, so that nothing of it can be foreseen.
 */
final class Scan implements Benchmark {
  private static final int BLOCK_SIZE = 64 << 10;
  private static final long RAM_BYTES = 256L << 20;
  private static final long HOT_BYTES = RAM_BYTES / 2;
  private static final long SCAN_BYTES = RAM_BYTES * 2;
  private static final long SMALL_FILE_BYTES = 256 << 10;
  private static final double HOT_BLOCKS = (double) HOT_BYTES / BLOCK_SIZE;
  private static final int READ_SIZE = 128 << 10;

  /** Of the scan, between two readings of the hot set where that is read meanwhile. */
  private static final long BYTES_BETWEEN = RAM_BYTES / 2;

  private static final int WARMING_PASSES_MIN = 3;
  private static final int WARMING_PASSES_MAX = 12;
  private static final double KEPT_MIN = 0.95;
  private static final double LRU_KEPT_MAX = 0.5;

  /** What is read of a file that was just changed does not stay. */
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(3);

  private static final String JUDGED = "default";
  private static final String CONTROL = "lru";
  private static final List<String> EXPERTS = List.of("s3fifo", "2q");
  private static final List<String> OUTSIDE = List.of();

  /**
   * What is scanned, and how.
   *
   * @param files read whole, once, in this order
   * @param isHotSetReadMeanwhile whether the hot set is read now and then during the scan
   * @param compression as the mount's option; with {@code auto} a block that was used gets smaller
   *     before it leaves, with {@code off} the policy is alone
   */
  private record Case(
      String name, List<Path> files, boolean isHotSetReadMeanwhile, String compression) {
    /** The control, and where the hot set is left alone also the experts of the default policy. */
    List<String> policies() {
      List<String> policies = new ArrayList<>(List.of(JUDGED, CONTROL));
      if (!isHotSetReadMeanwhile) {
        policies.addAll(EXPERTS);
      }
      return policies;
    }
  }

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    Path backing = Files.createDirectory(place.resolve("backing"));
    report.progress("making a hot set, one large file and many small ones");
    SampleTree sample = new SampleTree(6);
    sample.writeFile(backing.resolve("hot.dat"), HOT_BYTES);
    sample.writeFile(backing.resolve("large.dat"), SCAN_BYTES);
    List<Path> large = List.of(Path.of("large.dat"));
    List<Path> small = new ArrayList<>();
    for (int i = 0; i < SCAN_BYTES / SMALL_FILE_BYTES; i++) {
      small.add(Path.of("small-" + i + ".dat"));
      sample.writeFile(backing.resolve(small.getLast()), SMALL_FILE_BYTES);
    }
    LockSupport.parkNanos(SETTLE_NANOS);
    List<Case> cases =
        List.of(
            new Case("one file", large, false, "auto"),
            new Case("many files", small, false, "auto"),
            new Case("one file, --compress off", large, false, "off"),
            new Case("many files, --compress off", small, false, "off"),
            new Case("one file, hot set read meanwhile", large, true, "auto"),
            new Case("many files, hot set read meanwhile", small, true, "auto"));
    for (Case scan : cases) {
      for (String policy : scan.policies()) {
        report.progress(scan.name() + ", " + policy);
        report.add(name(scan, policy), keptShare(place, backing, scan, policy));
      }
    }
    for (Case scan : cases) {
      for (String policy : scan.policies()) {
        String name = name(scan, policy);
        String text = "kept: " + name;
        if (policy.equals(JUDGED)) {
          report.atLeast(text, name, KEPT_MIN);
        } else if (policy.equals(CONTROL) && !scan.isHotSetReadMeanwhile()) {
          report.atMost(text, name, LRU_KEPT_MAX);
        } else {
          report.figure(text, name);
        }
      }
    }
  }

  private static String name(Case scan, String policy) {
    return scan.name() + ", " + policy;
  }

  /** Warms a mount up, scans, and returns the share of the hot set that is still there. */
  private static double keptShare(WorkPlace place, Path backing, Case scan, String policy)
      throws IOException {
    EmberMount mount =
        EmberMount.mount(
            OUTSIDE,
            place.launcher(),
            backing,
            place.resolve("fast"),
            List.of(
                "--ram",
                Long.toString(RAM_BYTES),
                "--ssd",
                "0",
                "--policy",
                policy,
                "--compress",
                scan.compression(),
                "--kernel-cache",
                "off",
                "--warm",
                "cold",
                "--state-dir",
                place.resolve("state").toString()));
    HotSet hot = new HotSet(mount);
    hot.warm();
    long untilHot = scan.isHotSetReadMeanwhile() ? BYTES_BETWEEN : Long.MAX_VALUE;
    ByteBuffer buffer = ByteBuffer.allocateDirect(READ_SIZE);
    for (Path file : scan.files()) {
      try (FileChannel channel = FileChannel.open(mount.mountPoint().resolve(file))) {
        for (int n = channel.read(buffer); n >= 0; n = channel.read(buffer)) {
          buffer.clear();
          untilHot -= n;
          if (untilHot <= 0) {
            hot.read();
            untilHot = BYTES_BETWEEN;
          }
        }
      }
    }
    double lost = hot.read();
    mount.unmount();
    // What is fetched ahead may be fetched in vain, and then be more than there is.
    return Math.max(0, 1 - lost / HOT_BLOCKS);
  }

  /** The file that is read again and again. */
  private static final class HotSet {
    private final EmberMount mount;
    private int passCount;

    HotSet(EmberMount mount) {
      this.mount = mount;
    }

    /** Reads until nothing is missed any more. */
    void warm() throws IOException {
      long lost;
      do {
        lost = read();
      } while (passCount < WARMING_PASSES_MIN || (lost > 0 && passCount < WARMING_PASSES_MAX));
      if (lost > 0) {
        throw new IOException("the hot set still misses after " + passCount + " passes");
      }
    }

    /**
     * Reads each block once.
     *
     * @return blocks that came from the backing meanwhile
     */
    long read() throws IOException {
      long before = fetchedBlocks();
      Path file = mount.mountPoint().resolve("hot.dat");
      new Fio(file, "randread", "64k", 1, List.of("--randseed=" + ++passCount)).run(OUTSIDE);
      return fetchedBlocks() - before;
    }

    private long fetchedBlocks() throws IOException {
      Numbers stats = mount.stats();
      return stats.count("reads", "missBlocks") + stats.count("prefetch", "issuedBlocks");
    }
  }
}
