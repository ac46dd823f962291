package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.ReplacementPolicy.SlotView;
import org.junit.jupiter.api.Test;

final class PolicyFactoryTest {
  private static final SlotView NO_BLOCKS =
      new SlotView() {
        @Override
        public long keyHash(int slot) {
          return 0;
        }

        @Override
        public boolean isPrefetched(int slot) {
          return false;
        }
      };

  @Test
  void policiesAreMadeByName() {
    assertThat(PolicyFactory.create("lru", 8, NO_BLOCKS)).isInstanceOf(Lru.class);
    assertThat(PolicyFactory.create("s3fifo", 8, NO_BLOCKS)).isInstanceOf(S3Fifo.class);
    assertThat(PolicyFactory.create("default", 8, NO_BLOCKS)).isInstanceOf(Master.class);
  }

  @Test
  void anUnknownNameIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> PolicyFactory.create("nonesuch", 8, NO_BLOCKS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no replacement policy nonesuch; known: 2q, arc, clock, default,");
  }
}
