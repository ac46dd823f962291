package io.emberfs.engine.read;

import io.emberfs.core.Clock;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Whether a tier below RAM is worth asking: it is not while it answers more slowly than the backing
 * does, or does not answer at all. Then one lookup in so many still asks, to see whether it is
 * better again.
 *
 * <p>Both speeds are moving averages of what was really waited. Any thread, no lock: a lost sample
 * costs nothing. A lookup that is on its way already waits for its answer; those behind it do not.
 */
final class TierSpeed {
  /** As often a tier is asked that was found slow. */
  static final int ASKED_EVERY = 16;

  /**
   * Below this nobody has to be spared, however fast the backing is: a busy machine takes as long.
   */
  static final long SLOW_NANOS_MIN = 10_000_000;

  /** So much slower than the backing is slow; less may be chance. */
  private static final int SLOWER_MIN = 2;

  /** No answer to anybody for so long, with somebody waiting: it does not answer. */
  static final long SILENT_NANOS = 1_000_000_000;

  /** A sample counts for one part in so many. */
  private static final int WEIGHT = 8;

  private final Clock clock;
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong sparedCount = new AtomicLong();
  private volatile long lastSignNanos;
  private volatile long lookupNanos;

  TierSpeed(Clock clock) {
    this.clock = clock;
  }

  /**
   * Whether to ask the tier now.
   *
   * @param backingNanos what a read of the backing takes on average, 0 if that is not known
   */
  boolean isWorthAsking(long backingNanos) {
    if (waiting.get() > 0 && clock.nanoTime() - lastSignNanos > SILENT_NANOS) {
      return false;
    }
    boolean isSlow =
        backingNanos > 0 && lookupNanos > SLOW_NANOS_MIN && lookupNanos > SLOWER_MIN * backingNanos;
    return !isSlow || sparedCount.incrementAndGet() % ASKED_EVERY == 0;
  }

  /** A lookup begins; returns what {@link #ended} is to be told. */
  long begins() {
    long now = clock.nanoTime();
    if (waiting.getAndIncrement() == 0) {
      lastSignNanos = now;
    }
    return now;
  }

  /** A lookup has ended. */
  void ended(long begunNanos) {
    long now = clock.nanoTime();
    lastSignNanos = now;
    waiting.decrementAndGet();
    lookupNanos = averaged(lookupNanos, now - begunNanos);
  }

  /** A moving average with one more sample. */
  static long averaged(long averageNanos, long sampleNanos) {
    return averageNanos + (sampleNanos - averageNanos) / WEIGHT;
  }
}
