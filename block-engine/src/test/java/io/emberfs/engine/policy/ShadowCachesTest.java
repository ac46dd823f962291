package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.emberfs.core.BlockKey;
import io.emberfs.testkit.PolicyReplay;
import io.emberfs.testkit.Seeds;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class ShadowCachesTest {
  private static final int KEYS = 200;
  private static final QueueRule[] RULES = {
    QueueRule.TWO_Q, QueueRule.S3_FIFO, QueueRule.TWO_Q, QueueRule.SHORT_TWO_Q
  };

  private final ShadowCaches shadows = new ShadowCaches(KEYS, RULES);

  @Test
  void theFirstMissesWhatLruMissesAndTheOthersWhatTheirRulesDo() {
    Seeds.check(random -> {
      PolicyReplay[] caches = new PolicyReplay[RULES.length];
      for (int i = 0; i < caches.length; i++) {
        QueueRule rule = RULES[i];
        caches[i] =
            i == 0
                ? PolicyReplay.of(KEYS, (n, _) -> new Lru(n))
                : PolicyReplay.of(KEYS, (n, view) -> new RuledQueues(n, view, rule));
      }
      int accessCount = 60_000;
      int[] misses = new int[RULES.length];
      int[] expected = new int[RULES.length];
      for (int access = 0; access < accessCount; access++) {
        long key = key(random, access);
        int missed = shadows.access(BlockKey.hash(1, key), KEYS);
        for (int i = 0; i < RULES.length; i++) {
          boolean isMiss = caches[i].run(key).charAt(0) == PolicyReplay.MISS;
          expected[i] += isMiss ? 1 : 0;
          misses[i] += missed >> i & 1;
          assertThat(i > 0 || isMiss == ((missed & 1) != 0)).as("LRU, access " + access).isTrue();
        }
      }
      for (int i = 0; i < RULES.length; i++) {
        // Their ghosts are kept in other ways, so the fate of single keys may differ.
        assertThat(misses[i]).as("cache " + i).isCloseTo(expected[i], within(accessCount / 100));
      }
      assertThat(misses[1]).as("the rules are no LRU").isLessThan(misses[0] * 95 / 100);
    });
  }

  @Test
  void whatIsForgottenIsNowhereAndNoGhost() {
    for (long key = 0; key < KEYS; key++) {
      shadows.access(BlockKey.hash(1, key), KEYS);
    }
    shadows.forget(BlockKey.hash(1, 7));
    shadows.forget(BlockKey.hash(1, 1_000_000));

    assertThat(shadows.access(BlockKey.hash(1, 8), KEYS)).isZero();
    assertThat(shadows.access(BlockKey.hash(1, 7), KEYS)).isEqualTo(0b1111);
  }

  @Test
  void aSmallerSampleKeepsItsKeys() {
    for (long key = 0; key < KEYS; key++) {
      shadows.access(BlockKey.hash(1, key), KEYS);
    }
    shadows.keepOnly(1);
    for (long key = 0; key < KEYS; key++) {
      long hash = BlockKey.hash(1, key);
      if (Long.numberOfLeadingZeros(hash) >= 1) {
        assertThat(shadows.access(hash, KEYS)).isZero();
      }
    }
  }

  /** However the caches differ and whatever room they have, each key has one record. */
  @Test
  void recordsNeverRunOut() {
    Seeds.check(random -> {
      for (int access = 0; access < 200_000; access++) {
        long hash = BlockKey.hash(1, key(random, access));
        int capacity = access % 1000 == 0 ? random.nextInt(KEYS) : KEYS;
        shadows.access(hash, capacity);
        assertThat(shadows.access(hash, capacity)).isZero();
        if (random.nextInt(50) == 0) {
          shadows.forget(hash);
        }
      }
    });
  }

  /** Keys of which some are used often, and others once. */
  private static long key(RandomGenerator random, int access) {
    return random.nextInt(3) == 0
        ? 1_000 + access
        : Math.round(Math.abs(random.nextGaussian() * 150));
  }
}
