package io.emberfs.engine.pin;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Pins;
import io.emberfs.core.Tier;
import io.emberfs.core.TierPins;
import io.emberfs.engine.tiers.TierChain;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tiers in which files can be pinned, and what they are told. Changes are made under the
 * monitor of the {@link PinTable}; the tiers themselves are the same for ever.
 */
final class PinnedTiers {
  private final Map<String, PinnedTier> byName = new LinkedHashMap<>();

  PinnedTiers(TierChain chain, BlockGeometry geometry) {
    add(chain.ram(), geometry);
    chain.lower().forEach(tier -> add(tier, geometry));
  }

  private void add(Tier tier, BlockGeometry geometry) {
    if (PinnedPath.tierBit(tier.name()) != 0) {
      byName.put(tier.name(), new PinnedTier(tier, geometry));
    }
  }

  /** The tier of this name; null if the mount has none in which anything can be pinned. */
  @Nullable PinnedTier named(String tierName) {
    return byName.get(tierName);
  }

  /** Tells the tiers that one pin became another. */
  void change(@Nullable PinnedPath before, @Nullable PinnedPath after) {
    byName.forEach((name, tier) -> {
      int bit = PinnedPath.tierBit(name);
      long fileBefore = fileIn(before, bit);
      long fileAfter = fileIn(after, bit);
      if (fileBefore == fileAfter) {
        return;
      }
      if (fileAfter != PinnedPath.UNKNOWN) {
        tier.add(fileAfter);
      }
      if (fileBefore != PinnedPath.UNKNOWN) {
        tier.remove(fileBefore);
      }
    });
  }

  /** Tells the tiers how much of them may be pinned: more where that was forced. */
  void setShares(Collection<PinnedPath> pins) {
    int forced = 0;
    for (PinnedPath pin : pins) {
      forced |= pin.forced();
    }
    for (Map.Entry<String, PinnedTier> each : byName.entrySet()) {
      boolean isForced = (forced & PinnedPath.tierBit(each.getKey())) != 0;
      each.getValue()
          .pins()
          .setPercentMax(isForced ? Pins.PERCENT_FORCED : TierPins.PERCENT_DEFAULT);
    }
  }

  /** Bytes of a pinned file in each tier that it is pinned in, by name. Any thread. */
  Map<String, Long> cachedBytes(PinnedPath pin) {
    Map<String, Long> bytes = new LinkedHashMap<>();
    byName.forEach((name, tier) -> {
      if ((pin.tiers() & PinnedPath.tierBit(name)) != 0) {
        bytes.put(name, tier.cachedBytes(pin));
      }
    });
    return bytes;
  }

  private static long fileIn(@Nullable PinnedPath pin, int bit) {
    return pin == null || (pin.tiers() & bit) == 0 ? PinnedPath.UNKNOWN : pin.fileId();
  }
}
