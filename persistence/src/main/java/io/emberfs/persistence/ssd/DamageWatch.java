package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockMeta;
import io.emberfs.core.Clock;
import io.emberfs.core.FailureWindow;
import io.emberfs.core.Meters;
import org.rocksdb.RocksDBException;

/**
 * Counts blocks that came back damaged, and puts a device whose bytes keep failing in quarantine:
 * the tier fails as it does when the device itself reports errors. Any thread.
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
      store.health().failOfDamage(FAILURES_MAX);
    }
  }

  /**
   * The device reported an error instead of a block. It is out of use, and when it is taken back
   * this block is not: a bad place would fail it again and again.
   */
  void unreadable(BlockMeta block, RocksDBException failure) {
    store.health().fail("a read", failure);
    try {
      indexed.remove(block.fileId(), block.blockIndex());
    } catch (RocksDBException second) {
      store.health().failRemoval(second);
    }
  }
}
