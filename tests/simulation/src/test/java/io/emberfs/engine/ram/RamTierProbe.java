package io.emberfs.engine.ram;

/** Shows the simulation what only the tier's own package sees. */
public final class RamTierProbe {
  private RamTierProbe() {}

  /** Whether policy, table and pages agree with each other; only while no call is under way. */
  public static boolean isConsistent(RamTier tier) {
    return tier.isConsistent();
  }
}
