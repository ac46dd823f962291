package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockLease;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Lookup;
import io.emberfs.core.Tier;
import io.emberfs.core.WriteFence;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Offers the blocks of {@link TestBlocks} to a tier and judges its answers. Any thread. */
public final class TierProbe {
  private final Tier tier;
  private final TestBlocks blocks;
  private final WriteFence fence;

  public TierProbe(Tier tier, BlockGeometry geometry, WriteFence fence) {
    this.tier = tier;
    this.blocks = new TestBlocks(geometry);
    this.fence = fence;
  }

  /**
   * Offers a block that nothing forbids the tier to take, and fails if it declines. Returns the
   * meta that was offered.
   */
  public BlockMeta accept(long fileId, long blockIndex, long fileGeneration, long granules) {
    assertThat(offer(fileId, blockIndex, fileGeneration, granules))
        .as("offer of block %d of file %d", blockIndex, fileId)
        .isTrue();
    return blocks.meta(fileId, blockIndex, fileGeneration, granules, fence.sequence());
  }

  /** Offers a block with the fence's present sequence. */
  public boolean offer(long fileId, long blockIndex, long fileGeneration, long granules) {
    BlockMeta meta = blocks.meta(fileId, blockIndex, fileGeneration, granules, fence.sequence());
    return offer(meta, blocks.bytes(fileId, blockIndex, fileGeneration, granules));
  }

  /** Offers any bytes, from memory that is gone when this returns. */
  public boolean offer(BlockMeta meta, byte[] stored) {
    try (Arena caller = Arena.ofConfined()) {
      return tier.offer(
          meta, caller.allocate(stored.length).copyFrom(MemorySegment.ofArray(stored)));
    }
  }

  /** Looks a block up and fails unless it is there; the lease is the caller's to close. */
  public BlockLease hit(long fileId, long blockIndex, long wantedGranules) {
    return hit(tier.lookup(fileId, blockIndex, wantedGranules));
  }

  /** The lease of a lookup that must be a hit. */
  public static BlockLease hit(Lookup lookup) {
    assertThat(lookup).isInstanceOf(Lookup.Hit.class);
    return ((Lookup.Hit) lookup).lease();
  }

  /** Fails unless the block is there with these granules and the right bytes of this generation. */
  public void assertHit(long fileId, long blockIndex, long fileGeneration, long wantedGranules) {
    try (BlockLease lease = hit(fileId, blockIndex, wantedGranules)) {
      assertThat(lease.meta().fileId()).isEqualTo(fileId);
      assertThat(lease.meta().blockIndex()).isEqualTo(blockIndex);
      assertThat(lease.meta().fileGeneration()).isEqualTo(fileGeneration);
      assertThat(lease.meta().covers(wantedGranules)).isTrue();
      blocks.assertRight(lease);
    }
  }

  /** Fails if the tier has the granules. */
  public void assertMiss(long fileId, long blockIndex, long wantedGranules) {
    assertThat(tier.lookup(fileId, blockIndex, wantedGranules)).isInstanceOf(Lookup.Miss.class);
  }

  /** The keys of all blocks, in the tier's order. */
  public List<BlockKey> keys() {
    List<BlockKey> keys = new ArrayList<>();
    tier.forEachMeta(meta -> keys.add(new BlockKey(meta.fileId(), meta.blockIndex())));
    return keys;
  }
}
