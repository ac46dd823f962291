package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockMeta;
import io.emberfs.core.Clock;
import io.emberfs.core.FileRecords;
import io.emberfs.core.Meters;
import io.emberfs.core.Tier;
import io.emberfs.core.WriteFence;
import java.io.IOException;
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
  private final Optional<String> coldStart;

  private SsdDatabase(
      RocksStore store,
      FileNumbers numbers,
      Optional<String> coldStart,
      SsdSpec spec,
      WriteFence fence,
      Clock clock,
      Meters meters)
      throws RocksDBException {
    int blockSize = spec.geometry().blockSize();
    this.store = store;
    this.coldStart = coldStart;
    index = new SsdIndex(blockCountMax(spec), spec.policies());
    lookupBuffers =
        new BufferPool(
            (int) Math.clamp(LOOKUP_BUFFER_BYTES / blockSize, BUFFER_COUNT_MIN, LOOKUP_BUFFERS_MAX),
            blockSize);
    offerBuffers = new BufferPool(OFFER_BUFFERS, blockSize);
    scrubBuffers = new BufferPool(1, blockSize);
    BlockStore blocks = new BlockStore(store, spec.geometry());
    IndexedBlocks indexed = new IndexedBlocks(store, blocks, index, fence);
    DamageWatch damage = new DamageWatch(store, indexed, clock, meters);
    SsdScrub scrub = new SsdScrub(index, indexed, scrubBuffers, damage);
    tier =
        new SsdTier(
            spec, store, index, indexed, lookupBuffers, offerBuffers, damage, scrub, meters);
    records = new RocksFileRecords(store, indexed, numbers, meters);
    try {
      load(blocks, indexed, spec, meters);
      records.load();
    } catch (RocksDBException failure) {
      closeMemory();
      throw failure;
    }
  }

  /**
   * Opens the database in a folder of its own, making the folder (for its owner only) and an empty
   * database where there is none.
   *
   * @param fence asked before a block is stored
   * @param clock tells a device that is sick from one that fails now and then
   * @throws IOException if not even an empty database can be made there, or another process has it
   *     open; nothing stays open
   */
  public static SsdDatabase open(
      Path directory, SsdSpec spec, WriteFence fence, Clock clock, Meters meters)
      throws IOException {
    loadLibrary();
    DatabaseFolder folder = new DatabaseFolder(directory);
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
                "database " + directory + " is open elsewhere: " + damage, failure);
          }
        }
      }
      meters.counter("ssd.coldStarts").increment();
      coldStart = Optional.of(damage);
      LOG.warn("ssd: starting with an empty cache, {} cannot be used: {}", directory, damage);
      folder.wipe();
    }
    try {
      return openNew(folder, coldStart, spec, fence, clock, meters);
    } catch (RocksDBException failure) {
      throw new IOException(
          "cannot make a database in " + directory + ": " + failure.getMessage(), failure);
    }
  }

  /** The blocks. Closing the tier alone stops the serving; the database is closed here. */
  public Tier tier() {
    return tier;
  }

  /** The file table. */
  public FileRecords records() {
    return records;
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
      return store.hasFailed() ? 0 : store.diskBytes();
    } catch (RocksDBException failure) {
      return 0; // a number to look at, not worth more than that
    } finally {
      store.leave();
    }
  }

  /** Whether the device failed and the tier stopped serving. */
  public boolean hasFailed() {
    return store.hasFailed();
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
    RocksStore store = RocksStore.open(folder, meters);
    try {
      if (!store.resume()) {
        throw new RocksDBException("a log of it is missing");
      }
      FileNumbers numbers =
          FileNumbers.resume(store, spec.geometry().blockSize(), new SecureRandom());
      return new SsdDatabase(store, numbers, Optional.empty(), spec, fence, clock, meters);
    } catch (RocksDBException failure) {
      store.close();
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
    RocksStore store = RocksStore.open(folder, meters);
    try {
      store.resume();
      FileNumbers numbers =
          FileNumbers.begin(store, spec.geometry().blockSize(), new SecureRandom());
      SsdDatabase database = new SsdDatabase(store, numbers, coldStart, spec, fence, clock, meters);
      folder.trust();
      return database;
    } catch (IOException | RocksDBException failure) {
      store.close();
      throw failure;
    }
  }

  private static void load(BlockStore blocks, IndexedBlocks indexed, SsdSpec spec, Meters meters)
      throws RocksDBException {
    Meters.Counter checksumFailures = meters.counter("integrity.checksumFailures");
    blocks.forEachHeader(
        new BlockStore.HeaderSink() {
          @Override
          public void accept(BlockMeta meta) throws RocksDBException {
            indexed.load(meta, spec.capacityBytes());
          }

          @Override
          public void damaged() {
            checksumFailures.increment();
          }
        });
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
