package io.emberfs.core;

/**
 * Decides whether a block that leaves one tier is worth a place in the next. Any thread, no
 * waiting.
 */
@FunctionalInterface
public interface AdmissionPolicy {
  /**
   * Whether the candidate should be offered.
   *
   * @param candidate the block that may enter
   * @param hitCount uses of the block since it entered the tier above, saturating
   */
  boolean admit(BlockMeta candidate, int hitCount);

  /** Admits everything. */
  AdmissionPolicy ALWAYS = (candidate, hitCount) -> true;
}
