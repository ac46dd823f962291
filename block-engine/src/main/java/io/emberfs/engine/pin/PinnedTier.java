package io.emberfs.engine.pin;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Tier;
import io.emberfs.core.TierPins;
import io.emberfs.engine.ram.RamTier;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * The pins of one tier: a file with two pinned names is kept until both pins are gone. Under the
 * monitor of the {@link PinTable}, except where a method says otherwise.
 */
final class PinnedTier {
  private final Tier tier;
  private final BlockGeometry geometry;
  private final Map<Long, Integer> pinCounts = new HashMap<>();

  PinnedTier(Tier tier, BlockGeometry geometry) {
    this.tier = tier;
    this.geometry = geometry;
  }

  /** One more pin of a file. */
  void add(long fileId) {
    if (pinCounts.merge(fileId, 1, Integer::sum) == 1) {
      tier.pins().add(fileId);
    }
  }

  /** One pin of a file less. */
  void remove(long fileId) {
    int left = pinCounts.getOrDefault(fileId, 1) - 1;
    if (left == 0) {
      pinCounts.remove(fileId);
      tier.pins().remove(fileId);
    } else {
      pinCounts.put(fileId, left);
    }
  }

  TierPins pins() {
    return tier.pins();
  }

  /**
   * What pinned files take of the tier when all of them is there, uncompressed. Any thread.
   *
   * @param tierBit only pins in this tier count
   */
  long bytesFor(Collection<PinnedPath> pins, int tierBit) {
    long granuleSize = geometry.granuleSize();
    long bytes = 0;
    for (PinnedPath pin : pins) {
      if ((pin.tiers() & tierBit) == 0) {
        continue;
      }
      long granules = Math.ceilDiv(pin.sizeBytes(), granuleSize);
      if (granules > (Long.MAX_VALUE - bytes) / granuleSize) {
        return Long.MAX_VALUE; // sparse files may be that large
      }
      bytes += granules * granuleSize;
    }
    return bytes;
  }

  /** Bytes of a file that are in the tier. Any thread. */
  long cachedBytes(PinnedPath pin) {
    return Math.min(tier.pins().cachedBytes(pin.fileId()), pin.sizeBytes());
  }

  /**
   * Has what RAM holds of a file, and this tier does not, handed down once more: RAM believes that
   * it is saved. Any thread.
   */
  void handDown(FoundFile file, RamTier ram) {
    for (long block : ram.blocksOf(file.fileId())) {
      long inRam = ram.validGranules(file.fileId(), block, file.fileGeneration());
      long here = tier.validGranules(file.fileId(), block, file.fileGeneration());
      if ((inRam & ~here) != 0) {
        boolean _ = ram.handDownAgain(file.fileId(), block);
      }
    }
  }
}
