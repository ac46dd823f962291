package io.emberfs.core;

/** Decides whether a block is worth a place in the next tier. Any thread, no waiting. */
@FunctionalInterface
public interface AdmissionPolicy {
  /**
   * Whether the candidate should be offered. Asking is remembered: one that was declined may be
   * admitted when it is asked for again.
   *
   * @param candidate a block of which the tier has nothing yet
   */
  boolean admit(BlockMeta candidate, Tier tier);

  /** Admits everything. */
  AdmissionPolicy ALWAYS = (candidate, tier) -> true;
}
