package io.emberfs.bench;

import io.emberfs.app.simulate.BlockAccesses;
import io.emberfs.core.ReplacementPolicy;
import io.emberfs.core.ReplacementPolicy.SlotView;
import io.emberfs.core.Tier;
import io.emberfs.engine.policy.PolicyFactory;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A cache of a number of blocks, without bytes: which blocks of a trace are in it. */
final class CacheLevel implements SlotView {
  /** As in the SSD tier: blocks that stay for being above at most, for one that leaves. */
  private static final int TURNS_MAX = 64;

  private static final int NONE = -1;

  private final BlockAccesses accesses;
  private final ReplacementPolicy policy;
  private final int[] slotOf;
  private final int[] blockIn;
  private int blockCount;

  CacheLevel(String policyName, int slotCount, BlockAccesses accesses) {
    this.accesses = accesses;
    slotOf = new int[accesses.footprint()];
    blockIn = new int[slotCount];
    Arrays.fill(slotOf, NONE);
    policy = PolicyFactory.create(policyName, slotCount, this);
  }

  @Override
  public long keyHash(int slot) {
    return accesses.keyHash(blockIn[slot]);
  }

  @Override
  public boolean isPrefetched(int slot) {
    return false;
  }

  /** Whether the block is here; if so, it was used. */
  boolean hits(int block) {
    if (slotOf[block] == NONE) {
      return false;
    }
    policy.onHit(slotOf[block]);
    return true;
  }

  /**
   * Takes a block that is not here.
   *
   * @param upper whose blocks had better stay here
   */
  void insert(int block, @Nullable CacheLevel upper) {
    int slot = blockCount < blockIn.length ? blockCount++ : evict(upper);
    blockIn[slot] = block;
    slotOf[block] = slot;
    policy.onInsert(slot);
  }

  /** Share of these blocks that another level lacks. */
  double shareMissingIn(CacheLevel other) {
    long missing =
        Arrays.stream(blockIn, 0, blockCount).filter(block -> other.slotOf[block] == NONE).count();
    return (double) missing / Math.max(1, blockCount);
  }

  /** What an admission policy asks of a tier: how full it is. */
  Tier asTier(int blockSize) {
    return (Tier)
        Proxy.newProxyInstance(
            Tier.class.getClassLoader(),
            new Class<?>[] {Tier.class},
            (_, method, _) ->
                switch (method.getName()) {
                  case "usedBytes" -> (long) blockCount * blockSize;
                  case "capacityBytes" -> (long) blockIn.length * blockSize;
                  default -> throw new UnsupportedOperationException(method.toString());
                });
  }

  private int evict(@Nullable CacheLevel upper) {
    int slot = policy.victim();
    for (int turn = 0; turn < TURNS_MAX; turn++) {
      if (upper == null || upper.slotOf[blockIn[slot]] == NONE) {
        break;
      }
      policy.onReturn(slot);
      slot = policy.victim();
    }
    slotOf[blockIn[slot]] = NONE;
    return slot;
  }
}
