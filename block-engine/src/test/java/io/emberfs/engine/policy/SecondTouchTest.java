package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.testkit.FakeTier;
import io.emberfs.testkit.FakeWriteFence;
import io.emberfs.testkit.TestBlocks;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

final class SecondTouchTest {
  private static final BlockGeometry GEOMETRY = new BlockGeometry(BlockGeometry.BLOCK_SIZE_MIN);
  private static final int BLOCK_COUNT = 256;
  private static final long CAPACITY_BYTES = (long) BLOCK_COUNT * BlockGeometry.BLOCK_SIZE_MIN;

  private final FakeWriteFence fence = new FakeWriteFence();
  private final TestBlocks blocks = new TestBlocks(GEOMETRY);
  private final FakeTier tier = new FakeTier("ssd", GEOMETRY, CAPACITY_BYTES, fence);
  private final SecondTouch admission = new SecondTouch(GEOMETRY, CAPACITY_BYTES);

  @Test
  void aTierWithRoomTakesWhatComes() {
    for (int block = 0; block < BLOCK_COUNT / 2; block++) {
      assertThat(offer(block)).isTrue();
    }
  }

  @Test
  void aFullTierTakesABlockWhenItIsAskedForAgain() {
    fill();
    long before = tier.evictionCount();
    for (int block = 1000; block < 1000 + 2 * BLOCK_COUNT; block++) {
      assertThat(offer(block)).as("block %d, for the first time", block).isFalse();
    }
    assertThat(tier.evictionCount()).as("a scan costs nothing").isEqualTo(before);

    assertThat(offer(1000 + 2 * BLOCK_COUNT - 1)).as("it came back").isTrue();
  }

  @Test
  void whatIsAdmittedHasToProveItselfAgain() {
    fill();
    assertThat(offer(1000)).isFalse();
    assertThat(offer(1000)).isTrue();
    assertThat(offer(1000)).isFalse();
  }

  @Test
  void aTierThatHasRoomAgainTakesWhatComes() {
    fill();
    tier.clear();
    assertThat(offer(1000)).isTrue();
  }

  @Test
  void aTierWhoseBudgetFellBelowWhatItHoldsIsFull() {
    assertThat(offer(1)).isTrue();
    tier.resize(0);
    assertThat(offer(1000)).isFalse();
  }

  private void fill() {
    for (int block = 0; block < 2 * BLOCK_COUNT; block++) {
      boolean _ = offer(block);
    }
    assertThat(tier.usedBytes()).isGreaterThan(CAPACITY_BYTES * 9 / 10);
  }

  private boolean offer(long block) {
    long sequence = fence.sequence();
    BlockMeta meta = blocks.meta(1, block, 1, GEOMETRY.fullMask(), sequence);
    byte[] stored = blocks.bytes(1, block, 1, GEOMETRY.fullMask());
    return admission.admit(meta, tier) && tier.offer(meta, MemorySegment.ofArray(stored));
  }
}
