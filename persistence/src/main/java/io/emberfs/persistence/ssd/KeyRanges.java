package io.emberfs.persistence.ssd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Ranges of keys in ascending order; those that touch become one. Bounded. Not safe for threads.
 */
final class KeyRanges {
  static final int RANGES_MAX = 1 << 16;

  /**
   * One range.
   *
   * @param from the first key
   * @param to the first key behind it
   */
  record Range(byte[] from, byte[] to) {}

  private final List<Range> ranges = new ArrayList<>();
  private boolean isFull;

  /** The first key behind this one. */
  static byte[] behind(byte[] key) {
    return Arrays.copyOf(key, key.length + 1);
  }

  /** Adds a range that begins nowhere before the last one ends. */
  void add(byte[] from, byte[] to) {
    boolean touches = !ranges.isEmpty() && Arrays.equals(ranges.getLast().to(), from);
    if (touches) {
      ranges.add(new Range(ranges.removeLast().from(), to));
    } else if (ranges.size() < RANGES_MAX) {
      ranges.add(new Range(from, to));
    } else {
      isFull = true;
    }
  }

  List<Range> all() {
    return ranges;
  }

  /** Whether there were more than fit. */
  boolean isFull() {
    return isFull;
  }
}
