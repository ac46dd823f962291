package io.emberfs.persistence.ssd;

import io.emberfs.core.FileRecord;
import io.emberfs.core.FileRecords;
import io.emberfs.core.Meters;
import io.emberfs.core.NodeIdentity;
import io.emberfs.persistence.ssd.RocksStore.Durability;
import io.emberfs.persistence.ssd.RocksStore.Family;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;

/**
 * The file table in the database of the blocks. Records go through the same log as removals and
 * behind them, so a record put after a removal is never found without it; the argument stands at
 * {@link RocksStore}. Where the device has failed, no record is stored any more: one that was could
 * claim that a removal before it had succeeded.
 *
 * <p>Bounded: beyond {@link #RECORDS_MAX} files a new record is lost and counted, and at the
 * opening of a table that is more than half full the records of files without blocks are dropped.
 */
final class RocksFileRecords implements FileRecords {
  static final int RECORDS_MAX = 1 << 22;

  private final RocksStore store;
  private final IndexedBlocks indexed;
  private final FileNumbers numbers;
  private final Meters.Counter checksumFailures;
  private final Meters.Counter recordsLost;
  private final AtomicInteger recordCount = new AtomicInteger();

  RocksFileRecords(RocksStore store, IndexedBlocks indexed, FileNumbers numbers, Meters meters) {
    this.store = store;
    this.indexed = indexed;
    this.numbers = numbers;
    checksumFailures = meters.counter("integrity.checksumFailures");
    recordsLost = meters.counter("ssd.recordsLost");
  }

  /** Counts and verifies the records, before the database serves. */
  void load() throws RocksDBException {
    recordCount.set(0);
    try (RocksIterator iterator = store.iterate(Family.FILES)) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        FileRecord record = verified(iterator.key(), iterator.value());
        boolean isCrowded = recordCount.get() >= RECORDS_MAX / 2;
        if (record == null || isCrowded && !indexed.hasBlocksOf(record.fileId())) {
          delete(iterator.key());
        } else {
          recordCount.incrementAndGet();
        }
      }
      iterator.status();
    }
  }

  long count() {
    return recordCount.get();
  }

  @Override
  public Optional<FileRecord> find(NodeIdentity identity) {
    if (!store.enter()) {
      return Optional.empty();
    }
    try {
      byte[] key = FileRecordFormat.key(identity);
      byte[] bytes = store.health().hasFailed() ? null : store.get(Family.FILES, key);
      return bytes == null ? Optional.empty() : Optional.ofNullable(verified(key, bytes));
    } catch (RocksDBException failure) {
      store.health().fail("reading a file record", failure);
      return Optional.empty();
    } finally {
      store.leave();
    }
  }

  @Override
  public void put(FileRecord record) {
    if (!store.enter()) {
      recordsLost.increment();
      return;
    }
    try {
      byte[] key = FileRecordFormat.key(record.version().identity());
      if (store.health().hasFailed()
          || !FileNumbers.isPersistable(record.fileId())
          || !hasRoomFor(key)) {
        recordsLost.increment();
        return;
      }
      try (WriteBatch batch = new WriteBatch()) {
        batch.put(store.handle(Family.FILES), key, FileRecordFormat.write(record));
        store.write(batch, Durability.LOGGED);
      }
      store.relieve();
    } catch (RocksDBException failure) {
      recordsLost.increment();
      store.health().fail("storing a file record", failure);
    } finally {
      store.leave();
    }
  }

  @Override
  public void remove(NodeIdentity identity, long fileId) {
    if (!store.enter()) {
      return;
    }
    try {
      try {
        removeRecord(FileRecordFormat.key(identity));
      } finally {
        indexed.removeFrom(fileId, 0);
      }
      store.relieve();
    } catch (RocksDBException failure) {
      store.health().failRemoval(failure);
    } finally {
      store.leave();
    }
  }

  private void removeRecord(byte[] key) throws RocksDBException {
    if (store.get(Family.FILES, key) != null) {
      delete(key);
      recordCount.decrementAndGet();
    }
  }

  @Override
  public long newFileId() {
    if (!store.enter()) {
      return numbers.next();
    }
    try {
      return numbers.next();
    } finally {
      store.leave();
    }
  }

  @Override
  public int revision() {
    return store.health().revision();
  }

  private boolean hasRoomFor(byte[] key) throws RocksDBException {
    if (store.get(Family.FILES, key) != null) {
      return true;
    }
    if (recordCount.incrementAndGet() <= RECORDS_MAX) {
      return true;
    }
    recordCount.decrementAndGet();
    return false;
  }

  private @Nullable FileRecord verified(byte[] key, byte[] bytes) {
    FileRecord record = FileRecordFormat.read(bytes);
    if (record == null || !Arrays.equals(key, FileRecordFormat.key(record.version().identity()))) {
      checksumFailures.increment();
      return null;
    }
    return record;
  }

  private void delete(byte[] key) throws RocksDBException {
    try (WriteBatch batch = new WriteBatch()) {
      batch.delete(store.handle(Family.FILES), key);
      store.write(batch, Durability.LOGGED);
    }
  }
}
