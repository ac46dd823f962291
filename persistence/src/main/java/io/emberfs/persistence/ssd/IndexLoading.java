package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockMeta;
import io.emberfs.core.Meters;
import org.rocksdb.RocksDBException;

/** Takes what the database shows into the index, at its first opening in this run. */
final class IndexLoading implements BlockStore.HeaderSink {
  private final IndexedBlocks indexed;
  private final long capacityBytes;
  private final Meters.Counter checksumFailures;

  IndexLoading(IndexedBlocks indexed, long capacityBytes, Meters meters) {
    this.indexed = indexed;
    this.capacityBytes = capacityBytes;
    checksumFailures = meters.counter("integrity.checksumFailures");
  }

  @Override
  public void accept(BlockMeta meta) throws RocksDBException {
    indexed.load(meta, capacityBytes);
  }

  @Override
  public void damaged() {
    checksumFailures.increment();
  }
}
