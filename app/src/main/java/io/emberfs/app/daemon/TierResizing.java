package io.emberfs.app.daemon;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.ByteSize;
import io.emberfs.app.config.MountConfiguration;
import io.emberfs.core.Tier;
import io.emberfs.engine.ram.RamBudget;
import java.util.List;

/** Changes the budgets of a mount's tiers, within what was reserved for them when it was made. */
final class TierResizing implements AssembledMount.Resizing {
  private static final long MEBI = 1L << 20;

  private final MountConfiguration configuration;
  private final RamBudget ramBudget;
  private final List<Tier> tiers;

  /**
   * @param tiers RAM first
   */
  TierResizing(MountConfiguration configuration, RamBudget ramBudget, List<Tier> tiers) {
    this.configuration = configuration;
    this.ramBudget = ramBudget;
    this.tiers = List.copyOf(tiers);
  }

  @Override
  public long resize(String tierName, long bytes) throws Refusal {
    String what = "cannot resize the tier " + tierName + " to " + ByteSize.format(bytes);
    Tier tier =
        tiers.stream()
            .filter(each -> each.name().equals(tierName))
            .findFirst()
            .orElseThrow(() -> absent(what));
    boolean isRam = tierName.equals(tiers.getFirst().name());
    long most = isRam ? configuration.ramBytesMax() : configuration.ssdBytes();
    if (most == 0) {
      throw absent(what);
    }
    if (bytes > most) {
      throw new Refusal(
          ExitCode.USAGE,
          what,
          "the mount reserved " + ByteSize.format(most) + " for it",
          "give at most that, or mount again with "
              + (isRam ? "--ram-max" : "--ssd")
              + " "
              + ByteSize.format(bytes));
    }
    long before = isRam ? ramBudget.namedBytes() : tier.capacityBytes();
    if (!isRam) {
      tier.resize(bytes);
      return before;
    }
    try {
      ramBudget.name(bytes);
    } catch (IllegalArgumentException tooSmall) {
      throw new Refusal(
          ExitCode.USAGE,
          what,
          "its index, sized for what the mount reserved, takes nearly as much",
          "give at least " + Math.ceilDiv(ramBudget.namedBytesMin(), MEBI) + "M, or off");
    }
    return before;
  }

  private static Refusal absent(String what) {
    return new Refusal(
        ExitCode.USAGE,
        what,
        "the mount was made without that tier",
        "unmount, and mount with --ram and --ssd as wanted");
  }
}
