package io.emberfs.persistence.ssd;

import static io.emberfs.persistence.ssd.IndexRecords.BLOCK_INDEX;
import static io.emberfs.persistence.ssd.IndexRecords.FILE_ID;
import static io.emberfs.persistence.ssd.IndexRecords.NEXT_OF_FILE;
import static io.emberfs.persistence.ssd.IndexRecords.NEXT_OF_KEY;
import static io.emberfs.persistence.ssd.IndexRecords.PREVIOUS_OF_FILE;
import static io.emberfs.persistence.ssd.IndexRecords.RAW_SIZE;
import static io.emberfs.persistence.ssd.IndexRecords.STATE;
import static io.emberfs.persistence.ssd.IndexRecords.STORED_SIZE;

import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.PinnedFiles;
import io.emberfs.core.ReplacementPolicy;
import io.emberfs.core.Tier;
import java.util.Arrays;

/**
 * What the SSD tier knows of its blocks without asking the disk: the whole meta of each, by key and
 * by file, and which of them is to leave next.
 *
 * <p>Entries are numbered from 0 and lie off-heap in chunks that are added as the tier fills. Two
 * hash chains run through them by number: one for keys, one for files (a file's blocks share a
 * bucket with those of a few other files). Victims are chosen by a policy over the entries, with
 * three exceptions: a block whose file has moved on leaves before any other; one that the tier
 * above holds as well stays, as far as that can be done in a few turns; a pinned one goes over to a
 * line of its own, as long as those there stay within their bound.
 *
 * <p>Not safe for threads: every call is made under this object's monitor. It owns its memory until
 * {@link #close}.
 */
final class SsdIndex implements ReplacementPolicy.SlotView, AutoCloseable {
  static final int NONE = -1;

  /** Pinned blocks were taken out of the line, and there may be more: ask again. */
  static final int UNDECIDED = -2;

  private static final int FREE = 0;

  /** The policy knows it. */
  private static final int RANKED = 1;

  /** Pinned, and in the line of those held instead. */
  private static final int HELD = 2;

  /** Its file has moved on: in the line of those that leave first. */
  private static final int EXPIRED = 3;

  /** The policy let it go, and it is about to be deleted. */
  private static final int LEAVING = 4;

  private final IndexRecords records = new IndexRecords();
  private final int blockCountMax;
  private final ReplacementPolicy.Factory policies;
  private ReplacementPolicy policy;
  private Tier.Presence upper = (_, _) -> false;
  private final int[] keyHeads;
  private final int[] fileHeads;
  private int entryCount;
  private int firstFree = NONE;
  private final IndexLine expiredLine = new IndexLine(records);
  private final IndexLine heldLine = new IndexLine(records);
  private final PinnedFiles pinned = new PinnedFiles();
  private long heldBytes;
  private long heldBytesMax;
  private int blockCount;
  private long storedBytes;
  private long logicalBytes;

  /**
   * @param blockCountMax entries at most; memory for the heads of the chains is taken at once, for
   *     entries as they come
   */
  SsdIndex(int blockCountMax, ReplacementPolicy.Factory policies) {
    this.blockCountMax = blockCountMax;
    this.policies = policies;
    int buckets = Integer.highestOneBit(Math.max(16, blockCountMax));
    keyHeads = new int[buckets];
    fileHeads = new int[buckets];
    Arrays.fill(keyHeads, NONE);
    Arrays.fill(fileHeads, NONE);
    policy = policies.make(blockCountMax, this);
  }

  /** Blocks that are there as well had better stay. */
  void setUpper(Tier.Presence presence) {
    upper = presence;
  }

  @Override
  public long keyHash(int entry) {
    return BlockKey.hash(records.getLong(entry, FILE_ID), records.getLong(entry, BLOCK_INDEX));
  }

  @Override
  public boolean isPrefetched(int entry) {
    return false; // of those that nobody asked for, few are handed down
  }

  /** Bytes that this index may take when it is full. */
  long memoryBytesMax() {
    return (long) blockCountMax * IndexRecords.ENTRY_BYTES
        + 2L * keyHeads.length * Integer.BYTES
        + policies.bytesMax(blockCountMax);
  }

  int blockCount() {
    return blockCount;
  }

  int blockCountMax() {
    return blockCountMax;
  }

  long storedBytes() {
    return storedBytes;
  }

  long logicalBytes() {
    return logicalBytes;
  }

  /** The files whose blocks are to be kept; no monitor is needed to change it. */
  PinnedFiles pinned() {
    return pinned;
  }

  /** Sets how many bytes of the budget pinned blocks may hold. */
  void setHeldBytesMax(long bytes) {
    heldBytesMax = bytes;
  }

  /** Bytes of the budget that blocks hold which would have been victims, were they not pinned. */
  long heldBytes() {
    return heldBytes;
  }

  /** One more than the highest entry number in use; entries below it may be free. */
  int entryEnd() {
    return entryCount;
  }

  boolean isLive(int entry) {
    return records.getInt(entry, STATE) != FREE;
  }

