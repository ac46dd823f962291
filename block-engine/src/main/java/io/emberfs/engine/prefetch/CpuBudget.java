package io.emberfs.engine.prefetch;

/** A token bucket of CPU time: a share of one core, with a short burst. One thread. */
final class CpuBudget {
  private static final long BURST_NANOS = 20_000_000;

  private final double share;
  private long credit = BURST_NANOS;
  private long lastNanos;

  /**
   * @param share of one core, above 0
   * @param nanos the time now
   */
  CpuBudget(double share, long nanos) {
    this.share = share;
    this.lastNanos = nanos;
  }

  /** Adds what was earned until {@code nanos}, and says whether work may be done. */
  boolean mayWork(long nanos) {
    credit = (long) Math.min(BURST_NANOS, credit + (nanos - lastNanos) * share);
    lastNanos = nanos;
    return credit > 0;
  }

  /** Pays for work; the credit may fall below zero by one step's work. */
  void spend(long cpuNanos) {
    credit -= cpuNanos;
  }
}
