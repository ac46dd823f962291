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
 * reservation fails, the run goes on with negative numbers from a random start, which no
 * reservation ever gives; nothing is persisted under them.
 */
final class FileNumbers {
  static final byte[] KEY = "database".getBytes(StandardCharsets.US_ASCII);
  private static final long BATCH = 1L << 20;
  private static final long FIRST_MAX = 1L << 60;
  private static final long NOTHING_RESERVED = 0;

  private final RocksStore store;
  private final int blockSize;
  private final RandomGenerator random;
  private long next;
  private long end;

  /** Every number that was reserved in the database, by this run or an earlier one, lies below. */
  private long reservedEnd = NOTHING_RESERVED;

  FileNumbers(RocksStore store, int blockSize, RandomGenerator random) {
    this.store = store;
    this.blockSize = blockSize;
    this.random = random;
  }

  /**
   * For a new database: writes its identity, durably. In a run that has given numbers already the
   * next ones follow them.
   */
  synchronized void begin() throws RocksDBException {
    if (reservedEnd == NOTHING_RESERVED) {
      reservedEnd = random.nextLong(1, FIRST_MAX / BATCH) * BATCH;
    }
    reserve();
  }

  /**
   * For the database that is there.
   *
   * @throws RocksDBException if its identity does not verify, is that of another block size, or is
   *     older than what this run has reserved
   */
  synchronized void resume() throws RocksDBException {
    byte[] bytes = store.get(Family.META, KEY);
    DatabaseIdentity identity = bytes == null ? null : DatabaseIdentity.read(bytes);
    if (identity == null) {
      throw new RocksDBException("its identity is damaged");
    }
    if (identity.blockSize() != blockSize) {
      throw new RocksDBException(
          "its blocks are of %d bytes, not of %d".formatted(identity.blockSize(), blockSize));
    }
    if (identity.fileIdEnd() < reservedEnd) {
      throw new RocksDBException("it has lost what was synced");
    }
    reservedEnd = identity.fileIdEnd();
    if (!isPersistable(next)) {
      next = end;
    }
  }

  /** Whether a file of this number can be found again by a later run. */
  static boolean isPersistable(long fileId) {
    return fileId >= 0;
  }

  /** The next number; the store has been entered, or is closed. */
  synchronized long next() {
    if (next == end) {
      takeBatch();
    }
    return next++;
  }

  private void takeBatch() {
    if (!store.health().hasFailed()) {
      try {
        reserve();
        return;
      } catch (RocksDBException failure) {
        store.health().fail("reserving file numbers", failure);
      }
    }
    next = Long.MIN_VALUE + random.nextLong(FIRST_MAX / BATCH) * BATCH;
    end = next + BATCH;
  }

  private void reserve() throws RocksDBException {
    try (WriteBatch batch = new WriteBatch()) {
      batch.put(
          store.handle(Family.META),
          KEY,
          new DatabaseIdentity(blockSize, reservedEnd + BATCH).write());
      store.write(batch, Durability.SYNCED);
    }
    next = reservedEnd;
    reservedEnd += BATCH;
    end = reservedEnd;
  }
}
