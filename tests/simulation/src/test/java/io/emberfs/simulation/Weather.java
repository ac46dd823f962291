package io.emberfs.simulation;

import io.emberfs.engine.policy.PolicyFactory;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What kind of run a seed makes. Each run has a few troubles and lacks the others: a run with all
 * of them at once would seldom get far enough for any.
 *
 * @param blockSize bytes of a block
 * @param ramPages pages of the RAM tier; 0 switches it off
 * @param ssdBytes budget of the tier below; 0 is no such tier
 * @param faultChance how often a call of the backing fails
 * @param ssdFaultChance how often a call of the tier below goes wrong
 * @param stateFaultChance how often a piece of state is not saved or not found
 * @param rotChance how often bits turn when the scrub could begin a round
 * @param foreignWeight how often somebody else changes a file
 * @param crashWeight how often everything is killed
 */
record Weather(
    int blockSize,
    int ramPages,
    long ssdBytes,
    String policy,
    boolean compresses,
    boolean readsAhead,
    long ttlNanos,
    int loadCountMax,
    int fileCountMax,
    int fileCount,
    int clientCount,
    int operationCount,
    int fileBytesMax,
    double sleepChance,
    double faultChance,
    double ssdFaultChance,
    double stateFaultChance,
    double rotChance,
    int foreignWeight,
    int crashWeight,
    int proposals) {
  private static final List<String> POLICIES = PolicyFactory.names();
  private static final int[] BLOCK_SIZES = {4096, 8192, 8192, 16384, 32768};
  private static final long[] TTLS = {0, 1_000_000_000L, 1_000_000_000L, 100_000_000L};
  private static final int SSD_BLOCK_OVERHEAD_BYTES = 64;

  static Weather of(RandomGenerator random) {
    int blockSize = BLOCK_SIZES[random.nextInt(BLOCK_SIZES.length)];
    int pagesPerBlock = blockSize / FileHistory.GRANULE_SIZE;
    int ramPages =
        random.nextInt(12) == 0 ? 0 : pagesPerBlock * (1 + random.nextInt(4)) + random.nextInt(12);
    long ssdBlocks = random.nextInt(5) == 0 ? 0 : 1 + random.nextInt(20);
    boolean faulty = random.nextInt(3) == 0;
    boolean ssdFaulty = random.nextInt(3) == 0;
    return new Weather(
        blockSize,
        ramPages,
        ssdBlocks * (blockSize + SSD_BLOCK_OVERHEAD_BYTES),
        POLICIES.get(random.nextInt(POLICIES.size())),
        random.nextBoolean(),
        random.nextBoolean(),
        TTLS[random.nextInt(TTLS.length)],
        1 + random.nextInt(3),
        1 + random.nextInt(4),
        1 + random.nextInt(3),
        1 + random.nextInt(4),
        20 + random.nextInt(50),
        blockSize + random.nextInt(4 * blockSize),
        random.nextInt(3) == 0 ? 0 : 0.02 * random.nextInt(4),
        faulty ? 0.005 + 0.03 * random.nextDouble() : 0,
        ssdFaulty ? 0.1 * random.nextDouble() : 0,
        random.nextInt(4) == 0 ? 0.3 : 0,
        random.nextInt(3) == 0 ? 0.1 : 0,
        random.nextInt(3) * random.nextInt(4),
        random.nextInt(3),
        random.nextInt(3));
  }

  @Override
  public String toString() {
    return "blockSize %d, ramPages %d, ssdBytes %d, policy %s, files %d, clients %d, ttl %d ms, faults %.3f, ssd faults %.3f, rot %.1f"
        .formatted(
            blockSize,
            ramPages,
            ssdBytes,
            policy,
            fileCount,
            clientCount,
            ttlNanos / 1_000_000,
            faultChance,
            ssdFaultChance,
            rotChance);
  }
}
