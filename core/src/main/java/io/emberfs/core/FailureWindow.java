package io.emberfs.core;

/**
 * Tells a device that fails now and then from one that is sick: counts failures within a sliding
 * window of time. Any thread.
 */
public final class FailureWindow {
  private final long[] nanos;
  private final long windowNanos;
  private final Clock clock;
  private long failureCount;

  /**
   * @param failuresMax failures within the window that are too many
   * @param windowNanos length of the window
   */
  public FailureWindow(int failuresMax, long windowNanos, Clock clock) {
    nanos = new long[failuresMax];
    this.windowNanos = windowNanos;
    this.clock = clock;
  }

  /** Counts one failure; returns whether there were too many within the window that ends now. */
  public synchronized boolean add() {
    long now = clock.nanoTime();
    nanos[(int) (failureCount % nanos.length)] = now;
    failureCount++;
    long oldest = nanos[(int) (failureCount % nanos.length)];
    return failureCount >= nanos.length && now - oldest <= windowNanos;
  }
}
