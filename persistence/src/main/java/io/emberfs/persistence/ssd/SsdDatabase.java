package io.emberfs.persistence.ssd;

import io.emberfs.core.Clock;
import io.emberfs.core.FileRecords;
import io.emberfs.core.Meters;
import io.emberfs.core.Tier;
import io.emberfs.core.WriteFence;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The database of one state directory: its tier and its file table, opened and closed together.
 *
 * <p>What cannot be opened, is of another block size or was marked as outdated is wiped and begun
 * anew, counted in {@code ssd.coldStarts}: it is a cache. Owns everything below; {@link #close}
 * waits for calls in flight.
 */
public final class SsdDatabase implements AutoCloseable {
  /** How often {@link #care} is to be called. */
  public static final long CARE_PERIOD_MILLIS = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger(SsdDatabase.class);
  private static final int BUFFER_COUNT_MIN = 8;
  private static final int LOOKUP_BUFFERS_MAX = 64;
  private static final int OFFER_BUFFERS = 8;
  private static final long LOOKUP_BUFFER_BYTES = 16L << 20;
  private static final int BLOCK_COUNT_MIN = 1 << 10;
  private static final int BLOCK_COUNT_MAX = 1 << 26;

  /** The index has room for blocks that are encoded to this part of their size on average. */
  private static final int ENCODING_RATIO_MAX = 8;

  private final SsdIndex index;
  private final BufferPool lookupBuffers;
  private final BufferPool offerBuffers;
  private final BufferPool scrubBuffers;
  private final RocksStore store;
  private final SsdTier tier;
  private final RocksFileRecords records;
  private final BlockStore blocks;
  private final IndexedBlocks indexed;
  private final FileNumbers numbers;
  private final SsdHealing healing;
  private final WriteBudget written;
  private Optional<String> coldStart = Optional.empty();

  private SsdDatabase(
      DatabaseFolder folder,
      RocksStore store,
      SsdSpec spec,
      WriteFence fence,
      Clock clock,
      Meters meters) {
    int blockSize = spec.geometry().blockSize();
    this.store = store;
    index = new SsdIndex(blockCountMax(spec), spec.policies());
    lookupBuffers =
        new BufferPool(
            (int) Math.clamp(LOOKUP_BUFFER_BYTES / blockSize, BUFFER_COUNT_MIN, LOOKUP_BUFFERS_MAX),
            blockSize);
    offerBuffers = new BufferPool(OFFER_BUFFERS, blockSize);
    scrubBuffers = new BufferPool(1, blockSize);
    blocks = new BlockStore(store, spec.geometry());
    indexed = new IndexedBlocks(blocks, index, fence);
    DiskRoom room = new DiskRoom(folder::usableBytes, spec.keepFreeBytes(), clock, meters);
    written = new WriteBudget(store, clock, meters);
    DamageWatch damage = new DamageWatch(store, indexed, clock, meters);
    SsdScrub scrub = new SsdScrub(index, indexed, scrubBuffers, damage);
    tier =
        new SsdTier(
            spec,
            store,
            index,
            indexed,
            lookupBuffers,
            offerBuffers,
            damage,
            scrub,
            room,
            written,
            meters);
    numbers = new FileNumbers(store, blockSize, new SecureRandom());
    records = new RocksFileRecords(store, indexed, numbers, meters);
    healing =
        new SsdHealing(folder, store, blocks, indexed, records, numbers, spec, room, clock, meters);
  }

  /**
   * Opens the database in a folder of its own, making the folder (for its owner only) and an empty
   * database where there is none. Where the device does not allow even that, the tier begins as one
   * that has failed ({@link #hasFailed}), and {@link #care} opens it later.
   *
   * @param fence asked before a block is stored
   * @param clock tells a device that is sick from one that fails now and then
   * @throws IOException if another process has it open, or the library cannot be loaded; nothing
   *     stays open
   */
  public static SsdDatabase open(
      Path directory, SsdSpec spec, WriteFence fence, Clock clock, Meters meters)
      throws IOException {
    loadLibrary();
    DatabaseFolder folder = new DatabaseFolder(directory);
    try {
      return openWorking(folder, spec, fence, clock, meters);
    } catch (RocksDBException | FileSystemException failure) {
      return new SsdDatabase(
          folder, RocksStore.failed(folder, failure, meters), spec, fence, clock, meters);
    }
  }

  private static SsdDatabase openWorking(
      DatabaseFolder folder, SsdSpec spec, WriteFence fence, Clock clock, Meters meters)
      throws IOException, RocksDBException {
    folder.create();
    Optional<String> coldStart = Optional.empty();
    if (!folder.isEmpty()) {
      String damage = "it was marked as outdated, or is not whole";
      if (!folder.canBeOpened()) {
        damage = "a log of it is damaged in a way that RocksDB does not recover from";
      } else if (folder.isTrusted()) {
        try {
          return openTrusted(folder, spec, fence, clock, meters);
        } catch (RocksDBException failure) {
          damage = String.valueOf(failure.getMessage());
          if (damage.contains("LOCK")) {
            throw new IOException(
                "database " + folder.directory() + " is open elsewhere: " + damage, failure);
          }
          if (RocksConnection.isOfDevice(failure)) {
            throw failure; // what lies there may be whole
          }
        }
      }
      folder.wipe();
      meters.counter("ssd.coldStarts").increment();
      coldStart = Optional.of(damage);
      LOG.warn(
          "ssd: starting with an empty cache, {} cannot be used: {}", folder.directory(), damage);
    }
    return openNew(folder, coldStart, spec, fence, clock, meters);
  }

  /** The blocks. Closing the tier alone stops the serving; the database is closed here. */
  public Tier tier() {
    return tier;
  }

  /** The file table. */
  public FileRecords records() {
    return records;
  }

  /** Files that have a record. */
  public long fileRecordCount() {
    return records.count();
  }

  /** Why what was there before was thrown away, a phrase about it; empty if nothing was. */
  public Optional<String> coldStart() {
    return coldStart;
  }

  /**
   * Memory outside the heap at most: write buffers, block cache, index and transfer buffers; and
   * the policy's in it.
   */
  public long memoryBytesMax() {
    return RocksSettings.memoryBytesMax()
        + index.memoryBytesMax()
        + lookupBuffers.memoryBytes()
        + offerBuffers.memoryBytes()
        + scrubBuffers.memoryBytes();
  }

  /** Bytes of the table and blob files now; 0 once closed or failed. */
  public long diskBytes() {
    if (!store.enter()) {
      return 0;
    }
    try {
      return store.health().hasFailed() ? 0 : store.diskBytes();
    } catch (RocksDBException failure) {
      return 0; // a number to look at, not worth more than that
    } finally {
      store.leave();
    }
  }

  /** Whether the device failed and the tier does not serve. */
  public boolean hasFailed() {
    return store.health().hasFailed();
  }

  /**
   * Looks after the device: takes one back that had failed, if it is time to try and it works
   * again, and keeps the room free that others are to have on it. One thread; it may wait for the
   * device.
   *
   * @return 1 if a device was taken back, else 0
   */
  public int care() {
    int takenBack = healing.step();
    tier.keepRoom();
    return takenBack;
  }

  @Override
  public void close() {
    tier.close();
    store.close();
    closeMemory();
  }

  private static SsdDatabase openTrusted(
      DatabaseFolder folder, SsdSpec spec, WriteFence fence, Clock clock, Meters meters)
      throws RocksDBException {
    SsdDatabase opened =
        new SsdDatabase(folder, RocksStore.open(folder, meters), spec, fence, clock, meters);
    try {
      if (!opened.store.resume()) {
        throw new RocksDBException("a log of it is missing");
      }
      opened.numbers.resume();
      opened.blocks.forEachHeader(new IndexLoading(opened.indexed, spec.capacityBytes(), meters));
      boolean _ = opened.indexed.setLoaded();
      opened.records.load();
      opened.written.load();
      return opened;
    } catch (RocksDBException failure) {
      opened.close();
      throw failure;
    }
  }

  private static SsdDatabase openNew(
      DatabaseFolder folder,
      Optional<String> coldStart,
      SsdSpec spec,
      WriteFence fence,
      Clock clock,
      Meters meters)
      throws IOException, RocksDBException {
    SsdDatabase opened =
        new SsdDatabase(folder, RocksStore.open(folder, meters), spec, fence, clock, meters);
    try {
      boolean _ = opened.store.resume();
      opened.numbers.begin();
      int _ = opened.indexed.begunAnew();
      folder.trust();
      opened.coldStart = coldStart;
      return opened;
    } catch (IOException | RocksDBException failure) {
      opened.close();
      throw failure;
    }
  }

  /**
   * Loads RocksDB's library, which {@link #open} does otherwise. Any thread.
   *
   * @throws IOException if it cannot be loaded
   */
  public static void loadLibrary() throws IOException {
    try {
      // Found on java.library.path where the build unpacked it; unpacked to a temporary folder only
      // where nobody did.
      RocksDB.loadLibrary();
    } catch (RuntimeException | UnsatisfiedLinkError failure) {
      throw new IOException("cannot load RocksDB's library: " + failure.getMessage(), failure);
    }
  }

  private static int blockCountMax(SsdSpec spec) {
    long average = Math.max(1, spec.geometry().blockSize() / ENCODING_RATIO_MAX);
    return (int) Math.clamp(spec.capacityBytes() / average, BLOCK_COUNT_MIN, BLOCK_COUNT_MAX);
  }

  private void closeMemory() {
    lookupBuffers.close();
    offerBuffers.close();
    scrubBuffers.close();
    index.close();
  }
}
