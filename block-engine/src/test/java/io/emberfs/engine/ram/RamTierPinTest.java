package io.emberfs.engine.ram;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockMeta;
import io.emberfs.core.TierPins;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.policy.PolicyFactory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

final class RamTierPinTest {
  private static final long RAM_BYTES = 8 << 20;
  private static final long PINNED = TestTier.FILE;
  private static final long SCANNED = 99;

  /** Of 64 KiB: 2 MiB, a quarter of the tier. */
  private static final long PINNED_BLOCKS = 32;

  /** Three times the tier. */
  private static final long SCANNED_BLOCKS = 384;

  @Test
  void aPinnedFileOutlivesAnyScanUnderAnyPolicyAndOthersDoNot() {
    for (String policy : PolicyFactory.names()) {
      try (TestTier blocks = new TestTier(RAM_BYTES, policy)) {
        blocks.tier.pins().add(PINNED);
        fill(blocks);
        scan(blocks, 0);
        scan(blocks, 10_000);

        assertThat(present(blocks)).as(policy).isEqualTo(PINNED_BLOCKS);
        assertThat(blocks.tier.evictionCount()).isPositive();
        assertThat(blocks.tier.pins().heldBytes())
            .as("only what would have left is held")
            .isLessThanOrEqualTo(PINNED_BLOCKS * blocks.geometry.blockSize());
      }
    }
    try (TestTier blocks = new TestTier(RAM_BYTES, "lru")) {
      fill(blocks);
      scan(blocks, 0);
      assertThat(present(blocks)).as("without a pin").isZero();
    }
  }

  @Test
  void aPinHoldsWhatWasThereBefore() {
    try (TestTier blocks = new TestTier(RAM_BYTES, "lru")) {
      fill(blocks);
      blocks.tier.pins().add(PINNED);
      scan(blocks, 0);
      assertThat(present(blocks)).isEqualTo(PINNED_BLOCKS);
      assertThat(blocks.tier.pins().heldBytes())
          .isEqualTo(PINNED_BLOCKS * blocks.geometry.blockSize());
    }
  }

  @Test
  void anUnpinnedFileLeavesLikeAnyOther() {
    try (TestTier blocks = new TestTier(RAM_BYTES, "lru")) {
      blocks.tier.pins().add(PINNED);
      fill(blocks);
      scan(blocks, 0);

      blocks.tier.pins().remove(PINNED);

      assertThat(blocks.tier.pins().heldBytes()).isZero();
      assertThat(present(blocks)).as("nothing is dropped by it").isEqualTo(PINNED_BLOCKS);
      scan(blocks, 10_000);
      assertThat(present(blocks)).isZero();
    }
  }

  /** All of the tier is pinned: half of it stays, and others have the other half. */
  @Test
  void noMoreThanTheShareIsHeld() {
    try (TestTier blocks = new TestTier(RAM_BYTES, "lru")) {
      TierPins pins = blocks.tier.pins();
      pins.add(PINNED);
      for (long block = 0; block < SCANNED_BLOCKS; block++) {
        assertThat(blocks.insert(block, blocks.whole, 0)).isTrue();
      }
      scan(blocks, 0);
      long half = pins.bytesMax(TierPins.PERCENT_DEFAULT);
      assertThat(pins.heldBytes()).isBetween(half - blocks.geometry.blockSize(), half);
      assertThat(pins.bytesMax(100)).isLessThan(RAM_BYTES);

      pins.setPercentMax(25);
      scan(blocks, 10_000);
      assertThat(pins.heldBytes()).isLessThanOrEqualTo(pins.bytesMax(25)).isPositive();
    }
  }

  @Test
  void aTierThatShrinksBelowItsPinsKeepsItsBudget() {
    try (TestTier blocks = new TestTier(RAM_BYTES, "lru")) {
      blocks.tier.pins().add(PINNED);
      fill(blocks);
      scan(blocks, 0);
      assertThat(present(blocks)).isEqualTo(PINNED_BLOCKS);

      long smaller = 3 << 20;
      blocks.tier.resize(smaller);

      assertThat(blocks.tier.usedBytes()).isLessThanOrEqualTo(smaller);
      long half = blocks.tier.pins().bytesMax(TierPins.PERCENT_DEFAULT);
      assertThat(blocks.tier.pins().heldBytes()).isLessThanOrEqualTo(half);
      scan(blocks, 10_000);
      assertThat(present(blocks)).isPositive().isLessThan(PINNED_BLOCKS);
      assertThat(blocks.readsRight(0)).as("the oldest went first").isFalse();
      assertThat(blocks.readsRight(PINNED_BLOCKS - 1)).isTrue();

      blocks.tier.resize(0);
      assertThat(blocks.tier.blockCount()).isZero();
      assertThat(blocks.tier.pins().heldBytes()).isZero();
      blocks.tier.resize(RAM_BYTES);
    }
  }

  /** Granules come and go while a block is held; what is written is removed all the same. */
  @Test
  void theAccountOfWhatIsHeldFollowsTheBlocks() {
    try (TestTier blocks = new TestTier(RAM_BYTES, "lru", Codecs.standard())) {
      blocks.tier.pins().add(PINNED);
      for (long block = 0; block < PINNED_BLOCKS; block++) {
        assertThat(blocks.insert(block, 1, 0)).isTrue();
      }
      scan(blocks, 0);
      long granule = blocks.geometry.granuleSize();
      assertThat(blocks.tier.pins().heldBytes()).isEqualTo(PINNED_BLOCKS * granule);

      blocks.insert(0, blocks.whole, 0);
      blocks.tier.removeGranules(PINNED, 1, 1);
      blocks.offerCompressed(2, TestTier.GENERATION, blocks.whole);

      long pages = PINNED_BLOCKS - 3 + blocks.geometry.granulesPerBlock() + 1;
      assertThat(blocks.tier.pins().heldBytes()).isEqualTo(pages * granule);
      blocks.tier.removeFrom(PINNED, 0);
      assertThat(blocks.tier.pins().heldBytes()).isZero();
      assertThat(present(blocks)).isZero();
    }
  }

  private static void fill(TestTier blocks) {
    for (long block = 0; block < PINNED_BLOCKS; block++) {
      assertThat(blocks.insert(block, blocks.whole, 0)).isTrue();
    }
  }

  private static long present(TestTier blocks) {
    long count = 0;
    for (long block = 0; block < PINNED_BLOCKS; block++) {
      count += blocks.tier.validGranules(PINNED, block, TestTier.GENERATION) == 0 ? 0 : 1;
    }
    return count;
  }

  /** Blocks of another file, each once. */
  private static void scan(TestTier blocks, long firstBlock) {
    try (Arena arena = Arena.ofConfined()) {
      for (long block = firstBlock; block < firstBlock + SCANNED_BLOCKS; block++) {
        MemorySegment raw = blocks.raw(block, TestTier.GENERATION, blocks.whole, arena);
        BlockMeta meta = blocks.meta(block, TestTier.GENERATION, blocks.whole, 0, raw);
        BlockMeta scanned =
            new BlockMeta(
                SCANNED,
                block,
                meta.fileGeneration(),
                0,
                meta.rawSize(),
                meta.storedSize(),
                meta.checksum(),
                meta.validGranules(),
                meta.writeSequence());
        assertThat(blocks.tier.insert(scanned, raw, 0)).isTrue();
        blocks.tier.maintain();
      }
    }
  }
}
