package io.emberfs.persistence.ssd;

import io.emberfs.core.Meters;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.TickerType;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one door to RocksDB: counts the calls in flight and closes after the last, begins every
 * flush, and knows whether the device still works. A device that failed is taken back by {@link
 * SsdHealing}, which opens the database anew behind this door.
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

    byte[] bytes() {
      return familyName.clone();
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
  private final DeviceHealth health;
  private final ReentrantReadWriteLock life = new ReentrantReadWriteLock();
  private final ReentrantReadWriteLock changes = new ReentrantReadWriteLock();
  private final AtomicLong unflushedBytes = new AtomicLong();
  // Guarded by the exclusive lock of changes.
  private long logNumber;
  // Guarded by life, exclusive for writes; null between two openings.
  private volatile @Nullable RocksConnection connection;
  private volatile boolean closed;

  /** What was counted by openings that have ended; guarded by life. */
  private final Map<TickerType, Long> ended = new EnumMap<>(TickerType.class);

  private RocksStore(DatabaseFolder folder, @Nullable RocksConnection connection, Meters meters) {
    this.folder = folder;
    this.connection = connection;
    health = new DeviceHealth(folder, meters);
  }

  /**
   * Opens the database in a folder, making an empty one if there is none.
   *
   * @throws RocksDBException if what lies there cannot be opened; nothing stays open then
   */
  static RocksStore open(DatabaseFolder folder, Meters meters) throws RocksDBException {
    return new RocksStore(folder, RocksConnection.open(folder), meters);
  }

  /** A store whose device has failed before there was anything to open. */
  static RocksStore failed(DatabaseFolder folder, Exception cause, Meters meters) {
    RocksStore store = new RocksStore(folder, null, meters);
    store.health.fail("the opening", cause);
    return store;
  }

  /**
   * Verifies that no log is missing, and begins the log of this run; called once, before any write.
   *
   * @return false if there is a gap: what is there is no moment that ever was
   */
  boolean resume() throws RocksDBException {
    return resume(connection());
  }

  private boolean resume(RocksConnection opened) throws RocksDBException {
    if (!isWithoutGap(opened)) {
      return false;
    }
    long ended = number(opened, LOG_ENDED);
    long begun = number(opened, LOG_BEGUN);
    changes.writeLock().lock();
    try {
      logNumber = Math.max(ended, begun);
      // Not logged: in a log it would claim the end of one that is gone. The flush makes it stay.
      opened
          .database()
          .put(opened.handle(Family.META), opened.settings().unlogged, LOG_ENDED, bytes(logNumber));
      opened.database().flush(opened.settings().wholeFlush, opened.families());
      beginLog(opened);
      return true;
    } finally {
      changes.writeLock().unlock();
    }
  }

  /**
   * Whether no log is missing from what was opened; {@link #resume} says the same and goes on from
   * there.
   */
  static boolean isWithoutGap(RocksConnection opened) throws RocksDBException {
    return number(opened, LOG_BEGUN) <= number(opened, LOG_ENDED) + 1;
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

  /** Whether the device works. */
  DeviceHealth health() {
    return health;
  }

  /**
   * Takes the database of a device that failed away from everybody, and closes it. Waits for nobody
   * who might wait for the device.
   *
   * @return false if a call is in it just now
   */
  boolean detach() {
    RocksConnection old = connection;
    if (!exchange(null)) {
      return false;
    }
    if (old != null) {
      old.close();
    }
    return true;
  }

  /**
   * Opens the database again and begins its next log, for removals at first: it has failed as
   * before.
   *
   * @return false if a call is under way just now; nothing is open then
   * @throws RocksDBException if what lies there cannot be opened, or has a gap
   */
  boolean attach() throws RocksDBException {
    RocksConnection opened = RocksConnection.open(folder);
    boolean isTaken = false;
    try {
      if (!resume(opened)) {
        throw new RocksDBException("a log of it is missing");
      }
      isTaken = exchange(opened);
    } finally {
      if (!isTaken) {
        opened.close();
      }
    }
    return isTaken;
  }

  private boolean exchange(@Nullable RocksConnection other) {
    if (!life.writeLock().tryLock()) {
      return false;
    }
    try {
      if (!closed) {
        RocksConnection present = connection;
        if (present != null) {
          for (TickerType type : TickerType.values()) {
            if (type != TickerType.TICKER_ENUM_MAX) {
              ended.merge(type, present.settings().ticker(type), Long::sum);
            }
          }
        }
        connection = other;
        unflushedBytes.set(0);
      }
      return !closed;
    } finally {
      life.writeLock().unlock();
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
    return connection().database().get(handle(family), options(reading), key, target);
  }

  /** A small value, or null. */
  byte @Nullable [] get(Family family, byte[] key) throws RocksDBException {
    return connection().database().get(handle(family), settings().lookup, key);
  }

  /** What a read is for. */
  enum Reading {
    LOOKUP,
    SWEEP
  }

  /**
   * Carries a batch out, whole or not at all. Where one that is logged fails, the device has failed
   * before anybody can act upon it: no record is put from then on.
   */
  void write(WriteBatch batch, Durability durability) throws RocksDBException {
    changes.readLock().lock();
    try {
      connection().database().write(options(durability), batch);
      unflushedBytes.addAndGet(batch.getDataSize());
    } catch (RocksDBException failure) {
      if (durability != Durability.UNLOGGED) {
        health.fail("a write", failure);
      }
      throw failure;
    } finally {
      changes.readLock().unlock();
    }
  }

  /** The family for use in a batch. */
  ColumnFamilyHandle handle(Family family) throws RocksDBException {
    return connection().handle(family);
  }

  /** All entries of a family in the order of their keys; the caller closes it. */
  RocksIterator iterate(Family family) throws RocksDBException {
    return connection().database().newIterator(handle(family), settings().sweep);
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
    if (connection().immutableCount() > 0) {
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
    while (connection().immutableCount() > 0) {
      if (connection().hasBackgroundErrors()) {
        throw new RocksDBException("the flush failed in the background");
      }
      LockSupport.parkNanos(FLUSH_POLL_NANOS);
    }
  }

  /** What RocksDB counted in this run, over all openings. */
  long ticker(TickerType type) {
    life.readLock().lock();
    try {
      RocksConnection present = connection;
      return ended.getOrDefault(type, 0L)
          + (present == null || closed ? 0 : present.settings().ticker(type));
    } finally {
      life.readLock().unlock();
    }
  }

  /** {@link RocksConnection#diskBytes}. */
  long diskBytes() throws RocksDBException {
    return connection().diskBytes();
  }

  /** {@link RocksConnection#collectGarbage}. */
  void collectGarbage() throws RocksDBException {
    connection().collectGarbage();
  }

  @Override
  public void close() {
    if (!enter()) {
      return;
    }
    try {
      if (!health.hasFailed()) {
        flush();
      }
    } catch (RocksDBException failure) {
      health.fail("the last flush", failure);
    } finally {
      leave();
    }
    life.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        if (connection != null) {
          connection.close();
        }
      }
    } finally {
      life.writeLock().unlock();
    }
  }

  private void beginFlush(long bytesMin) throws RocksDBException {
    changes.writeLock().lock();
    try {
      if (unflushedBytes.get() >= bytesMin) {
        RocksConnection present = connection();
        RocksDB database = present.database();
        database.put(
            present.handle(Family.META), present.settings().logged, LOG_ENDED, bytes(logNumber));
        database.syncWal();
        database.flush(present.settings().beginFlush, present.families());
        beginLog(present);
        unflushedBytes.set(0);
      }
    } finally {
      changes.writeLock().unlock();
    }
  }

  private void beginLog(RocksConnection in) throws RocksDBException {
    logNumber++;
    in.database().put(in.handle(Family.META), in.settings().logged, LOG_BEGUN, bytes(logNumber));
  }

  private static long number(RocksConnection in, byte[] key) throws RocksDBException {
    byte[] value = in.database().get(in.handle(Family.META), in.settings().lookup, key);
    return value == null || value.length != Long.BYTES ? 0 : ByteBuffer.wrap(value).getLong();
  }

  private static byte[] bytes(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  private RocksConnection connection() throws RocksDBException {
    RocksConnection present = connection;
    if (present == null) {
      throw new RocksDBException("the device is out of use");
    }
    return present;
  }

  private RocksSettings settings() throws RocksDBException {
    return connection().settings();
  }

  private ReadOptions options(Reading reading) throws RocksDBException {
    return switch (reading) {
      case LOOKUP -> settings().lookup;
      case SWEEP -> settings().sweep;
    };
  }

  private WriteOptions options(Durability durability) throws RocksDBException {
    return switch (durability) {
      case UNLOGGED -> settings().unlogged;
      case LOGGED -> settings().logged;
      case SYNCED -> settings().synced;
    };
  }
}
