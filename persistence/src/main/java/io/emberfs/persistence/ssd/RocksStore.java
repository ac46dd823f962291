package io.emberfs.persistence.ssd;

import io.emberfs.core.Meters;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompactionOptions;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one door to RocksDB: counts the calls in flight and closes after the last, begins every
 * flush, and knows whether the device still works.
 *
 * <p><b>Why what survives is one consistent moment.</b> Blocks are put without the log; removals
 * and records go through it. Three ends are possible:
 *
 * <ul>
 *   <li><i>The process dies.</i> The log is with the kernel, whole. Flushed blocks are there,
 *       others are not; each removal is replayed behind the put that it takes out, by sequence
 *       number.
 *   <li><i>The power fails and the log lost its tail.</i> A prefix of it is replayed, so a record
 *       that was put after a removal is found only with the removal.
 *   <li><i>The power fails around a flush.</i> A flush takes all families at one sequence number
 *       and becomes visible at once. It also begins a new log, and a new log could survive where
 *       the tail of the old one did not: so the old one is synced before, while nothing can be
 *       written ({@link #beginFlush}). RocksDB never begins a flush by itself: the write buffers
 *       are larger than what this class lets gather, and space is collected with {@code
 *       compactFiles}, which does not flush.
 * </ul>
 *
 * <p>All three rest on logs and flushes that follow each other without a gap, so the gap itself is
 * looked for: each log begins with its number, and the last thing written before a flush is the
 * number of the log that it ends. A log that is found without the end of the one before it,
 * whatever took that one away, is a damaged database ({@link #resume}).
 *
 * <p><b>Locks</b>: {@code life} shared by each call, exclusive to close; {@code changes} shared by
 * each write, exclusive to begin a flush (held over a sync of the short log, never over the flush).
 * Nothing else is taken under either.
 */
final class RocksStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RocksStore.class);
  private static final long FLUSH_POLL_NANOS = 500_000;
  private static final byte[] LOG_BEGUN = "logBegun".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LOG_ENDED = "logEnded".getBytes(StandardCharsets.US_ASCII);

  /** The column families, in the order in which they are opened. */
  enum Family {
    META("default"),
    BLOCKS("blocks"),
    INDEX("index"),
    FILES("files");

    private final byte[] familyName;

    Family(String familyName) {
      this.familyName = familyName.getBytes(StandardCharsets.US_ASCII);
    }
  }

  /** How much of a death a write survives. */
  enum Durability {
    /** None, until the next flush. */
    UNLOGGED,
    /** The death of the process. */
    LOGGED,
    /** A power cut. */
    SYNCED
  }

  private final DatabaseFolder folder;
  private final RocksSettings settings;
  private final RocksDB database;
  private final List<ColumnFamilyHandle> families;
  private final Meters.Counter failures;
  private final ReentrantReadWriteLock life = new ReentrantReadWriteLock();
  private final ReentrantReadWriteLock changes = new ReentrantReadWriteLock();
  private final AtomicLong unflushedBytes = new AtomicLong();
  // Guarded by the exclusive lock of changes.
  private long logNumber;
  private final AtomicBoolean failed = new AtomicBoolean();
  private volatile boolean closed;

  private RocksStore(
      DatabaseFolder folder,
      RocksSettings settings,
      RocksDB database,
      List<ColumnFamilyHandle> families,
      Meters meters) {
    this.folder = folder;
    this.settings = settings;
    this.database = database;
    this.families = families;
    this.failures = meters.counter("ssd.failures");
  }

  /**
   * Opens the database in a folder, making an empty one if there is none.
   *
   * @throws RocksDBException if what lies there cannot be opened; nothing stays open then
   */
  static RocksStore open(DatabaseFolder folder, Meters meters) throws RocksDBException {
    RocksSettings settings = new RocksSettings();
    try {
      List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
      for (Family family : Family.values()) {
        descriptors.add(
            new ColumnFamilyDescriptor(
                family.familyName, family == Family.BLOCKS ? settings.blocks() : settings.small()));
      }
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      RocksDB database =
          RocksDB.open(
              settings.database(folder.takesDirectWrites()),
              folder.directory().toString(),
              descriptors,
              handles);
      return new RocksStore(folder, settings, database, handles, meters);
    } catch (RocksDBException | RuntimeException failure) {
      settings.close();
      throw failure;
    }
  }

  /**
   * Verifies that no log is missing, and begins the log of this run; called once, before any write.
   *
   * @return false if there is a gap: what is there is no moment that ever was
   */
  boolean resume() throws RocksDBException {
    long ended = number(LOG_ENDED);
    long begun = number(LOG_BEGUN);
    if (begun > ended + 1) {
      return false;
    }
    changes.writeLock().lock();
    try {
      logNumber = Math.max(ended, begun);
      // Not logged: in a log it would claim the end of one that is gone. The flush makes it stay.
      database.put(handle(Family.META), settings.unlogged, LOG_ENDED, bytes(logNumber));
      database.flush(settings.wholeFlush, families);
      beginLog();
      return true;
    } finally {
      changes.writeLock().unlock();
    }
  }

  /** Begins a call; false once closed. A call that began is ended with {@link #leave}. */
  boolean enter() {
    life.readLock().lock();
    if (closed) {
      life.readLock().unlock();
      return false;
    }
    return true;
  }

  void leave() {
    life.readLock().unlock();
  }

  /** Whether the device failed: nothing is served or taken until the next opening. */
  boolean hasFailed() {
    return failed.get();
  }

  /** Notes that an operation failed, for good. */
  void fail(String operation, Exception cause) {
    stop(operation + " failed (" + cause.getMessage() + ")");
  }

  /** Notes that the device works and gives back other bytes than it got, for good. */
  void failOfDamage(int blockCount) {
    stop(blockCount + " blocks came back damaged within a minute");
  }

  private void stop(String why) {
    failures.increment();
    if (failed.compareAndSet(false, true)) {
      LOG.warn(
          "ssd: {}, the tier stops serving and storing until the next mount; nothing is lost, its"
              + " blocks are read from the backing. Look at the device below {} (the kernel's log,"
              + " smartctl -a), or mount with another --state-dir",
          why,
          folder.directory());
    }
  }

  /**
   * A removal did not reach the database: nothing in it may be served again, by this process or a
   * later one.
   */
  void failRemoval(Exception cause) {
    fail("a removal", cause);
    try {
      folder.distrust();
    } catch (IOException second) {
      LOG.error(
          "ssd: cannot mark the database as outdated, delete {}: {}",
          folder.directory(),
          second.getMessage());
    }
  }

  /**
   * Reads a value. The key is consumed; the value is put at the target's position and its limit set
   * behind it.
   *
   * @return bytes of the value, which may be more than the target took, or {@link
   *     RocksDB#NOT_FOUND}
   */
  int get(Family family, Reading reading, ByteBuffer key, ByteBuffer target)
      throws RocksDBException {
    return database.get(handle(family), options(reading), key, target);
  }

  /** A small value, or null. */
  byte @Nullable [] get(Family family, byte[] key) throws RocksDBException {
    return database.get(handle(family), settings.lookup, key);
  }

  /** What a read is for. */
  enum Reading {
    LOOKUP,
    SWEEP
  }

  /** Carries a batch out, whole or not at all. */
  void write(WriteBatch batch, Durability durability) throws RocksDBException {
    changes.readLock().lock();
    try {
      database.write(options(durability), batch);
      unflushedBytes.addAndGet(batch.getDataSize());
    } finally {
      changes.readLock().unlock();
    }
  }

  /** The family for use in a batch. */
  ColumnFamilyHandle handle(Family family) {
    return families.get(family.ordinal());
  }

  /** All entries of a family in the order of their keys; the caller closes it. */
  RocksIterator iterate(Family family) {
    return database.newIterator(handle(family), settings.sweep);
  }

  /** Whether enough was written that the next flush should begin. */
  boolean isFlushDue() {
    return unflushedBytes.get() >= RocksSettings.FLUSH_BYTES;
  }

  /**
   * Begins the flush that is due, unless one is under way: then there is no room for another block
   * now.
   */
  boolean makeWriteRoom() throws RocksDBException {
    if (immutableCount() > 0) {
      return false;
    }
    beginFlush(RocksSettings.FLUSH_BYTES);
    return true;
  }

  /**
   * Called after removals and records, which are never refused: keeps the write buffers bounded,
   * waiting where it must.
   */
  void relieve() throws RocksDBException {
    if (isFlushDue() && makeWriteRoom()) {
      return;
    }
    if (unflushedBytes.get() >= RocksSettings.WAIT_BYTES) {
      flush();
    }
  }

  /**
   * Makes everything written before survive the process and, with it, one consistent moment survive
   * a power cut. Waits.
   */
  void flush() throws RocksDBException {
    beginFlush(1);
    while (immutableCount() > 0) {
      if (database.getLongProperty("rocksdb.background-errors") > 0) {
        throw new RocksDBException("the flush failed in the background");
      }
      LockSupport.parkNanos(FLUSH_POLL_NANOS);
    }
  }

  /** Bytes of all table and blob files, obsolete ones that are still there included. */
  long diskBytes() throws RocksDBException {
    return database.getAggregatedLongProperty("rocksdb.total-sst-files-size")
        + database.getAggregatedLongProperty("rocksdb.total-blob-file-size");
  }

  /**
   * Compacts the tables of the blocks, which also rewrites the older blob files without what is
   * dead. Waits.
   */
  void collectGarbage() {
    List<String> files = new ArrayList<>();
    int bottom = 1;
    for (LiveFileMetaData file : database.getLiveFilesMetaData()) {
      if (new String(file.columnFamilyName(), StandardCharsets.US_ASCII).equals("blocks")) {
        files.add(file.fileName());
        bottom = Math.max(bottom, file.level());
      }
    }
    if (files.isEmpty()) {
      return;
    }
    try (CompactionOptions options = new CompactionOptions()) {
      database.compactFiles(options, handle(Family.BLOCKS), files, bottom, -1, null);
    } catch (RocksDBException refused) {
      // A compaction in the background has some of the files; it collects as well, and the next
      // call sees the rest.
      LOG.debug("ssd: no collection now: {}", refused.getMessage());
    }
  }

  @Override
  public void close() {
    if (!enter()) {
      return;
    }
    try {
      if (!failed.get()) {
        flush();
      }
    } catch (RocksDBException failure) {
      fail("the last flush", failure);
    } finally {
      leave();
    }
    life.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        database.cancelAllBackgroundWork(true);
        families.forEach(ColumnFamilyHandle::close);
        database.close();
        settings.close();
      }
    } finally {
      life.writeLock().unlock();
    }
  }

  private void beginFlush(long bytesMin) throws RocksDBException {
    changes.writeLock().lock();
    try {
      if (unflushedBytes.get() >= bytesMin) {
        database.put(handle(Family.META), settings.logged, LOG_ENDED, bytes(logNumber));
        database.syncWal();
        database.flush(settings.beginFlush, families);
        beginLog();
        unflushedBytes.set(0);
      }
    } finally {
      changes.writeLock().unlock();
    }
  }

  private void beginLog() throws RocksDBException {
    logNumber++;
    database.put(handle(Family.META), settings.logged, LOG_BEGUN, bytes(logNumber));
  }

  private long number(byte[] key) throws RocksDBException {
    byte[] value = database.get(handle(Family.META), settings.lookup, key);
    return value == null || value.length != Long.BYTES ? 0 : ByteBuffer.wrap(value).getLong();
  }

  private static byte[] bytes(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  private long immutableCount() throws RocksDBException {
    return database.getAggregatedLongProperty("rocksdb.num-immutable-mem-table");
  }

  private ReadOptions options(Reading reading) {
    return switch (reading) {
      case LOOKUP -> settings.lookup;
      case SWEEP -> settings.sweep;
    };
  }

  private WriteOptions options(Durability durability) {
    return switch (durability) {
      case UNLOGGED -> settings.unlogged;
      case LOGGED -> settings.logged;
      case SYNCED -> settings.synced;
    };
  }
}
