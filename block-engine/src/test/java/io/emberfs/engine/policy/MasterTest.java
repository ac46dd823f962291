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
  void itLearnsThatALoopIsNoWorkForLru() {
    PolicyReplay replay = PolicyReplay.of(100, Master::new);
    long[] loop = LongStream.range(0, 110).toArray();
    for (int round = 0; round < 30; round++) {
      replay.run(loop);
    }
    assertThat(replay.run(loop).chars().filter(c -> c == PolicyReplay.HIT).count())
        .isGreaterThan(80);
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
