package io.emberfs.engine.ram;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.emberfs.core.BlockKey;
import io.emberfs.core.ReplacementPolicy;
import io.emberfs.ffi.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Which blocks there are, outside the Java heap: one record a slot, found by key through chained
 * hash buckets, and by file through a second chain that only the lock's holder walks.
 *
 * <p>Each record is a sequence lock. Its stamp is even while the record describes a block; whoever
 * changes the record, or takes its pages away, makes the stamp odd first and even again at the end.
 * A reader notes an even stamp, reads record and pages, and believes them only if the stamp is
 * still the same. Stamps only grow, so a slot that was used again is noticed too.
 *
 * <table>
 * <caption>Access</caption>
 * <tr><th>field<th>access<th>guard of writes<th>who reads, and why it is right
 * <tr><td>STAMP<td>release to write, acquire to read<td>{@code lock}<td>readers, before and after;
 *     a release fence follows the step to odd, an acquire fence precedes the second look
 * <tr><td>FLAGS<td>atomic<td>none<td>anybody; the upper half is the number of the slot's tenant, so
 *     that a late change cannot hit the next one
 * <tr><td>buckets, NEXT<td>release to write, acquire to read<td>{@code lock}<td>readers; a slot that
 *     was used again meanwhile may lead them astray, into a miss
 * <tr><td>file chains, free chain<td>plain<td>{@code lock}<td>under the lock
 * <tr><td>all others<td>plain<td>{@code lock}, stamp odd<td>readers between two looks at the stamp
 * </table>
 */
final class EntryTable implements ReplacementPolicy.SlotView {
  static final int NONE = -1;

  /** A prefetch brought the block and nobody asked for it yet. */
  static final int PREFETCHED = 1;

  /** Never handed down. */
  static final int TRANSIENT = 2;

  /** A lower tier has these granules. */
  static final int SAVED = 4;

  /** Used since it came. */
  static final int USED = 8;

  /** Used while compressed. */
  static final int USED_WARM = 16;

  /** Stands in the queue of unsaved blocks; belongs to the slot, not to its tenant. */
  static final int QUEUED = 32;

  /** Holds a block. */
  static final int LIVE = 64;

  /** A prefetch brought the block, and what was replayed of it so far is no use at all. */
  static final int UNTRIED = 128;

  private static final long STAMP = 0;
  private static final long FILE_ID = 8;
  private static final long BLOCK_INDEX = 16;
  private static final long FILE_GENERATION = 24;
  private static final long VALID_GRANULES = 32;
  private static final long WRITE_SEQUENCE = 40;
  private static final long FLAGS = 48;
  private static final long STORED_SIZE = 56;
  private static final long CODEC_ID = 60;
  private static final long NEXT = 64;
  private static final long CHECKSUM = 68;
  private static final long FILE_NEXT = 72;
  private static final long FILE_PREVIOUS = 76;
  private static final long PAGES = 80;

  private static final long TENANT_ONE = 1L << Integer.SIZE;
  private static final long TENANT_MASK = -TENANT_ONE;

  /** Longer than any chain at this load; bounds a reader that was led astray. */
  private static final int READER_STEPS_MAX = 64;

  private static final VarHandle LONG = JAVA_LONG.varHandle();
  private static final VarHandle INT = JAVA_INT.varHandle();

  private final ReentrantLock lock;
  private final int recordSize;
  private final MemorySegment records;
  private final MemorySegment buckets;
  private final MemorySegment fileBuckets;
  private final int bucketMask;
  private final int fileBucketMask;

  private int freeSlot = NONE;

  /** Slots from here on were never used. */
  private volatile int freshSlot;

  private volatile int entryCount;

  EntryTable(RamLayout layout, ReentrantLock lock, Arena arena) {
    this.lock = lock;
    recordSize = layout.recordSize();
    records = NativeMemory.map((long) layout.slotCount() * recordSize, arena);
    buckets = NativeMemory.map((long) layout.bucketCount() * Integer.BYTES, arena);
    fileBuckets = NativeMemory.map((long) layout.fileBucketCount() * Integer.BYTES, arena);
    bucketMask = layout.bucketCount() - 1;
    fileBucketMask = layout.fileBucketCount() - 1;
  }

