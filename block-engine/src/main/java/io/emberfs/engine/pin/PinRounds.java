package io.emberfs.engine.pin;

import io.emberfs.core.Clock;
import java.util.List;

/**
 * The role that looks after pins: what is at a path changes behind every back, and after a mount
 * nothing is known of it yet. One thread calls {@link #step}.
 */
public final class PinRounds {
  private static final int LOOKS_PER_STEP = 32;

  /** Time from the beginning of a round to that of the next. */
  private static final long ROUND_NANOS = 10_000_000_000L;

  private final PinTable table;
  private final Clock clock;
  private String last = "";
  private boolean isUnderWay = true;
  private boolean isFirst = true;
  private long begunNanos;

  public PinRounds(PinTable table, Clock clock) {
    this.table = table;
    this.clock = clock;
    begunNanos = clock.nanoTime();
  }

  /**
   * Looks at some pins, if a round is due.
   *
   * @return how many in the first round, when files that are not known to be pinned could leave;
   *     later 0, so that the backing is asked a few times a second at most
   */
  public int step() {
    if (!isUnderWay && clock.nanoTime() - begunNanos >= ROUND_NANOS) {
      begunNanos = clock.nanoTime();
      isUnderWay = true;
    }
    if (!isUnderWay) {
      return 0;
    }
    List<PinnedPath> some = table.after(last, LOOKS_PER_STEP);
    some.forEach(table::look);
    table.saveChanges();
    int count = isFirst ? some.size() : 0;
    if (some.size() < LOOKS_PER_STEP) {
      isUnderWay = false;
      isFirst = false;
      last = "";
    } else {
      last = some.getLast().path();
    }
    return count;
  }
}
