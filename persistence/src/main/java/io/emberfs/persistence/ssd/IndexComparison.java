package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockMeta;
import io.emberfs.core.Meters;
import java.util.BitSet;
import org.rocksdb.RocksDBException;

/**
 * Compares what the database shows, after its device had failed, with the index: what differs goes
 * out of both.
 */
final class IndexComparison implements BlockStore.HeaderSink {
  private final IndexedBlocks indexed;
  private final RocksStore store;
  private final Meters.Counter checksumFailures;
  private final BitSet shown = new BitSet();
  private long unproven;

  IndexComparison(IndexedBlocks indexed, RocksStore store, Meters meters) {
    this.indexed = indexed;
    this.store = store;
    checksumFailures = meters.counter("integrity.checksumFailures");
  }

  @Override
  public void accept(BlockMeta meta) throws RocksDBException {
    int entry = indexed.prove(meta);
    if (entry == SsdIndex.NONE) {
      unproven++;
    } else {
      shown.set(entry);
    }
    store.relieve();
  }

  @Override
  public void damaged() {
    checksumFailures.increment();
    unproven++;
  }

  /** Drops what the database did not show; returns the blocks thrown away in all. */
  long end() throws RocksDBException {
    return unproven + indexed.removeUnproven(shown);
  }
}
