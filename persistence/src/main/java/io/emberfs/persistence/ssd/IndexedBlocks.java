package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.WriteFence;
import io.emberfs.persistence.ssd.RocksStore.Reading;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
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
 * is compared with the index field by field, generation and write sequence included. Where the
 * device fails, the index goes on and the database stays behind ({@link DeviceHealth}); before it
 * serves again, all that it shows is compared ({@link #prove}).
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

  private final BlockStore blocks;
  private final SsdIndex index;
  private final WriteFence fence;
  private final ReentrantReadWriteLock keys = new ReentrantReadWriteLock();
  private final Object[] stripes = new Object[STRIPE_COUNT];
  private volatile boolean isLoaded;
  private volatile boolean missedRemoval;
  // Guarded by the index's monitor.
  private long reservedBytes;
  private int reservedBlocks;

  IndexedBlocks(BlockStore blocks, SsdIndex index, WriteFence fence) {
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
        // Also where the device failed meanwhile: what the database may hold has to be known.
        synchronized (index) {
          index.put(meta);
        }
        return Verdict.STORE;
      }
    } finally {
      keys.readLock().unlock();
    }
  }

  /**
   * Removes one block. Whatever the database says, the index has forgotten it afterwards.
   *
   * @throws RocksDBException if the database may still hold it
   */
  void remove(long fileId, long blockIndex) throws RocksDBException {
    keys.readLock().lock();
    try {
      synchronized (stripe(fileId, blockIndex)) {
        requireLoaded();
        if (find(fileId, blockIndex) != null) {
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
      requireLoaded();
      long[] found;
      synchronized (index) {
        found = index.blocksOf(fileId, firstBlockIndex, Integer.MAX_VALUE);
      }
      try {
        if (found.length > 0) {
          blocks.removeFrom(fileId, firstBlockIndex, found);
        }
      } finally {
        for (long blockIndex : found) {
          forget(fileId, blockIndex);
        }
      }
    } finally {
      keys.writeLock().unlock();
    }
  }

  /** Removes every block; as {@link #remove}. */
  void clear() throws RocksDBException {
    keys.writeLock().lock();
    try {
      blocks.removeEverything();
      isLoaded = true;
    } finally {
      forgetAll();
      keys.writeLock().unlock();
    }
  }

  /**
   * The database was begun anew: it holds nothing.
   *
   * @return blocks that were known
   */
  int begunAnew() {
    keys.writeLock().lock();
    try {
      int known;
      synchronized (index) {
        known = index.blockCount();
      }
      forgetAll();
      isLoaded = true;
      return known;
    } finally {
      keys.writeLock().unlock();
    }
  }

  /** Whether the index was filled, from the database or with it. */
  boolean isLoaded() {
    return isLoaded;
  }

  /**
   * Every block that the database holds was given to {@link #load}.
   *
   * @return false if a removal came before: the database has to begin anew
   */
  boolean setLoaded() {
    keys.writeLock().lock();
    try {
      isLoaded |= !missedRemoval;
      return isLoaded;
    } finally {
      keys.writeLock().unlock();
    }
  }

  /** Whether a removal came before anybody knew what the database holds. */
  boolean missedRemoval() {
    return missedRemoval;
  }

  private void requireLoaded() throws RocksDBException {
    if (!isLoaded) {
      missedRemoval = true;
      throw new RocksDBException("what the database holds is not known yet");
    }
  }

  /**
   * Compares a header that the database shows with the index, and removes its block where the index
   * does not know exactly this one.
   *
   * @return the block's entry, or {@link SsdIndex#NONE} if it was removed
   */
  int prove(BlockMeta shown) throws RocksDBException {
    keys.readLock().lock();
    try {
      synchronized (stripe(shown.fileId(), shown.blockIndex())) {
        synchronized (index) {
          int entry = index.find(shown.fileId(), shown.blockIndex());
          if (entry != SsdIndex.NONE && index.meta(entry).equals(shown)) {
            return entry;
          }
        }
        removeKnown(shown.fileId(), shown.blockIndex());
        return SsdIndex.NONE;
      }
    } finally {
      keys.readLock().unlock();
    }
  }

  /**
   * Removes the blocks that the database did not show. Nothing was offered since before it was
   * asked, so no entry was taken a second time.
   *
   * @param shown entries of those that it did
   * @return blocks removed
   */
  int removeUnproven(BitSet shown) throws RocksDBException {
    int removed = 0;
    int end;
    synchronized (index) {
      end = index.entryEnd();
    }
    for (int entry = shown.nextClearBit(0); entry < end; entry = shown.nextClearBit(entry + 1)) {
      BlockMeta meta = null;
      synchronized (index) {
        if (index.isLive(entry)) {
          meta = index.meta(entry);
        }
      }
      if (meta != null) {
        remove(meta.fileId(), meta.blockIndex());
        removed++;
      }
    }
    return removed;
  }

  private void forgetAll() {
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
   * fit any more, or nobody can ask for it.
   */
  void load(BlockMeta meta, long capacityBytes) throws RocksDBException {
    boolean fits =
        FileNumbers.isPersistable(meta.fileId()) && reserve(meta.storedSize(), capacityBytes);
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
    try {
      blocks.remove(fileId, blockIndex);
    } finally {
      forget(fileId, blockIndex);
    }
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