  /** The entry of a block, or {@link #NONE}. */
  int find(long fileId, long blockIndex) {
    int entry = keyHeads[keyBucket(fileId, blockIndex)];
    while (entry != NONE
        && (records.getLong(entry, BLOCK_INDEX) != blockIndex
            || records.getLong(entry, FILE_ID) != fileId)) {
      entry = records.getInt(entry, NEXT_OF_KEY);
    }
    return entry;
  }

  BlockMeta meta(int entry) {
    return records.meta(entry);
  }

  /**
   * Adds a block, or replaces it without changing its rank. Before: fewer than {@code
   * blockCountMax} blocks, or this one is known.
   */
  void put(BlockMeta meta) {
    int entry = find(meta.fileId(), meta.blockIndex());
    if (entry != NONE && records.getInt(entry, STATE) != RANKED) {
      delete(entry);
      entry = NONE;
    }
    if (entry == NONE) {
      entry = takeFree();
      records.set(entry, FILE_ID, meta.fileId());
      records.set(entry, BLOCK_INDEX, meta.blockIndex());
      linkKey(entry, keyBucket(meta.fileId(), meta.blockIndex()));
      linkFile(entry, fileBucket(meta.fileId()));
      blockCount++;
      records.set(entry, STATE, RANKED);
      policy.onInsert(entry);
    } else {
      storedBytes -= records.getInt(entry, STORED_SIZE);
      logicalBytes -= records.getInt(entry, RAW_SIZE);
    }
    records.setContent(entry, meta);
    storedBytes += meta.storedSize();
    logicalBytes += meta.rawSize();
  }

  /** Forgets a block; its entry is free afterwards. */
  void delete(int entry) {
    takeOut(entry);
    unlinkKey(
        entry, keyBucket(records.getLong(entry, FILE_ID), records.getLong(entry, BLOCK_INDEX)));
    unlinkFile(entry, fileBucket(records.getLong(entry, FILE_ID)));
    blockCount--;
    storedBytes -= records.getInt(entry, STORED_SIZE);
    logicalBytes -= records.getInt(entry, RAW_SIZE);
    records.set(entry, STATE, FREE);
    records.set(entry, NEXT_OF_KEY, firstFree);
    firstFree = entry;
  }

  /** Forgets every block. */
  void clear() {
    Arrays.fill(keyHeads, NONE);
    Arrays.fill(fileHeads, NONE);
    for (int entry = 0; entry < entryCount; entry++) {
      records.set(entry, STATE, FREE);
    }
    entryCount = 0;
    firstFree = NONE;
    policy = policies.make(blockCountMax, this);
    expiredLine.clear();
    heldLine.clear();
    heldBytes = 0;
    blockCount = 0;
    storedBytes = 0;
    logicalBytes = 0;
  }

  /** The block was used. */
  void touch(int entry) {
    switch (records.getInt(entry, STATE)) {
      case RANKED -> policy.onHit(entry);
      case HELD -> hold(entry); // once more, as the newest
      default -> {}
    }
  }

  /** The block's file has a newer generation: it leaves before others. */
  void expire(int entry) {
    takeOut(entry);
    records.set(entry, STATE, EXPIRED);
    expiredLine.addNewest(entry);
  }

  /** The blocks of a file that is not pinned any more are victims like others. */
  void release(long fileId) {
    for (int entry = fileHeads[fileBucket(fileId)];
        entry != NONE;
        entry = records.getInt(entry, NEXT_OF_FILE)) {
      if (records.getLong(entry, FILE_ID) == fileId && records.getInt(entry, STATE) == HELD) {
        takeOut(entry);
        rankAgain(entry);
      }
    }
  }

  /**
   * The block to evict, still known; {@link #NONE} if there is none, {@link #UNDECIDED} if that
   * takes more work. Held ones are victims where they are more than the bound, or nothing else is
   * left.
   *
   * @param turnsMax blocks that stay because the tier above holds them at most, and pinned ones
   *     that are held, so that the work is bounded
   */
  int victim(int turnsMax) {
    if (expiredLine.oldest() != NONE) {
      return expiredLine.oldest();
    }
    if (heldBytes > heldBytesMax) {
      return heldLine.oldest();
    }
    int turns = 0;
    int holds = 0;
    while (holds < turnsMax) {
      int entry = policy.victim();
      if (entry == NONE) {
        return heldLine.oldest();
      }
      records.set(entry, STATE, LEAVING);
      if (mayHold(entry)) {
        // Not evicted, so it must not look like that to the policy: no ghost, no judgement.
        policy.onReturn(entry);
        policy.onRemove(entry);
        hold(entry);
        holds++;
      } else if (turns < turnsMax
          && upper.holds(records.getLong(entry, FILE_ID), records.getLong(entry, BLOCK_INDEX))) {
        rankAgain(entry);
        turns++;
      } else {
        return entry;
      }
    }
    return UNDECIDED;
  }

  /** One that the policy let go, now or before, stays after all. */
  private void rankAgain(int entry) {
    policy.onReturn(entry);
    records.set(entry, STATE, RANKED);
  }

