package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.WriteFence;
import io.emberfs.persistence.ssd.RocksStore.Reading;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * Index and database as one thing: they change together, and the fence is asked under the same
 * lock.
 *
 * <p><b>The index is the truth of this run.</b> A key that it does not know has no block in the
 * database that could come back: every way out of the index (removal, eviction, damage) writes a
 * logged removal first. So the removal of an unknown key writes nothing. What the database returns
 * is compared with the index field by field, generation and write sequence included.
 *
 * <p><b>Locks</b>, in this order: {@code keys} (shared by a change of one key, exclusive for
 * changes of many), stripe (by key: database and index change together, and the fence is asked),
 * index (short, no I/O). A reader takes the index alone; only what looks like damage is looked at
 * again under the stripe. Whoever calls has entered the store.
 */
final class IndexedBlocks {
  private static final int STRIPE_COUNT = 64;
  private static final int TURNS_MAX = 64;

  /** Header, keys and table entries of one block on disk, rounded up. */
  private static final int BLOCK_OVERHEAD_BYTES = 256;

  private final RocksStore store;
  private final BlockStore blocks;
  private final SsdIndex index;
  private final WriteFence fence;
  private final ReentrantReadWriteLock keys = new ReentrantReadWriteLock();
  private final Object[] stripes = new Object[STRIPE_COUNT];
  // Guarded by the index's monitor.
  private long reservedBytes;
  private int reservedBlocks;

  IndexedBlocks(RocksStore store, BlockStore blocks, SsdIndex index, WriteFence fence) {
    this.store = store;
    this.blocks = blocks;
    this.index = index;
    this.fence = fence;
    for (int i = 0; i < STRIPE_COUNT; i++) {
      stripes[i] = new Object();
    }
  }

  /** What a read found. */
  enum Kind {
    RIGHT,
    ABSENT,
    BUSY,
    /** The block was damaged and is removed. */
    DAMAGED
  }

  /**
   * What a read found, and for {@link Kind#RIGHT} the meta of the bytes in the buffer.
   *
   * @param kind what was found
   * @param meta null unless right
   */
  record Outcome(Kind kind, @Nullable BlockMeta meta) {}

  /** What becomes of an offer. */
  enum Verdict {
    STORE,
    ALREADY_THERE,
    DECLINE
  }

  /**
   * The block as the index knows it, marked as used; null if there is none with all wanted
   * granules.
   */
  @Nullable BlockMeta use(long fileId, long blockIndex, long wantedGranules) {
    synchronized (index) {
      int entry = index.find(fileId, blockIndex);
      if (entry == SsdIndex.NONE) {
        return null;
      }
      BlockMeta meta = index.meta(entry);
      if (!meta.covers(wantedGranules)) {
        return null;
      }
      index.touch(entry);
      return meta;
    }
  }

  /** The block as the index knows it, or null. */
  @Nullable BlockMeta find(long fileId, long blockIndex) {
    synchronized (index) {
      int entry = index.find(fileId, blockIndex);
      return entry == SsdIndex.NONE ? null : index.meta(entry);
    }
  }

  /** Notes that a block's file has moved on to another generation. */
  void expire(long fileId, long blockIndex) {
    synchronized (index) {
      int entry = index.find(fileId, blockIndex);
      if (entry != SsdIndex.NONE) {
        index.expire(entry);
      }
    }
  }

  /**
   * Reads the block that the index showed, with at least these granules, into the buffer.
   *
   * @throws RocksDBException if the device failed
   */
  Outcome read(BlockMeta expected, long wantedGranules, BufferPool.Buffer buffer, Reading reading)
      throws RocksDBException {
    return switch (blocks.read(expected, buffer, reading)) {
      case RIGHT -> new Outcome(Kind.RIGHT, expected);
      case BUSY -> new Outcome(Kind.BUSY, null);
      case OTHER ->
          readUnderStripe(
              expected.fileId(), expected.blockIndex(), wantedGranules, buffer, reading);
    };
  }

  /**
   * The first read may have met a change halfway; under the stripe nothing changes, so what is
   * still wrong is damage.
   */
  private Outcome readUnderStripe(
      long fileId, long blockIndex, long wantedGranules, BufferPool.Buffer buffer, Reading reading)
      throws RocksDBException {
    keys.readLock().lock();
    try {
      synchronized (stripe(fileId, blockIndex)) {
        BlockMeta expected = find(fileId, blockIndex);
        if (expected == null || !expected.covers(wantedGranules)) {
          return new Outcome(Kind.ABSENT, null);
        }
        return switch (blocks.read(expected, buffer, reading)) {
          case RIGHT -> new Outcome(Kind.RIGHT, expected);
          case BUSY -> new Outcome(Kind.BUSY, null);
          case OTHER -> {
            removeKnown(fileId, blockIndex);
            yield new Outcome(Kind.DAMAGED, null);
          }
        };
      }
    } finally {
      keys.readLock().unlock();
    }
  }

  /** What would become of this offer now. */
  Verdict judge(BlockMeta meta) {
    if (!fence.isCurrent(meta.fileId(), meta.blockIndex(), meta.writeSequence())) {
      return Verdict.DECLINE;
    }
    BlockMeta known = find(meta.fileId(), meta.blockIndex());
    if (known == null || known.fileGeneration() < meta.fileGeneration()) {
      return Verdict.STORE;
    }
    if (known.fileGeneration() > meta.fileGeneration()) {
      return Verdict.DECLINE;
    }
    if (known.covers(meta.validGranules())) {
      return Verdict.ALREADY_THERE;
    }
    return meta.covers(known.validGranules()) ? Verdict.STORE : Verdict.DECLINE;
  }

