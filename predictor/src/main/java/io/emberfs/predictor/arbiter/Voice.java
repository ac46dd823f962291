package io.emberfs.predictor.arbiter;

import io.emberfs.core.Prefetcher;
import io.emberfs.core.Prefetcher.Outcome;
import io.emberfs.predictor.PrecisionWindow;

/**
 * One component and whether it may speak. Below the least precision it is silenced, and every so
 * often a single block of its is let through as a probe; the probes' outcomes can bring it back.
 * One thread.
 */
final class Voice {
  private static final int OUTCOME_COUNT = 256;
  private static final int OUTCOME_COUNT_LEAST = 64;
  private static final int PROBE_PERIOD = 32;

  /** How much better than the floor a silenced component must be, so that it does not flutter. */
  private static final float RETURN_FACTOR = 1.25f;

  private final Prefetcher component;
  private final PrecisionWindow outcomes = new PrecisionWindow(OUTCOME_COUNT);
  private boolean silenced;
  private int heldBackCount;

  Voice(Prefetcher component) {
    this.component = component;
  }

  Prefetcher component() {
    return component;
  }

  float precision() {
    return outcomes.precision();
  }

  void record(Outcome outcome, float leastPrecision) {
    outcomes.record(outcome);
    float floor = silenced ? Math.min(1, leastPrecision * RETURN_FACTOR) : leastPrecision;
    silenced = outcomes.count() >= OUTCOME_COUNT_LEAST && outcomes.precision() < floor;
  }

  /**
   * How many blocks of a proposal may pass.
   *
   * @return {@code blockCount} from a component in good standing; 0 or, as a probe, 1 from a
   *     silenced one
   */
  int allowed(int blockCount) {
    if (!silenced) {
      return blockCount;
    }
    heldBackCount = (heldBackCount + 1) % PROBE_PERIOD;
    return heldBackCount == 0 ? 1 : 0;
  }
}
