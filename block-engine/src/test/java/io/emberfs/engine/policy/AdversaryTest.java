package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.ReplacementPolicy;
import io.emberfs.core.ReplacementPolicy.SlotView;
import io.emberfs.testkit.PolicyReplay;
import io.emberfs.testkit.Seeds;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Accesses that are made to be bad for one expert of the default policy or another: it never misses
 * much more than LRU, and much less where an expert does.
 */
final class AdversaryTest {
  private static final int SLOTS = 200;
  private static final int ACCESSES = 60_000;
  private static final double LRU_MARGIN = 1.01;

  /** What may be lost before there is anything to judge by. */
  private static final int LOST_AT_START = SLOTS;

  private static final BiFunction<Integer, SlotView, ReplacementPolicy> LRU = (n, _) -> new Lru(n);

  private static final BiFunction<Integer, SlotView, ReplacementPolicy> SHORT_TWO_Q =
      (n, view) -> new RuledQueues(n, view, QueueRule.SHORT_TWO_Q);

  /** Makes the next key asked for. */
  @FunctionalInterface
  private interface Pattern {
    long key(RandomGenerator random, int access);
  }

  /** Each key is used again too late for a short queue of newcomers and in time for LRU, twice. */
  private static long drift(RandomGenerator random, int access) {
    int age =
        switch (access % 3) {
          case 0 -> 0;
          case 1 -> SLOTS * 3 / 10 + random.nextInt(SLOTS / 10);
          default -> SLOTS * 11 / 20;
        };
    return 1_000_000_000L + access / 3 - age;
  }

  private static long loop(RandomGenerator random, int access) {
    return 2_000_000_000L + access % (SLOTS * 21 / 20);
  }

  private static long hotSetAndScan(RandomGenerator random, int access) {
    return access % 3 == 0 ? random.nextInt(SLOTS / 2) : 3_000_000_000L + access;
  }

  private static long oneHitWonders(RandomGenerator random, int access) {
    double chance = random.nextDouble();
    return random.nextBoolean()
        ? 4_000_000_000L + (long) (chance * chance * chance * SLOTS * 5)
        : 5_000_000_000L + access;
  }

  private static long changing(RandomGenerator random, int access) {
    return switch (access / (SLOTS * 15) % 4) {
      case 0 -> drift(random, access);
      case 1 -> hotSetAndScan(random, access);
      case 2 -> loop(random, access);
      default -> oneHitWonders(random, access);
    };
  }

  /** As soon as one expert has been right for about as long as it takes to lead, it is wrong. */
  private static long changingFast(RandomGenerator random, int access) {
    return access / (SLOTS * 3 / 2) % 2 == 0
        ? drift(random, access)
        : hotSetAndScan(random, access);
  }

  @Test
  void driftThatSuitsLru() {
    check(AdversaryTest::drift, 1);
  }

  @Test
  void loopThatIsALittleTooLarge() {
    check(AdversaryTest::loop, 0.15);
  }

  @Test
  void scansBetweenUsesOfAHotSet() {
    check(AdversaryTest::hotSetAndScan, 0.82);
  }

  @Test
  void floodsOfOneHitWonders() {
    check(AdversaryTest::oneHitWonders, 0.88);
  }

  @Test
  void phasesThatSuitOneAfterTheOther() {
    check(AdversaryTest::changing, 0.86);
  }

  @Test
  void phasesThatEndWhenTheyHaveBeenLearned() {
    check(AdversaryTest::changingFast, 1);
  }

  /** Else the bound above could not fail. */
  @Test
  void anExpertAloneMissesTheBound() {
    Seeds.check(random -> {
      long[] keys = keys(AdversaryTest::drift, random);
      long missesOfLru = misses(LRU, keys);
      assertThat(misses(S3Fifo::new, keys)).isGreaterThan(bound(missesOfLru));
      assertThat(misses(SHORT_TWO_Q, keys)).isGreaterThan(bound(missesOfLru));
      long[] loop = keys(AdversaryTest::loop, random);
      assertThat(misses(LRU, loop)).isGreaterThan(bound(misses(Master::new, loop)));
    });
  }

  @Test
  void prefetchedBlocksThatAreNeverUsed() {
    Seeds.check(random -> {
      PolicyReplay master = PolicyReplay.of(SLOTS, Master::new);
      PolicyReplay lru = PolicyReplay.of(SLOTS, LRU);
      PolicyReplay lruLeftAlone = PolicyReplay.of(SLOTS * 19 / 20, LRU);
      long missesOfMaster = 0;
      long missesOfLru = 0;
      long missesLeftAlone = 0;
      for (int access = 0; access < ACCESSES; access++) {
        long key = Math.round(Math.abs(random.nextGaussian() * SLOTS / 2));
        missesOfMaster += missCount(master.run(key));
        missesOfLru += missCount(lru.run(key));
        missesLeftAlone += missCount(lruLeftAlone.run(key));
        long[] fetched = {6_000_000_000L + access, 7_000_000_000L + access};
        master.bring(fetched);
        lru.bring(fetched);
      }
      assertThat(missesOfMaster).isLessThan(missesOfLru / 2);
      assertThat(missesOfMaster).isLessThanOrEqualTo(bound(missesLeftAlone));
    });
  }

  /**
   * @param share of LRU's misses, that may be missed at most besides what is lost at the start
   */
  private static void check(Pattern pattern, double share) {
    Seeds.check(random -> {
      long[] keys = keys(pattern, random);
      long missesOfLru = misses(LRU, keys);
      long missesOfMaster = misses(Master::new, keys);
      assertThat(missesOfMaster)
          .as("not much more than LRU")
          .isLessThanOrEqualTo(bound(missesOfLru));
      assertThat(missesOfMaster)
          .as("LRU misses %d", missesOfLru)
          .isLessThanOrEqualTo(bound((long) (missesOfLru * share)));
    });
  }

  private static long bound(long missesOfLru) {
    return (long) (missesOfLru * LRU_MARGIN) + LOST_AT_START;
  }

  private static long[] keys(Pattern pattern, RandomGenerator random) {
    long[] keys = new long[ACCESSES];
    for (int access = 0; access < ACCESSES; access++) {
      keys[access] = pattern.key(random, access);
    }
    return keys;
  }

  private static long misses(BiFunction<Integer, SlotView, ReplacementPolicy> maker, long[] keys) {
    return missCount(PolicyReplay.of(SLOTS, maker).run(keys));
  }

  private static long missCount(String outcome) {
    return outcome.chars().filter(c -> c == PolicyReplay.MISS).count();
  }
}
