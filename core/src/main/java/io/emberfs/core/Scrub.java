package io.emberfs.core;

import java.util.List;
import java.util.Optional;

/**
 * Verifies what the tiers hold, whole rounds at a time, beside everything else that goes on. Any
 * thread; no call waits.
 */
public interface Scrub {
  /**
   * Asks for a round over every block of every tier. One that was asked for before and is not done
   * yet is joined, at the higher rate of the two.
   *
   * @param bytesPerSecond stored bytes to verify, at least 1
   * @return the round's number
   */
  long begin(long bytesPerSecond);

  /** How far a round has come; empty if a later one was asked for, or none of this number. */
  Optional<Progress> progress(long round);

  /**
   * How far a round has come.
   *
   * @param isDone whether it has been everywhere
   * @param findings of the tiers, nearest first
   */
  record Progress(boolean isDone, List<Findings> findings) {
    public Progress {
      findings = List.copyOf(findings);
    }
  }

  /**
   * What a round found in one tier.
   *
   * @param tierName {@link Tier#name()}
   * @param good blocks whose bytes are those that were stored
   * @param bad blocks whose bytes are not; the tier dropped them
   * @param repaired of the bad ones, those that another source gave back; the others are read from
   *     the backing when somebody asks for them
   */
  record Findings(String tierName, long good, long bad, long repaired) {}
}