  private boolean mayHold(int entry) {
    return pinned.count() > 0
        && pinned.contains(records.getLong(entry, FILE_ID))
        && heldBytes + cost(entry) <= heldBytesMax;
  }

  private void hold(int entry) {
    takeOut(entry);
    records.set(entry, STATE, HELD);
    heldLine.addNewest(entry);
    heldBytes += cost(entry);
  }

  private long cost(int entry) {
    return IndexedBlocks.cost(records.getInt(entry, STORED_SIZE));
  }

  /**
   * The block indexes of a file from {@code firstBlockIndex} on, in no order.
   *
   * @param countMax length of the answer at most
   */
  long[] blocksOf(long fileId, long firstBlockIndex, int countMax) {
    long[] found = new long[16];
    int count = 0;
    int entry = fileHeads[fileBucket(fileId)];
    while (entry != NONE && count < countMax) {
      if (records.getLong(entry, FILE_ID) == fileId
          && records.getLong(entry, BLOCK_INDEX) >= firstBlockIndex) {
        if (count == found.length) {
          found = Arrays.copyOf(found, 2 * count);
        }
        found[count++] = records.getLong(entry, BLOCK_INDEX);
      }
      entry = records.getInt(entry, NEXT_OF_FILE);
    }
    return Arrays.copyOf(found, count);
  }

  /** Raw bytes of a file's blocks. */
  long rawBytesOf(long fileId) {
    long bytes = 0;
    for (int entry = fileHeads[fileBucket(fileId)];
        entry != NONE;
        entry = records.getInt(entry, NEXT_OF_FILE)) {
      bytes += records.getLong(entry, FILE_ID) == fileId ? records.getInt(entry, RAW_SIZE) : 0;
    }
    return bytes;
  }

  /** Whether any block of this file is known. */
  boolean hasBlocksOf(long fileId) {
    return blocksOf(fileId, 0, 1).length != 0;
  }

  /** The entries in use, most valuable first: those held, then as the policy ranks them. */
  int[] byValue() {
    int[] entries = new int[blockCount];
    int[] count = new int[1];
    for (int entry = heldLine.newest(); entry != NONE; entry = heldLine.older(entry)) {
      entries[count[0]++] = entry;
    }
    policy.forEach(entry -> {
      entries[count[0]++] = entry;
      return true;
    });
    for (int entry = expiredLine.newest(); entry != NONE; entry = expiredLine.older(entry)) {
      entries[count[0]++] = entry;
    }
    return Arrays.copyOf(entries, count[0]);
  }

  @Override
  public void close() {
    records.close();
  }

  private int takeFree() {
    if (firstFree != NONE) {
      int entry = firstFree;
      firstFree = records.getInt(entry, NEXT_OF_KEY);
      return entry;
    }
    if (entryCount == blockCountMax) {
      throw new IllegalStateException("index of " + blockCountMax + " blocks is full");
    }
    records.makeRoom(entryCount);
    return entryCount++;
  }

  /** Takes an entry from where its state says that it stands. */
  private void takeOut(int entry) {
    switch (records.getInt(entry, STATE)) {
      case RANKED -> policy.onRemove(entry);
      case HELD -> {
        heldBytes -= cost(entry);
        heldLine.remove(entry);
      }
      case EXPIRED -> expiredLine.remove(entry);
      default -> {}
    }
  }

  private void linkKey(int entry, int bucket) {
    records.set(entry, NEXT_OF_KEY, keyHeads[bucket]);
    keyHeads[bucket] = entry;
  }

  private void unlinkKey(int entry, int bucket) {
    int next = records.getInt(entry, NEXT_OF_KEY);
    if (keyHeads[bucket] == entry) {
      keyHeads[bucket] = next;
      return;
    }
    int before = keyHeads[bucket];
    while (records.getInt(before, NEXT_OF_KEY) != entry) {
      before = records.getInt(before, NEXT_OF_KEY);
    }
    records.set(before, NEXT_OF_KEY, next);
  }

  // Linked both ways: the bucket of a large file is long.
  private void linkFile(int entry, int bucket) {
    int next = fileHeads[bucket];
    records.set(entry, NEXT_OF_FILE, next);
    records.set(entry, PREVIOUS_OF_FILE, NONE);
    if (next != NONE) {
      records.set(next, PREVIOUS_OF_FILE, entry);
    }
    fileHeads[bucket] = entry;
  }

  private void unlinkFile(int entry, int bucket) {
    int next = records.getInt(entry, NEXT_OF_FILE);
    int previous = records.getInt(entry, PREVIOUS_OF_FILE);
    if (previous == NONE) {
      fileHeads[bucket] = next;
    } else {
      records.set(previous, NEXT_OF_FILE, next);
    }
    if (next != NONE) {
      records.set(next, PREVIOUS_OF_FILE, previous);
    }
  }

  private int keyBucket(long fileId, long blockIndex) {
    return (int) BlockKey.hash(fileId, blockIndex) & (keyHeads.length - 1);
  }

  private int fileBucket(long fileId) {
    return (int) BlockKey.hash(fileId, 0) & (fileHeads.length - 1);
  }
}
