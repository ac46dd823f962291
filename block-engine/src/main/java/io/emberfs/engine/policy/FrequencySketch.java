package io.emberfs.engine.policy;

/**
 * Estimates how often keys were seen lately: a count-min sketch of four rows of 4-bit counters,
 * halved after ten times as many counts as it was made for (Einziger, Friedman, Manes 2017).
 * Single-threaded, allocates nothing after construction.
 */
final class FrequencySketch {
  private static final int ROWS = 4;
  private static final int COUNTER_BITS = 4;
  private static final int COUNTERS_PER_WORD = Long.SIZE / COUNTER_BITS;
  private static final int COUNT_MAX = 15;
  private static final int PERIOD_FACTOR = 10;
  private static final long HALVES = 0x7777_7777_7777_7777L;

  private final long[] words;
  private final int counterMask;
  private final long period;
  private long counted;

  /**
   * @param keysMax keys that are to be told apart
   */
  FrequencySketch(int keysMax) {
    int counters = countersPerRow(keysMax);
    counterMask = counters - 1;
    words = new long[ROWS * counters / COUNTERS_PER_WORD];
    period = (long) PERIOD_FACTOR * Math.max(1, keysMax);
  }

  /** Heap bytes for this many keys. */
  static long bytesFor(int keysMax) {
    return (long) ROWS * countersPerRow(keysMax) / COUNTERS_PER_WORD * Long.BYTES;
  }

  private static int countersPerRow(int keysMax) {
    return Math.max(COUNTERS_PER_WORD, Integer.highestOneBit(Math.max(1, keysMax)) * 2);
  }

  /** Counts a key once. */
  void count(long keyHash) {
    for (int row = 0; row < ROWS; row++) {
      int counter = counter(keyHash, row);
      int shift = (counter % COUNTERS_PER_WORD) * COUNTER_BITS;
      int word = counter / COUNTERS_PER_WORD;
      if ((words[word] >>> shift & COUNT_MAX) < COUNT_MAX) {
        words[word] += 1L << shift;
      }
    }
    if (++counted >= period) {
      halve();
    }
  }

  /** An estimate, never below the truth before halving, up to 15. */
  int frequency(long keyHash) {
    int least = COUNT_MAX;
    for (int row = 0; row < ROWS; row++) {
      int counter = counter(keyHash, row);
      int shift = (counter % COUNTERS_PER_WORD) * COUNTER_BITS;
      least = Math.min(least, (int) (words[counter / COUNTERS_PER_WORD] >>> shift & COUNT_MAX));
    }
    return least;
  }

  private void halve() {
    for (int i = 0; i < words.length; i++) {
      words[i] = words[i] >>> 1 & HALVES;
    }
    counted /= 2;
  }

  private int counter(long keyHash, int row) {
    // Double hashing from the two halves of one hash.
    int hash = (int) keyHash + row * ((int) (keyHash >>> Integer.SIZE) | 1);
    return row * (counterMask + 1) + (hash & counterMask);
  }
}
