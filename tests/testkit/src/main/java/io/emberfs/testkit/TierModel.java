package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockLease;
import io.emberfs.core.Lookup;
import io.emberfs.core.Tier;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Drives a tier with random calls beside a model that knows, for each block, what may be found: the
 * generation that was accepted last and its granules. The tier may lose blocks; it may not show
 * others. One thread.
 */
final class TierModel {
  private static final int FILE_COUNT = 3;
  private static final int BLOCK_COUNT = 24;
  private static final int GENERATION_COUNT = 3;

  private record Accepted(long fileGeneration, long granules) {}

  private final Tier tier;
  private final BlockGeometry geometry;
  private final FakeWriteFence fence;
  private final RandomGenerator random;
  private final TestBlocks blocks;
  private final Map<BlockKey, Accepted> model = new HashMap<>();

  TierModel(Tier tier, BlockGeometry geometry, FakeWriteFence fence, RandomGenerator random) {
    this.tier = tier;
    this.geometry = geometry;
    this.fence = fence;
    this.random = random;
    this.blocks = new TestBlocks(geometry);
  }

  void run(int steps, long capacityBytes) {
    for (int step = 0; step < steps; step++) {
      long fileId = random.nextInt(FILE_COUNT);
      long blockIndex = random.nextInt(BLOCK_COUNT);
      switch (random.nextInt(32)) {
        case 0, 1 -> remove(fileId, blockIndex);
        case 2 -> removeFrom(fileId, blockIndex);
        case 3 -> tier.flush();
        case 4 -> tier.resize(random.nextBoolean() ? capacityBytes : capacityBytes / 4);
        case 5 -> tier.scrub(random.nextInt(1 << 20), this::failDamaged);
        case 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 -> offer(fileId, blockIndex);
        default -> lookup(fileId, blockIndex);
      }
      assertThat(tier.usedBytes()).isLessThanOrEqualTo(tier.capacityBytes());
    }
    long[] sums = new long[2];
    tier.forEachMeta(meta -> {
      sums[0]++;
      sums[1] += meta.rawSize();
      return true;
    });
    assertThat(tier.blockCount()).isEqualTo(sums[0]);
    assertThat(tier.logicalBytes()).isEqualTo(sums[1]);
    tier.clear();
    assertThat(tier.blockCount()).isZero();
  }

  private void offer(long fileId, long blockIndex) {
    long generation = random.nextInt(GENERATION_COUNT);
    long granules = random.nextBoolean() ? geometry.fullMask() : randomGranules();
    boolean late = random.nextInt(8) == 0;
    long sequence = fence.sequence();
    if (late) {
      fence.raise(fileId, blockIndex);
    }
    byte[] bytes = blocks.bytes(fileId, blockIndex, generation, granules);
    boolean accepted;
    try (Arena caller = Arena.ofConfined()) {
      MemorySegment stored = caller.allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
      accepted =
          tier.offer(blocks.meta(fileId, blockIndex, generation, granules, sequence), stored);
    }
    if (accepted) {
      assertThat(late).as("a late offer was accepted").isFalse();
      model.merge(
          new BlockKey(fileId, blockIndex),
          new Accepted(generation, granules),
          (old, offered) ->
              old.fileGeneration() == generation
                  ? new Accepted(generation, old.granules() | granules)
                  : offered);
    }
  }

  private void lookup(long fileId, long blockIndex) {
    long wanted = random.nextInt(4) == 0 ? 0 : randomGranules();
    Accepted accepted = model.get(new BlockKey(fileId, blockIndex));
    Lookup lookup = tier.lookup(fileId, blockIndex, wanted);
    switch (lookup) {
      case Lookup.Hit(BlockLease lease) -> {
        try (lease) {
          if (accepted == null) {
            throw new AssertionError(
                "block %d of file %d was removed".formatted(blockIndex, fileId));
          }
          assertThat(lease.meta().fileId()).isEqualTo(fileId);
          assertThat(lease.meta().blockIndex()).isEqualTo(blockIndex);
          assertThat(lease.meta().fileGeneration()).isEqualTo(accepted.fileGeneration());
          assertThat(lease.meta().covers(wanted)).isTrue();
          assertThat(lease.meta().validGranules() & ~accepted.granules()).isZero();
          blocks.assertRight(lease);
        }
      }
      case Lookup.Corrupt _ -> throw new AssertionError("a healthy block was called damaged");
      case Lookup.Miss _, Lookup.Busy _ -> {}
    }
  }

  private void remove(long fileId, long blockIndex) {
    tier.remove(fileId, blockIndex);
    model.remove(new BlockKey(fileId, blockIndex));
  }

  private void removeFrom(long fileId, long firstBlockIndex) {
    tier.removeFrom(fileId, firstBlockIndex);
    model.keySet().removeIf(key -> key.fileId() == fileId && key.blockIndex() >= firstBlockIndex);
  }

  private long randomGranules() {
    long granules = random.nextLong() & geometry.fullMask();
    return granules == 0 ? 1 : granules;
  }

  private void failDamaged(long fileId, long blockIndex) {
    throw new AssertionError("block " + blockIndex + " of file " + fileId + " is healthy");
  }
}
