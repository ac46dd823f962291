package io.emberfs.predictor;

import io.emberfs.core.Prefetcher.Outcome;

/** The share of the last prefetched blocks that were used. One thread. */
public final class PrecisionWindow {
  private final boolean[] usedRing;
  private int next;
  private int count;
  private int usedCount;

  /**
   * @param capacity outcomes that the share is taken over
   */
  public PrecisionWindow(int capacity) {
    usedRing = new boolean[capacity];
  }

  /** Counts an outcome; a block that was not fetched says nothing. */
  public void record(Outcome outcome) {
    switch (outcome) {
      case USED, LATE -> record(true);
      case WASTED -> record(false);
      case DROPPED -> {}
    }
  }

  private void record(boolean used) {
    if (count == usedRing.length) {
      usedCount -= usedRing[next] ? 1 : 0;
    } else {
      count++;
    }
    usedRing[next] = used;
    usedCount += used ? 1 : 0;
    next = (next + 1) % usedRing.length;
  }

  /** Number of outcomes that the share is taken over, up to the capacity. */
  public int count() {
    return count;
  }

  /** Used blocks among them, 0 to 1; 1 while there are none. */
  public float precision() {
    return count == 0 ? 1 : (float) usedCount / count;
  }
}
