package io.emberfs.simulation;

import io.emberfs.core.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What happened in a run: always as one number, by which two runs of a seed are compared, and as
 * lines of text where a failure is being explained.
 */
final class Trace {
  private static final double NANOS_PER_MILLI = 1e6;

  private final Clock clock;
  private final boolean writes;
  private final List<String> lines = new ArrayList<>();
  private String actor = "driver";
  private long hash = 17;

  /**
   * @param writes whether lines are kept
   */
  Trace(Clock clock, boolean writes) {
    this.clock = clock;
    this.writes = writes;
  }

  /** Another actor goes on. */
  void turn(int number, String name) {
    actor = name + "#" + number;
    mix(number);
  }

  /** Whoever follows is the driver. */
  void driver() {
    actor = "driver";
  }

  /** Notes one thing that happened; the arguments are put together only where somebody reads it. */
  void note(String what, long a, long b) {
    mix(what.length() * 31L + a * 131L + b);
    if (writes) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%12.3f ms  %-28s %s %d %d",
              clock.nanoTime() / NANOS_PER_MILLI,
              actor,
              what,
              a,
              b));
    }
  }

  /** One number for everything so far. */
  long hash() {
    return hash;
  }

  List<String> lines() {
    return lines;
  }

  private void mix(long value) {
    hash = (hash ^ value) * 0x9E3779B97F4A7C15L;
    hash ^= hash >>> 29;
  }
}
