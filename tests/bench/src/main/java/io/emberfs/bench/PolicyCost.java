package io.emberfs.bench;

import io.emberfs.core.BlockKey;
import io.emberfs.core.ReplacementPolicy;
import io.emberfs.core.ReplacementPolicy.SlotView;
import io.emberfs.engine.policy.PolicyFactory;
import io.emberfs.ffi.CpuClock;
import io.emberfs.testkit.Seeds;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * What an access costs in the replacement policy: a hit is told, a miss asks for a victim and tells
 * of the newcomer. No bytes, no look-up of keys: where a block is stands in an array. The baseline
 * is LRU on the same accesses, in turns, on one thread, in time of the CPU.
 *
 * <p>The accesses are mixed: blocks of which some are used far more often than others, and one scan
 * after the other through blocks that never come back.
 */
final class PolicyCost implements Benchmark {
  private static final int[] SLOT_COUNTS = {4_000, 64_000, 1_000_000};
  private static final int ACCESSES = 1_000_000;
  private static final int ROUNDS = 9;
  private static final int WARMING_ROUNDS = 3;
  private static final long SEED = 11;
  private static final String BASELINE = "lru";
  private static final List<String> POLICIES = List.of(BASELINE, "s3fifo", PolicyFactory.DEFAULT);

  /** Blocks that are used again and again, for each slot. */
  private static final int POPULAR_PER_SLOT = 3;

  /** One access in this many is a scan's. */
  private static final int SCAN_DIVISOR = 4;

  private static final double NANOS_MAX = 250;

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) {
    report.progress("seed " + SEED);
    for (int slotCount : SLOT_COUNTS) {
      measure(slotCount, report);
    }
    for (int slotCount : SLOT_COUNTS) {
      String slots = String.format(Locale.ROOT, "%,d blocks, ", slotCount);
      String judged = name(PolicyFactory.DEFAULT, slotCount);
      for (String policy : POLICIES) {
        report.figure(slots + policy + ": misses an access", name(policy, slotCount) + " misses");
      }
      report.ratio(slots + "s3fifo: ns an access", name("s3fifo", slotCount), lru(slotCount));
      report.ratio(slots + "default: ns an access", judged, lru(slotCount));
      report.atMost(slots + "default: ns an access", judged, NANOS_MAX);
    }
  }

  private static String lru(int slotCount) {
    return name(BASELINE, slotCount);
  }

  private static String name(String policy, int slotCount) {
    return policy + " " + slotCount;
  }

  private static void measure(int slotCount, Report report) {
    RandomGenerator random = Seeds.random(SEED);
    List<BareCache> caches =
        POLICIES.stream().map(policy -> new BareCache(policy, slotCount)).toList();
    int scanned = slotCount * POPULAR_PER_SLOT;
    // A small cache is soon full; a large one needs many accesses until it is.
    int roundsToFill = 1 + slotCount * 4 / ACCESSES;
    for (int round = -WARMING_ROUNDS - roundsToFill; round < ROUNDS; round++) {
      report.progress(slotCount + " blocks, " + (round < 0 ? "warming up" : "round " + round));
      int[] blocks = new int[ACCESSES];
      for (int i = 0; i < ACCESSES; i++) {
        blocks[i] =
            random.nextInt(SCAN_DIVISOR) == 0
                ? scanned++
                : popular(random, slotCount * POPULAR_PER_SLOT);
      }
      for (BareCache cache : caches) {
        cache.reserve(scanned);
        long missesBefore = cache.missCount;
        long start = CpuClock.threadNanos();
        cache.use(blocks);
        long nanos = CpuClock.threadNanos() - start;
        if (round >= 0) {
          String name = name(cache.policyName, slotCount);
          report.add(name, (double) nanos / ACCESSES);
          report.add(name + " misses", (double) (cache.missCount - missesBefore) / ACCESSES);
        }
      }
    }
  }

  /** The cube of an even chance is near 0 far more often than near the end. */
  private static int popular(RandomGenerator random, int count) {
    double chance = random.nextDouble();
    return (int) (chance * chance * chance * count);
  }

  /** Which block is where, and nothing else. */
  private static final class BareCache {
    private static final int NOWHERE = -1;

    private final String policyName;
    private final int[] blockInSlot;
    private final ReplacementPolicy policy;
    private int[] slotOfBlock = new int[0];
    private int freeCount;
    private long missCount;

    BareCache(String policyName, int slotCount) {
      this.policyName = policyName;
      blockInSlot = new int[slotCount];
      freeCount = slotCount;
      policy =
          PolicyFactory.create(
              policyName,
              slotCount,
              new SlotView() {
                @Override
                public long keyHash(int slot) {
                  return BlockKey.hash(1, blockInSlot[slot]);
                }

                @Override
                public boolean isPrefetched(int slot) {
                  return false;
                }
              });
    }

    /** Makes room to note where this many blocks are. */
    void reserve(int blockCount) {
      int before = slotOfBlock.length;
      slotOfBlock = Arrays.copyOf(slotOfBlock, blockCount);
      Arrays.fill(slotOfBlock, before, blockCount, NOWHERE);
    }

    void use(int[] blocks) {
      for (int block : blocks) {
        int slot = slotOfBlock[block];
        if (slot == NOWHERE) {
          missCount++;
          insert(block);
        } else {
          policy.onHit(slot);
        }
      }
    }

    private void insert(int block) {
      int slot;
      if (freeCount > 0) {
        slot = --freeCount;
      } else {
        slot = policy.victim();
        slotOfBlock[blockInSlot[slot]] = NOWHERE;
      }
      slotOfBlock[block] = slot;
      blockInSlot[slot] = block;
      policy.onInsert(slot);
    }
  }
}
