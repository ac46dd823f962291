package io.emberfs.engine.tiers;

import io.emberfs.core.Tier;
import io.emberfs.engine.ram.RamTier;
import java.util.List;

/**
 * RAM and the tiers below it, nearest first. A tier that is switched off is not in the list; RAM
 * without a budget stays and declines everything.
 */
public final class TierChain {
  private final RamTier ram;
  private final List<Tier> lower;

  public TierChain(RamTier ram, List<Tier> lower) {
    this.ram = ram;
    this.lower = List.copyOf(lower);
    for (Tier tier : this.lower) {
      tier.setUpper(ram::holds);
    }
  }

  public RamTier ram() {
    return ram;
  }

  /** The tiers below RAM, nearest first. */
  public List<Tier> lower() {
    return lower;
  }

  /** Removes one block everywhere. */
  public void remove(long fileId, long blockIndex) {
    ram.remove(fileId, blockIndex);
    for (Tier tier : lower) {
      tier.remove(fileId, blockIndex);
    }
  }

  /**
   * Removes some granules of a block from RAM, and the whole block from the tiers below, which
   * cannot cut a stored block.
   */
  public void removeGranules(long fileId, long blockIndex, long granules) {
    ram.removeGranules(fileId, blockIndex, granules);
    for (Tier tier : lower) {
      tier.remove(fileId, blockIndex);
    }
  }

  /** Removes the blocks of a file from one on, everywhere. */
  public void removeFrom(long fileId, long firstBlockIndex) {
    ram.removeFrom(fileId, firstBlockIndex);
    for (Tier tier : lower) {
      tier.removeFrom(fileId, firstBlockIndex);
    }
  }

  /**
   * Empties one tier, or all.
   *
   * @param tierName a tier's name or {@code all}
   * @return bytes that the tiers gave up; a name that is not in the chain gives up nothing
   */
  public long clear(String tierName) {
    long freed = 0;
    if (tierName.equals("all") || tierName.equals(ram.name())) {
      freed += clear(ram);
    }
    for (Tier tier : lower) {
      if (tierName.equals("all") || tierName.equals(tier.name())) {
        freed += clear(tier);
      }
    }
    return freed;
  }

  private static long clear(Tier tier) {
    long before = tier.usedBytes();
    tier.clear();
    return Math.max(0, before - tier.usedBytes());
  }
}
