package io.emberfs.core;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Durations in log-linear buckets: sixteen for each power of two, so a percentile is at most 6.25 %
 * too high. Any thread, no lock, no allocation.
 */
public final class Histogram {
  private static final int SUB_BUCKET_BITS = 4;
  private static final int SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
  private static final int BUCKETS = (Long.SIZE - SUB_BUCKET_BITS) * SUB_BUCKETS;

  private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);

  /** Counts one duration; a negative one counts as 0. */
  public void record(long nanos) {
    counts.getAndIncrement(bucket(Math.max(0, nanos)));
  }

  /** Number of durations recorded. */
  public long count() {
    long sum = 0;
    for (int i = 0; i < BUCKETS; i++) {
      sum += counts.get(i);
    }
    return sum;
  }

  /**
   * The duration in nanoseconds that a share of all recorded ones does not exceed; 0 if there are
   * none.
   *
   * @param share 0 to 1, for example 0.99
   */
  public long percentileNanos(double share) {
    long wanted = (long) Math.ceil(count() * share);
    if (wanted == 0) {
      return 0;
    }
    long seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
      seen += counts.get(i);
      if (seen >= wanted) {
        return upperBound(i);
      }
    }
    return upperBound(BUCKETS - 1);
  }

  private static int bucket(long value) {
    if (value < SUB_BUCKETS) {
      return (int) value;
    }
    int shift = Long.SIZE - 1 - Long.numberOfLeadingZeros(value) - SUB_BUCKET_BITS;
    return (shift + 1) * SUB_BUCKETS + (int) (value >>> shift) - SUB_BUCKETS;
  }

  private static long upperBound(int bucket) {
    if (bucket < SUB_BUCKETS) {
      return bucket;
    }
    int shift = bucket / SUB_BUCKETS - 1;
    return ((bucket % SUB_BUCKETS + SUB_BUCKETS + 1L) << shift) - 1;
  }
}
