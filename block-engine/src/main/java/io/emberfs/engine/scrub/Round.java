package io.emberfs.engine.scrub;

import io.emberfs.core.Scrub.Findings;
import io.emberfs.core.Scrub.Progress;
import io.emberfs.core.Tier;
import java.util.ArrayList;
import java.util.List;

/**
 * One round over all tiers, and what it found so far. The scrub's role alone changes that; any
 * thread may ask for the progress, which is replaced as a whole, or speed the round up.
 */
final class Round {
  private final long number;
  private volatile long bytesPerSecond;
  private final boolean isAsked;
  private volatile Progress progress;

  /**
   * @param isAsked whether somebody waits for it
   */
  Round(long number, long bytesPerSecond, boolean isAsked, List<Tier> tiers) {
    this.number = number;
    this.bytesPerSecond = bytesPerSecond;
    this.isAsked = isAsked;
    progress =
        new Progress(
            false, tiers.stream().map(tier -> new Findings(tier.name(), 0, 0, 0)).toList());
  }

  long number() {
    return number;
  }

  long bytesPerSecond() {
    return bytesPerSecond;
  }

  /** Somebody else waits for it too, who is in a greater hurry perhaps. */
  synchronized void join(long wantedBytesPerSecond) {
    bytesPerSecond = Math.max(bytesPerSecond, wantedBytesPerSecond);
  }

  boolean isAsked() {
    return isAsked;
  }

  Progress progress() {
    return progress;
  }

  /** Adds what was found in the tier of this index. */
  void add(int tierIndex, long good, long bad, long repaired) {
    List<Findings> findings = new ArrayList<>(progress.findings());
    Findings before = findings.get(tierIndex);
    findings.set(
        tierIndex,
        new Findings(
            before.tierName(),
            before.good() + good,
            before.bad() + bad,
            before.repaired() + repaired));
    progress = new Progress(false, findings);
  }

  /** It was everywhere. */
  void end() {
    progress = new Progress(true, progress.findings());
  }
}