  static int recordSize(int granulesPerBlock) {
    int size = (int) PAGES + granulesPerBlock * Integer.BYTES;
    return (size + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
  }

  @Override
  public long keyHash(int slot) {
    return BlockKey.hash(fileId(slot), blockIndex(slot));
  }

  @Override
  public boolean isPrefetched(int slot) {
    return hasFlag(slot, PREFETCHED);
  }

  /** Number of blocks. */
  int entryCount() {
    return entryCount;
  }

  /** Slots that were ever used are below this number. */
  int slotEnd() {
    return freshSlot;
  }

  /** The slot of a key, or NONE; what a reader finds is a hint until key and stamp agree. */
  int find(long fileId, long blockIndex) {
    return find(fileId, blockIndex, READER_STEPS_MAX);
  }

  /** The slot of a key, or NONE; exact. Under the lock. */
  int findExact(long fileId, long blockIndex) {
    assert lock.isHeldByCurrentThread();
    return find(fileId, blockIndex, Integer.MAX_VALUE);
  }

  private int find(long fileId, long blockIndex, int stepsMax) {
    int slot = link(buckets, bucket(fileId, blockIndex));
    for (int step = 0; slot != NONE && step < stepsMax; step++) {
      if (isOf(slot, fileId, blockIndex)) {
        return slot;
      }
      slot = link(records, at(slot) + NEXT);
    }
    return NONE;
  }

  boolean isOf(int slot, long fileId, long blockIndex) {
    return fileId(slot) == fileId && blockIndex(slot) == blockIndex;
  }

  /** The stamp before reading; odd while the record is being changed. */
  long stamp(int slot) {
    return (long) LONG.getAcquire(records, at(slot) + STAMP);
  }

  static boolean isStable(long stamp) {
    return (stamp & 1) == 0;
  }

  /** Whether everything read since {@code stamp} was noted belongs together. */
  boolean isUnchanged(int slot, long stamp) {
    // Keeps the reads before it from being done after the second look.
    VarHandle.acquireFence();
    return (long) LONG.getOpaque(records, at(slot) + STAMP) == stamp;
  }

  long fileId(int slot) {
    return records.get(JAVA_LONG, at(slot) + FILE_ID);
  }

  long blockIndex(int slot) {
    return records.get(JAVA_LONG, at(slot) + BLOCK_INDEX);
  }

  long fileGeneration(int slot) {
    return records.get(JAVA_LONG, at(slot) + FILE_GENERATION);
  }

  long validGranules(int slot) {
    return records.get(JAVA_LONG, at(slot) + VALID_GRANULES);
  }

  long writeSequence(int slot) {
    return records.get(JAVA_LONG, at(slot) + WRITE_SEQUENCE);
  }

  int codecId(int slot) {
    return records.get(JAVA_INT, at(slot) + CODEC_ID);
  }

  int storedSize(int slot) {
    return records.get(JAVA_INT, at(slot) + STORED_SIZE);
  }

  /** Of the stored bytes of a compressed block. */
  int checksum(int slot) {
    return records.get(JAVA_INT, at(slot) + CHECKSUM);
  }

  /** The page of a granule of a plain block, or the n-th page of a compressed one. */
  int page(int slot, int index) {
    return records.get(JAVA_INT, at(slot) + PAGES + (long) index * Integer.BYTES);
  }

  /** Flags in the lower half, the number of the tenant in the upper. */
  long flags(int slot) {
    return (long) LONG.getAcquire(records, at(slot) + FLAGS);
  }

  boolean hasFlag(int slot, int flag) {
    return (flags(slot) & flag) != 0;
  }

  void raiseFlags(int slot, int flags) {
    long _ = (long) LONG.getAndBitwiseOr(records, at(slot) + FLAGS, (long) flags);
  }

  void clearFlags(int slot, int flags) {
    long _ = (long) LONG.getAndBitwiseAnd(records, at(slot) + FLAGS, ~(long) flags);
  }

  /**
   * Clears a flag of one tenant of a slot.
   *
   * @param seen the flags as read while the stamp proved the tenant
   * @return whether this call cleared it
   */
  boolean clearFlagOf(int slot, long seen, int flag) {
    long expected = seen;
    while ((expected & flag) != 0 && (expected & TENANT_MASK) == (seen & TENANT_MASK)) {
      long witness =
          (long)
              LONG.compareAndExchange(records, at(slot) + FLAGS, expected, expected & ~(long) flag);
      if (witness == expected) {
        return true;
      }
      expected = witness;
    }
    return false;
  }

  /**
   * A free slot for a new block: its stamp is odd, nobody finds it before {@link #publish}. Under
   * the lock.
   */
  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the lock only
  int allocate() {
    assert lock.isHeldByCurrentThread();
    entryCount++;
    int slot = freeSlot;
    if (slot != NONE) {
      freeSlot = fileNext(slot);
      return slot;
    }
    slot = freshSlot;
    beginChange(slot);
    freshSlot = slot + 1;
    return slot;
  }

  /** Makes the stamp odd: from here on no reader believes what it reads. Under the lock. */
  void beginChange(int slot) {
    assert lock.isHeldByCurrentThread();
    long stamp = (long) LONG.get(records, at(slot) + STAMP);
    assert isStable(stamp) : "slot " + slot + " is being changed already";
    LONG.setOpaque(records, at(slot) + STAMP, stamp + 1);
    // The changes that follow must not be seen before the odd stamp.
    VarHandle.releaseFence();
  }

  /** Makes the stamp even: readers may believe the record again. Under the lock. */
  void endChange(int slot) {
    assert lock.isHeldByCurrentThread();
    long stamp = (long) LONG.get(records, at(slot) + STAMP);
    assert !isStable(stamp) : "slot " + slot + " is not being changed";
    LONG.setRelease(records, at(slot) + STAMP, stamp + 1);
  }

  /** Between begin and end of a change. */
  void setKey(int slot, long fileId, long blockIndex, long fileGeneration) {
    records.set(JAVA_LONG, at(slot) + FILE_ID, fileId);
    records.set(JAVA_LONG, at(slot) + BLOCK_INDEX, blockIndex);
    records.set(JAVA_LONG, at(slot) + FILE_GENERATION, fileGeneration);
  }

  /** Between begin and end of a change. */
  void setContent(int slot, int codecId, int storedSize, int checksum, long validGranules) {
    records.set(JAVA_INT, at(slot) + CODEC_ID, codecId);
    records.set(JAVA_INT, at(slot) + STORED_SIZE, storedSize);
    records.set(JAVA_INT, at(slot) + CHECKSUM, checksum);
    records.set(JAVA_LONG, at(slot) + VALID_GRANULES, validGranules);
  }

  /** Between begin and end of a change. */
  void setWriteSequence(int slot, long writeSequence) {
    records.set(JAVA_LONG, at(slot) + WRITE_SEQUENCE, writeSequence);
  }

  /** Between begin and end of a change. */
  void setPage(int slot, int index, int page) {
    records.set(JAVA_INT, at(slot) + PAGES + (long) index * Integer.BYTES, page);
  }

  /** Ends the change of a new record and lets readers find it. Under the lock. */
  void publish(int slot, int flags) {
    assert lock.isHeldByCurrentThread();
    raiseFlags(slot, flags | LIVE);
    endChange(slot);
    long bucket = bucket(fileId(slot), blockIndex(slot));
    setLink(records, at(slot) + NEXT, link(buckets, bucket));
    setLink(buckets, bucket, slot);
    long fileBucket = fileBucket(fileId(slot));
    int head = link(fileBuckets, fileBucket);
    setLink(records, at(slot) + FILE_NEXT, head);
    setLink(records, at(slot) + FILE_PREVIOUS, NONE);
    if (head != NONE) {
      setLink(records, at(head) + FILE_PREVIOUS, slot);
    }
    setLink(fileBuckets, fileBucket, slot);
  }

  /**
   * Makes a block unfindable and its slot free; the caller has begun the change that never ends.
   * Under the lock.
   *
   * @return the flags that the block had
   */
  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the lock only
  long free(int slot) {
    assert lock.isHeldByCurrentThread();
    unlinkFromBucket(slot);
    unlinkFromFile(slot);
    long flags = flags(slot);
    while (true) {
      long next = (flags & TENANT_MASK) + TENANT_ONE + (flags & QUEUED);
      long witness = (long) LONG.compareAndExchange(records, at(slot) + FLAGS, flags, next);
      if (witness == flags) {
        break;
      }
      flags = witness;
    }
    setLink(records, at(slot) + FILE_NEXT, freeSlot);
    freeSlot = slot;
    entryCount--;
    return flags;
  }

  /**
   * First slot of the chain that holds a file's blocks, among those of other files, or NONE. Under
   * the lock.
   */
  int firstOfFile(long fileId) {
    return link(fileBuckets, fileBucket(fileId));
  }

  /** The slot after this one in a file chain, or NONE. Under the lock. */
  int fileNext(int slot) {
    return link(records, at(slot) + FILE_NEXT);
  }

  private void unlinkFromBucket(int slot) {
    MemorySegment holder = buckets;
    long position = bucket(fileId(slot), blockIndex(slot));
    for (int at = link(holder, position); at != slot; at = link(holder, position)) {
      holder = records;
      position = at(at) + NEXT;
    }
    // The slot keeps its own link, so that a reader who stands on it finds the rest of the chain.
    setLink(holder, position, link(records, at(slot) + NEXT));
  }

  private void unlinkFromFile(int slot) {
    int next = fileNext(slot);
    int previous = link(records, at(slot) + FILE_PREVIOUS);
    if (next != NONE) {
      setLink(records, at(next) + FILE_PREVIOUS, previous);
    }
    if (previous != NONE) {
      setLink(records, at(previous) + FILE_NEXT, next);
    } else {
      setLink(fileBuckets, fileBucket(fileId(slot)), next);
    }
  }

  // Links are kept plus one, so that memory never written to reads as NONE.
  private static int link(MemorySegment holder, long position) {
    return (int) INT.getAcquire(holder, position) - 1;
  }

  private static void setLink(MemorySegment holder, long position, int slot) {
    INT.setRelease(holder, position, slot + 1);
  }

  private long at(int slot) {
    return (long) slot * recordSize;
  }

  private long bucket(long fileId, long blockIndex) {
    return (BlockKey.hash(fileId, blockIndex) & bucketMask) * Integer.BYTES;
  }

  private long fileBucket(long fileId) {
    return (BlockKey.hash(fileId, 0) & fileBucketMask) * Integer.BYTES;
  }
}
