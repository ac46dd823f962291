package io.emberfs.persistence.ssd;

import io.emberfs.core.Clock;
import io.emberfs.core.FailureWindow;
import io.emberfs.core.Meters;

/**
 * Counts blocks that came back damaged, and puts a device whose bytes keep failing in quarantine:
 * the tier fails as it does when the device itself reports errors. Any thread, without locks.
 */
final class DamageWatch {
  static final int FAILURES_MAX = 16;
  private static final long WINDOW_NANOS = 60_000_000_000L;

  private final RocksStore store;
  private final IndexedBlocks indexed;
  private final FailureWindow failures;
  private final Meters.Counter checksumFailures;

  DamageWatch(RocksStore store, IndexedBlocks indexed, Clock clock, Meters meters) {
    this.store = store;
    this.indexed = indexed;
    failures = new FailureWindow(FAILURES_MAX, WINDOW_NANOS, clock);
    checksumFailures = meters.counter("integrity.checksumFailures");
  }

  /** A block was damaged and is removed. */
  void damaged() {
    checksumFailures.increment();
    if (failures.add()) {
      store.failOfDamage(FAILURES_MAX);
      indexed.forgetAll();
    }
  }
}
