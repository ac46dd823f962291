package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockKey;
import io.emberfs.core.ReplacementPolicy;
import io.emberfs.testkit.PolicyContract;
import io.emberfs.testkit.PolicyReplay;
import io.emberfs.testkit.Seeds;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class MasterTest extends PolicyContract {
  @Override
  protected ReplacementPolicy create(int slotCount, ReplacementPolicy.SlotView view) {
    return new Master(slotCount, view);
  }

  @Test
  void itLearnsThatScansAreNoWorkForLru() {
    PolicyReplay master = PolicyReplay.of(100, Master::new);
    PolicyReplay lru = PolicyReplay.of(100, (n, _) -> new Lru(n));
    long missesOfMaster = 0;
    long missesOfLru = 0;
    for (int round = 0; round < 60; round++) {
      // Fifty blocks that are used again and again, and a hundred that are not.
      long[] keys = new long[150];
      for (int i = 0; i < keys.length; i++) {
        keys[i] = i % 3 == 0 ? i / 3 : 1000L + 100L * round + i * 2 / 3;
      }
      missesOfMaster += misses(master.run(keys));
      missesOfLru += misses(lru.run(keys));
    }
    assertThat(missesOfLru).isGreaterThan(60 * 140);
    assertThat(missesOfMaster).isLessThan(60 * 110);
  }

  /** At the first scan all experts have missed alike, so nothing speaks against LRU yet. */
  @Test
  void aFirstScanTakesLittleOfWhatIsReadAgainAndAgain() {
    int slotCount = 4000;
    PolicyReplay master = PolicyReplay.of(slotCount, Master::new);
    Seeds.check(random -> {
      long[] hot = random.longs(4L * slotCount, 0, slotCount / 2).toArray();
      master.run(hot);
      master.run(LongStream.range(0, slotCount / 2).toArray());
      master.run(LongStream.range(1_000_000, 1_000_000 + 2 * slotCount).toArray());
      long lost = misses(master.run(LongStream.range(0, slotCount / 2).toArray()));
      assertThat(lost).isLessThan(slotCount / 2 / 20);
    });
  }

  /** Were it judged as a miss, LRU would be called back and lose the blocks in use to the scan. */
  @Test
  void aVictimThatReturnsSaysNothingAboutTheLeader() {
    PolicyReplay master = PolicyReplay.of(100, Master::new);
    long missesAfterwards = 0;
    for (int round = 0; round < 60; round++) {
      for (int i = 0; round > 30 && i < 20; i++) {
        master.spare();
      }
      long[] keys = new long[150];
      for (int i = 0; i < keys.length; i++) {
        keys[i] = i % 3 == 0 ? i / 3 : 1000L + 100L * round + i * 2 / 3;
      }
      long missed = misses(master.run(keys));
      missesAfterwards += round > 40 ? missed : 0;
    }
    assertThat(missesAfterwards).as("LRU misses 2850").isLessThan(19 * 115);
  }

  /** The sample of a large cache must come to the same judgement. */
  @Test
  void aLargeCacheLearnsTooAndItsShadowsStaySmall() {
    int slotCount = 40_000;
    PolicyReplay master = PolicyReplay.of(slotCount, Master::new);
    long missesOfMaster = 0;
    for (int round = 0; round < 12; round++) {
      long[] keys = new long[60_000];
      for (int i = 0; i < keys.length; i++) {
        keys[i] = i % 3 == 0 ? i / 3 : 1_000_000L + 40_000L * round + i * 2 / 3;
      }
      long missed = misses(master.run(keys));
      missesOfMaster += round < 6 ? 0 : missed;
    }
    assertThat(missesOfMaster).as("LRU misses all 360,000").isLessThan(6 * 45_000);
    assertThat(Master.bytesFor(slotCount)).isLessThan(slotCount * 18L);
  }

  @Test
  void itNeverMissesMuchMoreThanLru() {
    Seeds.check(random -> {
      // Phases that suit different policies, in any order.
      PolicyReplay master = PolicyReplay.of(64, Master::new);
      PolicyReplay lru = PolicyReplay.of(64, (n, _) -> new Lru(n));
      long missesOfMaster = 0;
      long missesOfLru = 0;
      for (int phase = 0; phase < 40; phase++) {
        long[] keys = phase(random, random.nextInt(4), phase * 1000L);
        missesOfMaster += misses(master.run(keys));
        missesOfLru += misses(lru.run(keys));
      }
      assertThat(missesOfMaster).isLessThanOrEqualTo((long) (missesOfLru * 1.01) + 64);
    });
  }

  private static long[] phase(RandomGenerator random, int kind, long base) {
    long[] keys = new long[2000];
    for (int i = 0; i < keys.length; i++) {
      keys[i] =
          base
              + switch (kind) {
                case 0 -> i % 70;
                case 1 -> random.nextInt(100);
                case 2 -> (long) Math.abs(random.nextGaussian() * 60);
                default -> i / 4 + random.nextInt(16);
              };
    }
    return keys;
  }

  private static long misses(String outcome) {
    return outcome.chars().filter(c -> c == PolicyReplay.MISS).count();
  }

  @Test
  void prefetchedBlocksThatNobodyAskedForLeaveFirst() {
    boolean[] prefetched = new boolean[100];
    Master master =
        new Master(
            100,
            new ReplacementPolicy.SlotView() {
              @Override
              public long keyHash(int slot) {
                return BlockKey.hash(1, slot);
              }

              @Override
              public boolean isPrefetched(int slot) {
                return prefetched[slot];
              }
            });
    for (int slot = 0; slot < 100; slot++) {
      prefetched[slot] = slot >= 90;
      master.onInsert(slot);
    }
    prefetched[91] = false;
    master.onHit(91);
    for (int expected : new int[] {90, 92, 93, 94, 95}) {
      assertThat(master.victim()).isEqualTo(expected);
    }
    assertThat(master.victim()).as("a twentieth may wait").isLessThan(90);
  }
}
