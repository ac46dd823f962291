package io.emberfs.engine.pin;

import io.emberfs.core.Clock;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * The role that looks after pins: what is at a path changes behind every back, and after a mount
 * nothing is known of it yet. One thread calls {@link #step}.
 */
public final class PinRounds {
  private static final int LOOKS_PER_STEP = 32;

  /** While somebody waits for the backing. */
  private static final int LOOKS_BESIDE_DEMAND = 2;

  /** Time from the beginning of a round to that of the next. */
  private static final long ROUND_NANOS = 10_000_000_000L;

  private final PinTable table;
  private final IntSupplier demandInFlight;
  private final Clock clock;
  private String last = "";
  private boolean isUnderWay = true;
  private boolean isFirst = true;
  private long begunNanos;

  /**
   * @param demandInFlight reads that wait for something slower than RAM now
   */
  public PinRounds(PinTable table, IntSupplier demandInFlight, Clock clock) {
    this.table = table;
    this.demandInFlight = demandInFlight;
    this.clock = clock;
    begunNanos = clock.nanoTime();
  }

  /**
   * Looks at some pins, if a round is due.
   *
   * @return how many in the first round, when files that are not known to be pinned could leave,
   *     unless others wait for the backing; later 0, so that it is asked a few times a second at
   *     most
   */
  public int step() {
    if (!isUnderWay && clock.nanoTime() - begunNanos >= ROUND_NANOS) {
      begunNanos = clock.nanoTime();
      isUnderWay = true;
    }
    if (!isUnderWay) {
      return 0;
    }
    boolean isBesideDemand = demandInFlight.getAsInt() > 0;
    int countMax = isBesideDemand ? LOOKS_BESIDE_DEMAND : LOOKS_PER_STEP;
    List<PinnedPath> some = table.after(last, countMax);
    some.forEach(table::look);
    table.saveChanges();
    int count = isFirst && !isBesideDemand ? some.size() : 0;
    if (some.size() < countMax) {
      isUnderWay = false;
      isFirst = false;
      last = "";
    } else {
      last = some.getLast().path();
    }
    return count;
  }
}
