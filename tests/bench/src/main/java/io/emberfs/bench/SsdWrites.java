package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What a byte costs the SSD: bytes that reach the device below the state directory for each byte of
 * blocks that the tier took, while it takes twenty times its budget and so lets go of as much. What
 * RocksDB says that it wrote (log, flushes, compactions) stands beside it. Needs root.
 *
 * <p>A full tier admits a block that is asked for a second time, so each piece of a large file is
 * read, dropped from RAM, and read again.
 */
final class SsdWrites implements Benchmark {
  private static final long BUDGET_BYTES = 256L << 20;
  private static final long TURNOVER = 20;
  private static final long PIECE_BYTES = 128L << 20;

  /** The first pieces meet an empty tier: it takes them once, before it declines anything. */
  private static final long FILE_BYTES = (TURNOVER + 2) * BUDGET_BYTES;

  private static final long VOLUME_BYTES = 4L << 30;
  private static final double AMPLIFICATION_MAX = 1.5;
  private static final double MEBIBYTE = 1 << 20;
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final List<String> OUTSIDE = List.of();

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    Path backing = Files.createDirectory(place.resolve("backing"));
    report.progress("making a file of more than twenty times the SSD budget");
    new SampleTree(4).writeFile(backing.resolve("large.dat"), FILE_BYTES);
    LoopVolume volume = LoopVolume.create(place, "ssd", VOLUME_BYTES);
    EmberMount mount = mount(place, backing, volume);
    long before = volume.writtenBytes();
    Path file = mount.mountPoint().resolve("large.dat");
    Numbers stats = mount.stats();
    for (long piece = 0; taken(stats) < TURNOVER * BUDGET_BYTES; piece++) {
      if (piece == FILE_BYTES / PIECE_BYTES) {
        throw new IOException("the tier took only " + taken(stats) + " bytes of the whole file");
      }
      report.progress("piece %d, %.0f MiB taken".formatted(piece + 1, taken(stats) / MEBIBYTE));
      read(mount, file, piece);
      Commands.output(
          place.launcher().toString(), "drop", mount.mountPoint().toString(), "--tier", "ram");
      stats = read(mount, file, piece);
    }
    report.add("taken", taken(stats) / MEBIBYTE);
    report.add("log", written(stats, "logBytes"));
    report.add("flushed", written(stats, "flushBytes"));
    report.add("compacted", written(stats, "compactionBytes"));
    report.add("moved", written(stats, "relocatedBlobBytes"));
    report.add("database", written(stats, "runBytes"));
    // What is flushed at the end belongs to what was taken.
    mount.unmount();
    report.add("device", (volume.writtenBytes() - before) / MEBIBYTE);
    report.atLeast("blocks taken by the tier, MiB", "taken", TURNOVER * BUDGET_BYTES / MEBIBYTE);
    report.figure("written to the log, MiB", "log");
    report.figure("written by flushes, MiB", "flushed");
    report.figure("written by compactions, MiB", "compacted");
    report.figure("of that, blocks moved to collect dead ones, MiB", "moved");
    report.ratio("all that the database wrote, by its own count", "database", "taken");
    report.ratioAtMost("write amplification", "device", "taken", AMPLIFICATION_MAX);
  }

  private static EmberMount mount(WorkPlace place, Path backing, LoopVolume volume)
      throws IOException {
    return EmberMount.mount(
        OUTSIDE,
        place.launcher(),
        backing,
        place.resolve("fast"),
        List.of(
            "--kernel-cache",
            "off",
            "--prefetch",
            "off",
            "--ram",
            "256M",
            "--ssd",
            Long.toString(BUDGET_BYTES),
            "--compress",
            "off",
            "--state-dir",
            volume.mountPoint().resolve("state").toString()));
  }

  /** Reads a piece and waits until each block that missed was offered to the tier, or put off. */
  private static Numbers read(EmberMount mount, Path file, long piece) throws IOException {
    long awaited = awaited(mount.stats());
    Fio.piece(file, piece * PIECE_BYTES, PIECE_BYTES).run(OUTSIDE);
    long start = System.nanoTime();
    Numbers stats = mount.stats();
    while (awaited(stats) > awaited) {
      if (System.nanoTime() - start > PATIENCE_NANOS) {
        throw new IOException("the blocks read were not all offered to the tier below RAM");
      }
      LockSupport.parkNanos(POLL_NANOS);
      stats = mount.stats();
    }
    return stats;
  }

  private static long awaited(Numbers stats) throws IOException {
    return stats.count("reads", "missBlocks") - considered(stats);
  }

  private static long considered(Numbers stats) throws IOException {
    return stats.count("handDown", "blocks")
        + stats.count("handDown", "declined")
        + stats.count("handDown", "postponed");
  }

  private static long taken(Numbers stats) throws IOException {
    return stats.count("ssd", "bytesWritten");
  }

  private static double written(Numbers stats, String name) throws IOException {
    return stats.count("tiers", "ssd", "written", name) / MEBIBYTE;
  }
}
