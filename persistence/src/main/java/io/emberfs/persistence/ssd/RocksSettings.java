package io.emberfs.persistence.ssd;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.HistogramType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.Statistics;
import org.rocksdb.StatsLevel;
import org.rocksdb.TickerType;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteOptions;

/**
 * Every setting of RocksDB that differs from its default, with the reason. Owns the native option
 * objects, which must outlive the database that was opened with them.
 */
final class RocksSettings implements AutoCloseable {
  /** Changes since the last flush after which the next flush begins. */
  static final long FLUSH_BYTES = 16L << 20;

  /**
   * Changes since the last flush after which a removal waits for a flush; offers were declined long
   * before.
   */
  static final long WAIT_BYTES = 2 * FLUSH_BYTES;

  private static final long BLOCK_CACHE_BYTES = 16L << 20;
  private static final long INFO_LOG_BYTES = 1L << 20;

  private final Deque<AbstractNativeReference> owned = new ArrayDeque<>();
  private final LRUCache blockCache = own(new LRUCache(BLOCK_CACHE_BYTES, 0, true));

  /** What RocksDB wrote; nothing else is counted. */
  private final Statistics statistics =
      own(new Statistics(EnumSet.complementOf(EnumSet.of(HistogramType.HISTOGRAM_ENUM_MAX))));

  private final BloomFilter bloomFilter = own(new BloomFilter(10));

  /**
   * Lookups: RocksDB verifies its own blocks; the header and the stored bytes are verified by the
   * tier.
   */
  final ReadOptions lookup = own(new ReadOptions().setVerifyChecksums(true));

  /** Reads that visit everything once and should not push the rest out of the cache. */
  final ReadOptions sweep = own(new ReadOptions().setVerifyChecksums(true).setFillCache(false));

  /** Blocks: lost at worst. Rather refused than delayed. */
  final WriteOptions unlogged = own(new WriteOptions().setDisableWAL(true).setNoSlowdown(true));

  /** Removals and records: survive the process at once, and keep their order. */
  final WriteOptions logged = own(new WriteOptions());

  /** Reservations of file numbers: survive a power cut. */
  final WriteOptions synced = own(new WriteOptions().setSync(true));

  /**
   * Begins a flush and returns: whoever holds the exclusive lock meanwhile must not wait for the
   * disk.
   */
  final FlushOptions beginFlush =
      own(new FlushOptions().setWaitForFlush(false).setAllowWriteStall(true));

  /** Flushes and waits for it. */
  final FlushOptions wholeFlush =
      own(new FlushOptions().setWaitForFlush(true).setAllowWriteStall(true));

  /** Write buffers at their most, and the block cache, in bytes. */
  static long memoryBytesMax() {
    return WAIT_BYTES + 2 * FLUSH_BYTES + BLOCK_CACHE_BYTES;
  }

  /** What was counted since the opening. */
  long ticker(TickerType type) {
    return statistics.getTickerCount(type);
  }

  DBOptions database(boolean directWrites) {
    // Neither times nor histograms: they would be paid at each read.
    statistics.setStatsLevel(StatsLevel.EXCEPT_DETAILED_TIMERS);
    return own(new DBOptions())
        .setCreateIfMissing(true)
        .setCreateMissingColumnFamilies(true)
        // One consistent moment of all families survives, never a mixture.
        .setAtomicFlush(true)
        // What is behind a hole in the log is not replayed: a prefix of the changes survives.
        .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
        // Flushes begin in one place only, see RocksStore.
        .setMaxTotalWalSize(Long.MAX_VALUE >> 1)
        .setParanoidChecks(true)
        .setUseDirectIoForFlushAndCompaction(directWrites)
        .setBytesPerSync(1 << 20)
        .setMaxBackgroundJobs(2)
        .setMaxOpenFiles(1024)
        .setStatistics(statistics)
        .setStatsDumpPeriodSec(0)
        .setStatsPersistPeriodSec(0)
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setMaxLogFileSize(INFO_LOG_BYTES)
        .setKeepLogFileNum(2);
  }

  /** The family of the blocks: the values go to blob files, so that compaction moves keys only. */
  ColumnFamilyOptions blocks() {
    return small()
        .setEnableBlobFiles(true)
        .setMinBlobSize(1024)
        .setBlobFileSize(64L << 20)
        .setBlobCompressionType(CompressionType.NO_COMPRESSION)
        .setEnableBlobGarbageCollection(true)
        // Victims are the oldest blocks, so the oldest blob files empty first, mostly by
        // themselves.
        .setBlobGarbageCollectionAgeCutoff(0.25)
        .setBlobGarbageCollectionForceThreshold(0.5);
  }

  /** A family of small values. */
  ColumnFamilyOptions small() {
    return own(new ColumnFamilyOptions())
        // Far above what is ever written between two flushes: RocksDB never switches buffers by
        // itself.
        .setWriteBufferSize(2 * WAIT_BYTES)
        .setMaxWriteBufferNumber(6)
        // Stored bytes are encoded already.
        .setCompressionType(CompressionType.NO_COMPRESSION)
        .setTableFormatConfig(
            new BlockBasedTableConfig()
                .setBlockCache(blockCache)
                .setCacheIndexAndFilterBlocks(true)
                .setFilterPolicy(bloomFilter))
        .setTargetFileSizeBase(4L << 20)
        .setMaxBytesForLevelBase(64L << 20)
        .setLevel0FileNumCompactionTrigger(8)
        // A removal is never delayed for the sake of the shape of the tree.
        .setLevel0SlowdownWritesTrigger(1 << 20)
        .setLevel0StopWritesTrigger(1 << 20)
        .setSoftPendingCompactionBytesLimit(0)
        .setHardPendingCompactionBytesLimit(0);
  }

  @Override
  public void close() {
    while (!owned.isEmpty()) {
      owned.pop().close();
    }
  }

  private <T extends AbstractNativeReference> T own(T reference) {
    owned.push(reference);
    return reference;
  }
}
