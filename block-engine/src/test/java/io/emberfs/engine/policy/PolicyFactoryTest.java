package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.emberfs.core.BlockKey;
import io.emberfs.core.ReplacementPolicy;
import io.emberfs.core.ReplacementPolicy.SlotView;
import java.lang.management.ManagementFactory;
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

  private static final SlotView KEYS =
      new SlotView() {
        @Override
        public long keyHash(int slot) {
          return BlockKey.hash(1, slot);
        }

        @Override
        public boolean isPrefetched(int slot) {
          return false;
        }
      };

  private static final int HEADERS_AND_CHUNK_TABLES = 20_000;

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

  /**
   * A tier's budget counts what a policy says, so memory that it keeps quiet about would be lost.
   */
  @Test
  void noPolicyTakesMoreMemoryThanItSays() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int slotCount = 1_000_000;
    int usedCount = 10 * PolicyFactory.SLOTS_AT_A_TIME;
    for (String name : PolicyFactory.names()) {
      PolicyFactory.create(name, slotCount, KEYS).onInsert(0); // loads what it needs
      long before = threads.getCurrentThreadAllocatedBytes();
      ReplacementPolicy policy = PolicyFactory.create(name, slotCount, KEYS);
      long empty = threads.getCurrentThreadAllocatedBytes() - before;
      for (int slot = 0; slot < usedCount; slot++) {
        policy.onInsert(slot);
        policy.onHit(slot);
      }
      long used = threads.getCurrentThreadAllocatedBytes() - before - empty;

      int oneStep = PolicyFactory.bytesPerSlot(name) * PolicyFactory.SLOTS_AT_A_TIME;
      assertThat(empty)
          .as(name)
          .isLessThanOrEqualTo(
              PolicyFactory.bytesBesides(name, slotCount) + oneStep + HEADERS_AND_CHUNK_TABLES);
      assertThat(used)
          .as(name)
          .isBetween(
              // Some keep no number for a slot.
              (long) PolicyFactory.bytesPerSlot(name) * usedCount * 2 / 3,
              (long) PolicyFactory.bytesPerSlot(name) * usedCount
                  + oneStep
                  + HEADERS_AND_CHUNK_TABLES);
    }
  }

  /** A tier reckons with the slots that its whole budget could have, and then has fewer. */
  @Test
  void aLargerCacheIsNeverReckonedToNeedLess() {
    for (String name : PolicyFactory.names()) {
      for (int slotCount = 1; slotCount < 20_000; slotCount++) {
        assertThat(PolicyFactory.bytesBesides(name, slotCount + 1))
            .as(name)
            .isGreaterThanOrEqualTo(PolicyFactory.bytesBesides(name, slotCount));
      }
    }
  }
}
