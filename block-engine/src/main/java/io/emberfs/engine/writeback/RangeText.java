package io.emberfs.engine.writeback;

import java.util.StringJoiner;

/** Ranges of bytes, told in their order, for people: the first ones, and how many more. */
final class RangeText {
  private static final int SHOWN_MAX = 8;

  private final StringJoiner shown = new StringJoiner(", ");
  private int count;
  private long start;
  private long end;

  /** Takes a range; one that begins where the last ended continues it. */
  void add(long offset, long byteCount) {
    if (count > 0 && offset == end) {
      end += byteCount;
      return;
    }
    show();
    count++;
    start = offset;
    end = offset + byteCount;
  }

  private void show() {
    if (count > 0 && count <= SHOWN_MAX) {
      shown.add(start + " to " + (end - 1));
    }
  }

  /** No range is added after it. */
  @Override
  public String toString() {
    show();
    return count > SHOWN_MAX ? shown + " and " + (count - SHOWN_MAX) + " more" : shown.toString();
  }
}
