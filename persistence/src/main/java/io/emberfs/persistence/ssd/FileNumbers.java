package io.emberfs.persistence.ssd;

import io.emberfs.persistence.ssd.RocksStore.Durability;
import io.emberfs.persistence.ssd.RocksStore.Family;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * Gives out file numbers that were never given before. Batches are reserved with a synced write, so
 * a kill or a power cut loses the rest of a batch and never returns to it.
 *
 * <p>A new database begins at a random multiple of the batch: numbers that outlived the old one
 * elsewhere, in a saved model for example, then mean nothing instead of another file. Where a
 * reservation fails, nothing is persisted in this run any more, and the run goes on with negative
 * numbers from a random start, which no reservation ever gives.
 */
final class FileNumbers {
  private static final byte[] KEY = "database".getBytes(StandardCharsets.US_ASCII);
  private static final long BATCH = 1L << 20;
  private static final long FIRST_MAX = 1L << 60;

  private final RocksStore store;
  private final int blockSize;
  private final RandomGenerator random;
  private long next;
  private long reservedEnd;

  private FileNumbers(RocksStore store, int blockSize, long next, RandomGenerator random) {
    this.store = store;
    this.blockSize = blockSize;
    this.random = random;
    this.next = next;
    this.reservedEnd = next;
  }

  /** For a new database: writes its identity, durably. */
  static FileNumbers begin(RocksStore store, int blockSize, RandomGenerator random)
      throws RocksDBException {
    FileNumbers numbers =
        new FileNumbers(store, blockSize, random.nextLong(1, FIRST_MAX / BATCH) * BATCH, random);
    numbers.reserve();
    return numbers;
  }

  /**
   * For the database that is there.
   *
   * @throws RocksDBException if its identity does not verify or is that of another block size
   */
  static FileNumbers resume(RocksStore store, int blockSize, RandomGenerator random)
      throws RocksDBException {
    byte[] bytes = store.get(Family.META, KEY);
    DatabaseIdentity identity = bytes == null ? null : DatabaseIdentity.read(bytes);
    if (identity == null) {
      throw new RocksDBException("its identity is damaged");
    }
    if (identity.blockSize() != blockSize) {
      throw new RocksDBException(
          "its blocks are of %d bytes, not of %d".formatted(identity.blockSize(), blockSize));
    }
    return new FileNumbers(store, blockSize, identity.fileIdEnd(), random);
  }

  /** The next number; the store has been entered. */
  synchronized long next() {
    if (next == reservedEnd) {
      try {
        reserve();
      } catch (RocksDBException failure) {
        store.fail("reserving file numbers", failure);
        reserveUnpersisted();
      }
    }
    return next++;
  }

  /** A number for a run whose store is closed or failed. */
  synchronized long nextUnpersisted() {
    if (next >= 0 || next == reservedEnd) {
      reserveUnpersisted();
    }
    return next++;
  }

  private void reserve() throws RocksDBException {
    try (WriteBatch batch = new WriteBatch()) {
      batch.put(
          store.handle(Family.META),
          KEY,
          new DatabaseIdentity(blockSize, reservedEnd + BATCH).write());
      store.write(batch, Durability.SYNCED);
    }
    reservedEnd += BATCH;
  }

  private void reserveUnpersisted() {
    next = Long.MIN_VALUE + random.nextLong(FIRST_MAX / BATCH) * BATCH;
    reservedEnd = next + BATCH;
  }
}
