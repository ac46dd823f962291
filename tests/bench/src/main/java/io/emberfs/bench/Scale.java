package io.emberfs.bench;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.emberfs.app.config.MachineMemory;
import io.emberfs.app.config.SystemMemory;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.Meters;
import io.emberfs.core.WriteFence;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.policy.PolicyFactory;
import io.emberfs.engine.ram.BareIndex;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.engine.ram.RamTierSpec;
import io.emberfs.ffi.CpuClock;
import io.emberfs.ffi.NativeMemory;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.function.LongConsumer;

/**
 * What entering and finding a block costs with ten thousand blocks and with as many as there is
 * memory for, up to a hundred million: the index of the RAM tier alone, for blocks of 64 KiB. More
 * memory is slower memory; the control says by how much: two accesses in plain arrays as large as
 * those of the index, the place of the second one depending on the first. Both in turns, on one
 * thread, in time of the CPU.
 *
 * <p>Then what all that is known of a block takes of a tier's budget.
 */
final class Scale implements Benchmark {
  private static final BlockGeometry GEOMETRY = new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT);
  private static final int BLOCKS_MIN = 10_000;
  private static final int BLOCKS_MAX = 100_000_000;
  private static final int GROWTH = 10;
  private static final int ROUNDS = 9;
  private static final int ACCESSES = 500_000;

  /** What stays free, for the machine may have other work. */
  private static final long FREE_BYTES = 10L << 30;

  private static final double SLOWER_MAX = 1.5;
  private static final double METADATA_PERCENT_MAX = 1;
  private static final long TIER_BYTES = 1L << 30;

  /** Budgets of that many bytes and more, up to twice as many. */
  private static final int TIER_SIZES = 8;

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    report.progress("warming up");
    for (int round = 0; round < ROUNDS; round++) {
      measure(BLOCKS_MIN, new Report("warming up", out));
    }
    measure(BLOCKS_MIN, report);
    int blocksMax = blocksMax();
    for (int blockCount = BLOCKS_MIN; blockCount < blocksMax; ) {
      blockCount = (int) Math.min((long) blockCount * GROWTH, blocksMax);
      report.progress(blockCount + " blocks");
      measure(blockCount, report);
      rows(blockCount, report);
    }
    if (blocksMax < BLOCKS_MAX) {
      report.progress(
          blocksMax
              + " blocks are what there is memory for, with 10 GiB of this machine left free");
    }
    metadata(report);
  }

  /** As many as fit beside their control. */
  private static int blocksMax() throws IOException {
    try (BareIndex index = new BareIndex(GEOMETRY, BLOCKS_MAX / GROWTH)) {
      double bytesEach = index.recordBytes() + (double) index.bucketBytes() * GROWTH / BLOCKS_MAX;
      double fitting =
          (MachineMemory.of(new SystemMemory()).availableBytes() - FREE_BYTES) / 2 / bytesEach;
      // Round numbers are easier to compare.
      double step = Math.pow(GROWTH, Math.floor(Math.log10(fitting)));
      return (int) Math.clamp(Math.floor(fitting / step) * step, BLOCKS_MIN, BLOCKS_MAX);
    }
  }

  private static void measure(int blockCount, Report report) {
    // A small index is soon filled: the time for it is taken more often.
    int fillings = Math.clamp(ACCESSES / blockCount, 1, ROUNDS);
    for (int filling = 1; filling <= fillings; filling++) {
      try (BareIndex index = new BareIndex(GEOMETRY, blockCount);
          BareArrays arrays = new BareArrays(index, blockCount)) {
        fill(blockCount, index, arrays, report);
        if (filling == fillings) {
          find(blockCount, index, arrays, report);
        }
      }
    }
  }

  private static void fill(int blockCount, BareIndex index, BareArrays arrays, Report report) {
    for (int round = 0; round < ROUNDS; round++) {
      long from = (long) blockCount * round / ROUNDS;
      long end = (long) blockCount * (round + 1) / ROUNDS;
      double control = nanosEach(from, end, arrays::put);
      double insert = nanosEach(from, end, index::insert);
      report.add(blockCount + " insert ns", insert);
      report.add(blockCount + " control of insert ns", control);
      report.add(blockCount + " insert by control", insert / control);
    }
  }

  private static void find(int blockCount, BareIndex index, BareArrays arrays, Report report) {
    for (int round = 0; round < ROUNDS; round++) {
      long from = (long) round * ACCESSES;
      double control = nanosEach(from, from + ACCESSES, n -> arrays.get(anyBelow(blockCount, n)));
      double lookup =
          nanosEach(
              from,
              from + ACCESSES,
              n -> {
                if (index.validGranules(anyBelow(blockCount, n)) == 0) {
                  throw new IllegalStateException("a block is not found");
                }
              });
      report.add(blockCount + " look-up ns", lookup);
      report.add(blockCount + " control of look-up ns", control);
      report.add(blockCount + " look-up by control", lookup / control);
    }
  }

  private static void rows(int blockCount, Report report) {
    for (String what : List.of("look-up", "insert")) {
      String text = String.format(Locale.ROOT, "%s, %,d blocks, ", what, blockCount);
      report.ratioAtMost(
          text + "by the control, against 10,000",
          blockCount + " " + what + " by control",
          BLOCKS_MIN + " " + what + " by control",
          SLOWER_MAX);
      report.ratio(
          text + "ns, against 10,000",
          blockCount + " " + what + " ns",
          BLOCKS_MIN + " " + what + " ns");
      report.ratio(
          text + "ns of the control, same",
          blockCount + " control of " + what + " ns",
          BLOCKS_MIN + " control of " + what + " ns");
    }
  }

  private static double nanosEach(long from, long end, LongConsumer access) {
    long start = CpuClock.threadNanos();
    for (long n = from; n < end; n++) {
      access.accept(n);
    }
    return (double) (CpuClock.threadNanos() - start) / (end - from);
  }

  /** A number that follows from {@code n} and looks like chance. */
  private static long anyBelow(int bound, long n) {
    return Long.remainderUnsigned(BlockKey.hash(n, bound), bound);
  }

  /**
   * What a tier that is twice as large takes more, before it holds a block, and what a block takes
   * that comes: so the buffers, which do not grow, are left out. Some tables have sizes that are
   * powers of two, so not every tier has the same share: the worst of some is what counts.
   */
  private static void metadata(Report report) {
    double worst = 0;
    try (Codecs codecs = Codecs.standard();
        BareIndex index = new BareIndex(GEOMETRY, BLOCKS_MIN)) {
      for (int size = 0; size < TIER_SIZES; size++) {
        long tierBytes = TIER_BYTES + size * TIER_BYTES / TIER_SIZES;
        long small = bytesOfEmptyTier(tierBytes, codecs);
        long large = bytesOfEmptyTier(2 * tierBytes, codecs);
        double fixedShare = (double) (large - small) / tierBytes;
        worst = Math.max(worst, fixedShare * GEOMETRY.blockSize() + index.slotBytes());
      }
    }
    report.add("metadata of a block", worst);
    report.add("metadata, % of the budget", worst * 100 / GEOMETRY.blockSize());
    report.figure("metadata of a whole block, bytes", "metadata of a block");
    report.atMost(
        "metadata, % of the budget, whole blocks",
        "metadata, % of the budget", METADATA_PERCENT_MAX);
  }

  private static long bytesOfEmptyTier(long ramBytes, Codecs codecs) {
    RamTierSpec spec = new RamTierSpec(GEOMETRY, ramBytes, PolicyFactory.DEFAULT, CodecChoice.NONE);
    try (RamTier tier =
        new RamTier(spec, WriteFence.OPEN, RamTier.Observer.NONE, new Meters(), codecs)) {
      return tier.usedBytes();
    }
  }

  /** Two arrays as large as those of an index: numbers by their hash, and a place for each. */
  private static final class BareArrays implements AutoCloseable {
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment heads;
    private final MemorySegment places;
    private final long headMask;
    private final long placeSize;
    private long seen;

    BareArrays(BareIndex index, int blockCount) {
      heads = NativeMemory.map(index.bucketBytes(), arena);
      headMask = index.bucketBytes() / Integer.BYTES - 1;
      placeSize = index.recordBytes();
      places = NativeMemory.map(blockCount * placeSize, arena);
    }

    void put(long number) {
      places.set(JAVA_LONG, number * placeSize, number);
      heads.setAtIndex(JAVA_INT, BlockKey.hash(number, 0) & headMask, (int) number);
    }

    void get(long number) {
      int place = heads.getAtIndex(JAVA_INT, BlockKey.hash(number, 0) & headMask);
      // Kept, so that it is not left out.
      seen += places.get(JAVA_LONG, place * placeSize);
    }

    @Override
    public void close() {
      arena.close();
      if (seen < 0) {
        throw new AssertionError("numbers are not negative");
      }
    }
  }
}