  /**
   * Stores an offer for which room was reserved. Returns {@link Verdict#STORE} if it was stored;
   * declines also where the database would have had to wait.
   *
   * @throws RocksDBException if the device failed
   */
  Verdict put(BlockMeta meta, MemorySegment stored, BufferPool.Buffer buffer)
      throws RocksDBException {
    keys.readLock().lock();
    try {
      synchronized (stripe(meta.fileId(), meta.blockIndex())) {
        Verdict verdict = judge(meta);
        if (verdict != Verdict.STORE) {
          return verdict;
        }
        if (!blocks.put(meta, stored, buffer)) {
          return Verdict.DECLINE;
        }
        synchronized (index) {
          if (store.hasFailed()) {
            return Verdict.DECLINE; // emptied meanwhile, and to stay so
          }
          index.put(meta);
        }
        return Verdict.STORE;
      }
    } finally {
      keys.readLock().unlock();
    }
  }

  /** Removes one block. Where the database has failed it is tried all the same, known or not. */
  void remove(long fileId, long blockIndex) throws RocksDBException {
    keys.readLock().lock();
    try {
      synchronized (stripe(fileId, blockIndex)) {
        if (store.hasFailed() || find(fileId, blockIndex) != null) {
          removeKnown(fileId, blockIndex);
        }
      }
    } finally {
      keys.readLock().unlock();
    }
  }

  /** Removes a file's blocks from an index on; as {@link #remove}. */
  void removeFrom(long fileId, long firstBlockIndex) throws RocksDBException {
    keys.writeLock().lock();
    try {
      long[] found;
      synchronized (index) {
        found = index.blocksOf(fileId, firstBlockIndex, Integer.MAX_VALUE);
      }
      if (store.hasFailed()) {
        blocks.removeRange(fileId, firstBlockIndex);
      } else if (found.length > 0) {
        blocks.removeFrom(fileId, firstBlockIndex, found);
      }
      for (long blockIndex : found) {
        forget(fileId, blockIndex);
      }
    } finally {
      keys.writeLock().unlock();
    }
  }

  /** Removes every block. */
  void clear() throws RocksDBException {
    keys.writeLock().lock();
    try {
      blocks.removeEverything();
      forgetAll();
    } finally {
      keys.writeLock().unlock();
    }
  }

  /** Empties the index alone: nothing is found from here on. */
  void forgetAll() {
    synchronized (index) {
      index.clear();
    }
  }

  /** Takes room for a block of this size, if there is some. */
  boolean reserve(int storedSize, long capacityBytes) {
    synchronized (index) {
      if (index.blockCount() + reservedBlocks >= index.blockCountMax()
          || usedBytes() + cost(storedSize) > capacityBytes) {
        return false;
      }
      reservedBytes += cost(storedSize);
      reservedBlocks++;
      return true;
    }
  }

  /** Gives reserved room back, once the block is stored or was declined. */
  void release(int storedSize) {
    synchronized (index) {
      reservedBytes -= cost(storedSize);
      reservedBlocks--;
    }
  }

  /** Removes the block that is worth least; false if there is none. */
  boolean evictOne() throws RocksDBException {
    BlockMeta victim = null;
    while (victim == null) {
      // In short turns, for who looks a block up waits for the same monitor.
      synchronized (index) {
        int entry = index.victim(TURNS_MAX);
        if (entry == SsdIndex.NONE) {
          return false;
        }
        victim = entry == SsdIndex.UNDECIDED ? null : index.meta(entry);
      }
    }
    remove(victim.fileId(), victim.blockIndex());
    return true;
  }

  /**
   * Takes a block into the index at the opening, or removes it from the database where it does not
   * fit any more.
   */
  void load(BlockMeta meta, long capacityBytes) throws RocksDBException {
    boolean fits = reserve(meta.storedSize(), capacityBytes);
    if (!fits) {
      blocks.remove(meta.fileId(), meta.blockIndex());
      return;
    }
    synchronized (index) {
      index.put(meta);
    }
    release(meta.storedSize());
  }

  /** Whether any block of this file is known. */
  boolean hasBlocksOf(long fileId) {
    synchronized (index) {
      return index.hasBlocksOf(fileId);
    }
  }

  /** Bytes of the budget in use, reserved room included. */
  long usedBytes() {
    synchronized (index) {
      return index.storedBytes() + (long) index.blockCount() * BLOCK_OVERHEAD_BYTES + reservedBytes;
    }
  }

  private void removeKnown(long fileId, long blockIndex) throws RocksDBException {
    blocks.remove(fileId, blockIndex);
    forget(fileId, blockIndex);
  }

  private void forget(long fileId, long blockIndex) {
    synchronized (index) {
      int entry = index.find(fileId, blockIndex);
      if (entry != SsdIndex.NONE) {
        index.delete(entry);
      }
    }
  }

  private Object stripe(long fileId, long blockIndex) {
    return stripes[(int) (BlockKey.hash(fileId, blockIndex) >>> 32) & (STRIPE_COUNT - 1)];
  }

  /** Bytes of the budget that a block takes. */
  static long cost(int storedSize) {
    return (long) storedSize + BLOCK_OVERHEAD_BYTES;
  }
}
