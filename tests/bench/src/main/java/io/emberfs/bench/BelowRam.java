package io.emberfs.bench;

import io.emberfs.app.answer.Refusal;
import io.emberfs.app.simulate.BlockAccesses;
import io.emberfs.app.simulate.Trace;
import io.emberfs.app.simulate.TraceReader;
import io.emberfs.core.AdmissionPolicy;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Tier;
import io.emberfs.engine.policy.PolicyFactory;
import io.emberfs.engine.policy.SecondTouch;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What admission and replacement in the tier below RAM are worth, on recorded traces: RAM with the
 * default policy, and below it a tier of some times that size which sees only what RAM does not
 * have. The baseline admits everything and gives used blocks a second chance. Two figures each:
 * blocks that came from the backing, and blocks written to the tier, both against the baseline, of
 * the median cell. Blocks that are above when their turn to leave comes stay, as in a mount; that
 * one which has been in RAM for some seconds is handed down whatever it is, is not replayed, for
 * most traces have no clock.
 */
final class BelowRam implements Benchmark {
  private static final List<String> TRACES =
      List.of("cloudphysics_io", "ssdsim_example", "disksim_postmark", "arc_p3");
  private static final int[] BLOCK_SIZES = {4 << 10, 64 << 10};
  private static final double[] RAM_SHARES = {0.01, 0.03, 0.06};
  private static final int[] TIMES_RAM = {3, 8};
  private static final double FOOTPRINT_SHARE_MAX = 0.3;
  private static final int RAM_BLOCKS_MIN = 50;
  private static final String MISSES = " misses";
  private static final String WRITES = " writes";
  private static final String LOST = " lost";

  private static final Kind BASELINE = new Kind("clock, admits all", "clock", false);
  private static final Kind PRODUCT = new Kind("s3fifo, second touch", "s3fifo", true);
  private static final List<Kind> KINDS =
      List.of(
          BASELINE,
          new Kind("s3fifo, admits all", "s3fifo", false),
          new Kind("clock, second touch", "clock", true),
          PRODUCT);

  /** How the lower tier decides. */
  private record Kind(String name, String policy, boolean isSelective) {}

  /**
   * What a replay counted.
   *
   * @param misses blocks that came from the backing
   * @param writes blocks that the lower tier was given
   * @param lostShare blocks of RAM that the lower tier does not have in the end
   */
  private record Counts(long misses, long writes, double lostShare) {}

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    Path traces =
        Path.of(
            System.getProperty(
                "emberfs.traces",
                Path.of(System.getProperty("emberfs.launcher", "./emberfs"))
                    .resolveSibling("../shared/traces")
                    .toString()));
    for (String name : TRACES) {
      Trace trace = read(traces.resolve(name + ".csv.zst"));
      for (int blockSize : BLOCK_SIZES) {
        BlockAccesses accesses = new BlockAccesses(trace, blockSize);
        for (double share : RAM_SHARES) {
          for (int times : TIMES_RAM) {
            int ramBlocks = (int) (accesses.footprint() * share);
            if (ramBlocks >= RAM_BLOCKS_MIN && share * times <= FOOTPRINT_SHARE_MAX) {
              measure(accesses, ramBlocks, ramBlocks * times, report);
              report.progress(
                  String.format(
                      Locale.ROOT,
                      "%s, blocks of %d KiB, RAM %.0f %% of them, %d times that below",
                      name,
                      blockSize >> 10,
                      share * 100,
                      times));
            }
          }
        }
      }
    }
    for (Kind kind : KINDS) {
      if (kind == PRODUCT) {
        report.atMost(kind.name() + ": from the backing", kind.name() + MISSES, 1);
        report.atMost(kind.name() + ": written", kind.name() + WRITES, 1);
      } else {
        report.figure(kind.name() + ": from the backing", kind.name() + MISSES);
        report.figure(kind.name() + ": written", kind.name() + WRITES);
      }
      report.figure(kind.name() + ": of RAM not below, at the end", kind.name() + LOST);
    }
  }

  private static Trace read(Path file) throws IOException {
    try {
      return TraceReader.read(file, Long.MAX_VALUE);
    } catch (Refusal refused) {
      throw new IOException(refused.getMessage(), refused);
    }
  }

  private static void measure(BlockAccesses accesses, int ram, int lower, Report report) {
    Counts baseline = replay(accesses, ram, lower, BASELINE);
    for (Kind kind : KINDS) {
      Counts counts = kind == BASELINE ? baseline : replay(accesses, ram, lower, kind);
      report.add(kind.name() + MISSES, (double) counts.misses() / baseline.misses());
      report.add(kind.name() + WRITES, (double) counts.writes() / baseline.writes());
      report.add(kind.name() + LOST, counts.lostShare());
    }
  }

  private static Counts replay(BlockAccesses accesses, int ramBlocks, int lowerBlocks, Kind kind) {
    CacheLevel ram = new CacheLevel(PolicyFactory.DEFAULT, ramBlocks, accesses);
    CacheLevel lower = new CacheLevel(kind.policy(), lowerBlocks, accesses);
    int blockSize = accesses.blockSize();
    AdmissionPolicy admission =
        kind.isSelective()
            ? new SecondTouch(new BlockGeometry(blockSize), (long) lowerBlocks * blockSize)
            : AdmissionPolicy.ALWAYS;
    Tier tier = lower.asTier(blockSize);
    long misses = 0;
    long writes = 0;
    for (int access = 0; access < accesses.count(); access++) {
      int block = accesses.block(access);
      if (ram.hits(block)) {
        continue;
      }
      if (!lower.hits(block)) {
        misses++;
        if (admission.admit(meta(block, blockSize), tier)) {
          writes++;
          lower.insert(block, ram);
        }
      }
      ram.insert(block, null);
    }
    return new Counts(misses, writes, ram.shareMissingIn(lower));
  }

  private static BlockMeta meta(int block, int blockSize) {
    return new BlockMeta(1, block, 1, 0, blockSize, blockSize, 0, 1, 0);
  }
}
