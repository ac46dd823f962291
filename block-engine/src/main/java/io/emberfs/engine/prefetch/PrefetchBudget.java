package io.emberfs.engine.prefetch;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes may be prefetched: a token bucket that demand fills, so that an idle guess cannot
 * run on. A fetch takes its bytes, a block that proves useful gives them back; so only waste costs,
 * and it stays within a share of what demand reads. While hardly anything prefetched is used, the
 * share falls to a trickle that pays for probes.
 *
 * <p>Any thread; {@code tokens} is changed by CAS, the outcome counts belong to the predictor's
 * thread.
 */
final class PrefetchBudget {
  /** Waste allowed per byte of demand at full aggression; half of it at the default. */
  private static final double WASTE_SHARE_MAX = 0.5;

  private static final double AGGRESSION_DEFAULT = 0.5;

  /** What remains of the share while precision is poor. */
  private static final double TRICKLE = 0.04;

  private static final double POOR_PRECISION = 0.2;

  /** Outcomes after which older ones count half. */
  private static final int OUTCOMES_MAX = 512;

  private static final int OUTCOMES_LEAST = 64;

  private final long burstBytes;
  private final AtomicLong tokens;
  private volatile double aggression = AGGRESSION_DEFAULT;
  private volatile boolean poor;
  private int usedCount;
  private int wastedCount;

  /**
   * @param burstBytes tokens at the start and at most
   */
  PrefetchBudget(long burstBytes) {
    this.burstBytes = burstBytes;
    this.tokens = new AtomicLong(burstBytes);
  }

  /** From 0 (prefetch is off) to 1. */
  double aggression() {
    return aggression;
  }

  void turnAggression(double value) {
    aggression = value;
  }

  /** Bytes that may be fetched now; 0 or more. */
  long available() {
    return aggression == 0 ? 0 : Math.max(0, tokens.get());
  }

  /** Pays for a fetch. Threads that saw the same tokens may together overdraw by a run each. */
  void take(long bytes) {
    tokens.addAndGet(-bytes);
  }

  /** Gives back what was not fetched, or was fetched and used. */
  void refund(long bytes) {
    tokens.accumulateAndGet(bytes, this::filled);
  }

  /** Demand read these bytes from the backing, or would have without a prefetch that came true. */
  void earn(long bytes) {
    refund((long) (bytes * aggression * WASTE_SHARE_MAX * (poor ? TRICKLE : 1)));
  }

  /** A prefetched block was used; the predictor's thread. */
  void countUsed() {
    usedCount++;
    judge();
  }

  /** A prefetched block was never used; the predictor's thread. */
  void countWasted() {
    wastedCount++;
    judge();
  }

  private void judge() {
    int count = usedCount + wastedCount;
    poor = count >= OUTCOMES_LEAST && usedCount < POOR_PRECISION * count;
    if (count >= OUTCOMES_MAX) {
      usedCount /= 2;
      wastedCount /= 2;
    }
  }

  private long filled(long present, long bytes) {
    return Math.min(burstBytes, present + bytes);
  }
}
