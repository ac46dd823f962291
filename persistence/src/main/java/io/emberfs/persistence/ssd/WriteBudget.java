package io.emberfs.persistence.ssd;

import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.persistence.ssd.RocksStore.Durability;
import io.emberfs.persistence.ssd.RocksStore.Family;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.rocksdb.RocksDBException;
import org.rocksdb.TickerType;
import org.rocksdb.WriteBatch;

/**
 * What is written to the device, as far as RocksDB writes it: to its log, by flushes (keys and
 * blobs) and by compactions (keys, and the blobs that are moved to collect what is dead); in this
 * run, today, and since the database began. SSDs are sold with a number of bytes that they survive.
 *
 * <p>Kept in the database, in one value of 32 bytes, little endian, with magic, version and
 * checksum; one that does not verify counts from 0. A day is one of UTC.
 */
final class WriteBudget {
  private static final byte[] KEY = "written".getBytes(StandardCharsets.US_ASCII);
  private static final int BYTES = 32;
  private static final int CHECKSUM_OFFSET = BYTES - Integer.BYTES;
  private static final int MAGIC_AND_VERSION = 0x01_57_53_45; // "ESW", version 1
  private static final long NANOS_PER_DAY = 86_400_000_000_000L;

  private final RocksStore store;
  private final Clock clock;
  // Guarded by this.
  private long totalBytes;
  private long todayBytes;
  private long day;
  private long countedBytes;

  WriteBudget(RocksStore store, Clock clock, Meters meters) {
    this.store = store;
    this.clock = clock;
    day = today();
    meters.gauge("tiers.ssd.written.logBytes", () -> store.ticker(TickerType.WAL_FILE_BYTES));
    meters.gauge("tiers.ssd.written.flushBytes", () -> store.ticker(TickerType.FLUSH_WRITE_BYTES));
    meters.gauge(
        "tiers.ssd.written.compactionBytes", () -> store.ticker(TickerType.COMPACT_WRITE_BYTES));
    meters.gauge(
        "tiers.ssd.written.relocatedBlobBytes",
        () -> store.ticker(TickerType.BLOB_DB_GC_BYTES_RELOCATED));
    meters.gauge("tiers.ssd.written.runBytes", this::runBytes);
    meters.gauge("tiers.ssd.written.todayBytes", this::todayBytes);
    meters.gauge("tiers.ssd.written.totalBytes", this::totalBytes);
    Meters.Counter offered = meters.counter("ssd.bytesWritten");
    meters.ratio(
        "tiers.ssd.written.amplification",
        () -> offered.value() == 0 ? 0 : (double) runBytes() / offered.value());
  }

  /** Takes up what an earlier run has kept. The store has been entered. */
  synchronized void load() throws RocksDBException {
    byte[] bytes = store.get(Family.META, KEY);
    if (bytes == null || bytes.length != BYTES) {
      return;
    }
    ByteBuffer source = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (source.getInt(0) != MAGIC_AND_VERSION
        || source.getInt(CHECKSUM_OFFSET) != checksum(bytes)) {
      return;
    }
    totalBytes += source.getLong(4);
    if (source.getLong(12) == today()) {
      todayBytes += source.getLong(20);
    }
  }

  /** Keeps what was counted, if it is more than was kept last. The store has been entered. */
  synchronized void save() throws RocksDBException {
    if (!count()) {
      return;
    }
    byte[] bytes = new byte[BYTES];
    ByteBuffer target = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    target.putInt(MAGIC_AND_VERSION).putLong(totalBytes).putLong(day).putLong(todayBytes);
    target.putInt(CHECKSUM_OFFSET, checksum(bytes));
    try (WriteBatch batch = new WriteBatch()) {
      batch.put(store.handle(Family.META), KEY, bytes);
      store.write(batch, Durability.LOGGED);
    }
  }

  private synchronized long todayBytes() {
    boolean _ = count();
    return todayBytes;
  }

  private synchronized long totalBytes() {
    boolean _ = count();
    return totalBytes;
  }

  /** Adds what was written since the last look; false if that is nothing. */
  private boolean count() {
    long now = today();
    if (now != day) {
      day = now;
      todayBytes = 0;
    }
    long run = runBytes();
    long more = run - countedBytes;
    countedBytes = run;
    totalBytes += more;
    todayBytes += more;
    return more > 0;
  }

  private long runBytes() {
    return store.ticker(TickerType.WAL_FILE_BYTES)
        + store.ticker(TickerType.FLUSH_WRITE_BYTES)
        + store.ticker(TickerType.COMPACT_WRITE_BYTES);
  }

  private long today() {
    return Math.floorDiv(clock.wallNanos(), NANOS_PER_DAY);
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, CHECKSUM_OFFSET);
    return (int) crc.getValue();
  }
}
