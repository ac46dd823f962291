package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.PinnedFiles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the SSD tier knows of its blocks without asking the disk: the whole meta of each, by key, by
 * file and by age.
 *
 * <p>Entries are numbered from 0 and lie off-heap in chunks that are added as the tier fills. Three
 * chains run through them by number: one hash chain for keys, one for files (a file's blocks share
 * a bucket with those of a few other files) and the line of age, at whose old end the victims are
 * taken: a block that was used since its last turn gets another one, a block whose file has moved
 * on stands at the end at once. A pinned block that would be the victim goes over to a line of its
 * own, as long as those there stay within their bound.
 *
 * <p>Not safe for threads: every call is made under this object's monitor. It owns its memory until
 * {@link #close}.
 */
final class SsdIndex implements AutoCloseable {
  static final int NONE = -1;

  /** Pinned blocks were taken out of the line, and there may be more: ask again. */
  static final int UNDECIDED = -2;

  static final int ENTRY_BYTES = 80;

  private static final int CHUNK_BITS = 12;
  private static final int CHUNK_ENTRIES = 1 << CHUNK_BITS;
  private static final int FILE_ID = 0;
  private static final int BLOCK_INDEX = 8;
  private static final int GENERATION = 16;
  private static final int GRANULES = 24;
  private static final int SEQUENCE = 32;
  private static final int CODEC = 40;
  private static final int RAW_SIZE = 44;
  private static final int STORED_SIZE = 48;
  private static final int CHECKSUM = 52;
  private static final int NEXT_OF_KEY = 56;
  private static final int NEXT_OF_FILE = 60;
  private static final int OLDER = 64;
  private static final int NEWER = 68;
  private static final int STATE = 72;
  private static final int PREVIOUS_OF_FILE = 76;
  private static final int FREE = 0;
  private static final int RESTING = 1;
  private static final int USED = 2;

  /** Pinned, and out of the line of age: as {@link #RESTING} where the index is asked. */
  private static final int HELD = 3;

  private static final int EXPIRED = 4;

  private final Arena arena = Arena.ofShared();
  private final List<MemorySegment> chunks = new ArrayList<>();
  private final int blockCountMax;
  private final int[] keyHeads;
  private final int[] fileHeads;
  private int entryCount;
  private int firstFree = NONE;
  private final Line line = new Line();
  private final Line heldLine = new Line();
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
  SsdIndex(int blockCountMax) {
    this.blockCountMax = blockCountMax;
    int buckets = Integer.highestOneBit(Math.max(16, blockCountMax));
    keyHeads = new int[buckets];
    fileHeads = new int[buckets];
    Arrays.fill(keyHeads, NONE);
    Arrays.fill(fileHeads, NONE);
  }

  /** Bytes that this index may take when it is full. */
  long memoryBytesMax() {
    return (long) blockCountMax * ENTRY_BYTES + 2L * keyHeads.length * Integer.BYTES;
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
    return getInt(entry, STATE) != FREE;
  }

  /** The entry of a block, or {@link #NONE}. */
  int find(long fileId, long blockIndex) {
    int entry = keyHeads[keyBucket(fileId, blockIndex)];
    while (entry != NONE
        && (getLong(entry, BLOCK_INDEX) != blockIndex || getLong(entry, FILE_ID) != fileId)) {
      entry = getInt(entry, NEXT_OF_KEY);
    }
    return entry;
  }

  BlockMeta meta(int entry) {
    return new BlockMeta(
        getLong(entry, FILE_ID),
        getLong(entry, BLOCK_INDEX),
        getLong(entry, GENERATION),
        getInt(entry, CODEC),
        getInt(entry, RAW_SIZE),
        getInt(entry, STORED_SIZE),
        getInt(entry, CHECKSUM),
        getLong(entry, GRANULES),
        getLong(entry, SEQUENCE));
  }

  /**
   * Adds or replaces a block as the newest. Before: fewer than {@code blockCountMax} blocks, or
   * this one is known.
   */
  void put(BlockMeta meta) {
    int known = find(meta.fileId(), meta.blockIndex());
    if (known != NONE) {
      delete(known);
    }
    int entry = takeFree();
    set(entry, FILE_ID, meta.fileId());
    set(entry, BLOCK_INDEX, meta.blockIndex());
    set(entry, GENERATION, meta.fileGeneration());
    set(entry, GRANULES, meta.validGranules());
    set(entry, SEQUENCE, meta.writeSequence());
    set(entry, CODEC, meta.codecId());
    set(entry, RAW_SIZE, meta.rawSize());
    set(entry, STORED_SIZE, meta.storedSize());
    set(entry, CHECKSUM, meta.checksum());
    set(entry, STATE, RESTING);
    linkKey(entry, keyBucket(meta.fileId(), meta.blockIndex()));
    linkFile(entry, fileBucket(meta.fileId()));
    linkNewest(line, entry);
    blockCount++;
    storedBytes += meta.storedSize();
    logicalBytes += meta.rawSize();
  }

  /** Forgets a block; its entry is free afterwards. */
  void delete(int entry) {
    unlinkKey(entry, keyBucket(getLong(entry, FILE_ID), getLong(entry, BLOCK_INDEX)));
    unlinkFile(entry, fileBucket(getLong(entry, FILE_ID)));
    unlink(entry);
    blockCount--;
    storedBytes -= getInt(entry, STORED_SIZE);
    logicalBytes -= getInt(entry, RAW_SIZE);
    set(entry, STATE, FREE);
    set(entry, NEXT_OF_KEY, firstFree);
    firstFree = entry;
  }

  /** Forgets every block. */
  void clear() {
    Arrays.fill(keyHeads, NONE);
    Arrays.fill(fileHeads, NONE);
    for (int entry = 0; entry < entryCount; entry++) {
      set(entry, STATE, FREE);
    }
    entryCount = 0;
    firstFree = NONE;
    line.clear();
    heldLine.clear();
    heldBytes = 0;
    blockCount = 0;
    storedBytes = 0;
    logicalBytes = 0;
  }

  /**
   * The block was used: it gets another turn before it is a victim, or is the last held one to be.
   */
  void touch(int entry) {
    switch (getInt(entry, STATE)) {
      case RESTING -> set(entry, STATE, USED);
      case HELD -> hold(entry); // once more, as the newest
      default -> {}
    }
  }

  /** The block's file has a newer generation: it is the next victim. */
  void expire(int entry) {
    unlink(entry);
    set(entry, STATE, EXPIRED);
    set(entry, NEWER, line.oldest);
    set(entry, OLDER, NONE);
    if (line.oldest == NONE) {
      line.newest = entry;
    } else {
      set(line.oldest, OLDER, entry);
    }
    line.oldest = entry;
  }

  /** The blocks of a file that is not pinned any more are victims like others. */
  void release(long fileId) {
    for (int entry = fileHeads[fileBucket(fileId)];
        entry != NONE;
        entry = getInt(entry, NEXT_OF_FILE)) {
      if (getLong(entry, FILE_ID) == fileId && getInt(entry, STATE) == HELD) {
        unlink(entry);
        set(entry, STATE, RESTING);
        linkNewest(line, entry);
      }
    }
  }

  /**
   * The block to evict, still known; {@link #NONE} if there is none, {@link #UNDECIDED} if that
   * takes more work. Held ones are victims where they are more than the bound, or nothing else is
   * left.
   *
   * @param turnsMax used blocks that are given another turn at most, and pinned ones that are held,
   *     so that the work is bounded
   */
  int victim(int turnsMax) {
    if (heldBytes > heldBytesMax) {
      return heldLine.oldest;
    }
    int turns = 0;
    int holds = 0;
    for (int entry = line.oldest; entry != NONE; entry = line.oldest) {
      if (mayHold(entry)) {
        if (holds++ == turnsMax) {
          return UNDECIDED;
        }
        hold(entry);
      } else if (getInt(entry, STATE) == USED && turns++ < turnsMax) {
        unlink(entry);
        set(entry, STATE, RESTING);
        linkNewest(line, entry);
      } else {
        return entry;
      }
    }
    return heldLine.oldest;
  }

  private boolean mayHold(int entry) {
    return pinned.count() > 0
        && getInt(entry, STATE) != EXPIRED
        && pinned.contains(getLong(entry, FILE_ID))
        && heldBytes + cost(entry) <= heldBytesMax;
  }

  private void hold(int entry) {
    unlink(entry);
    set(entry, STATE, HELD);
    linkNewest(heldLine, entry);
    heldBytes += cost(entry);
  }

  private long cost(int entry) {
    return IndexedBlocks.cost(getInt(entry, STORED_SIZE));
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
      if (getLong(entry, FILE_ID) == fileId && getLong(entry, BLOCK_INDEX) >= firstBlockIndex) {
        if (count == found.length) {
          found = Arrays.copyOf(found, 2 * count);
        }
        found[count++] = getLong(entry, BLOCK_INDEX);
      }
      entry = getInt(entry, NEXT_OF_FILE);
    }
    return Arrays.copyOf(found, count);
  }

  /** Raw bytes of a file's blocks. */
  long rawBytesOf(long fileId) {
    long bytes = 0;
    for (int entry = fileHeads[fileBucket(fileId)];
        entry != NONE;
        entry = getInt(entry, NEXT_OF_FILE)) {
      bytes += getLong(entry, FILE_ID) == fileId ? getInt(entry, RAW_SIZE) : 0;
    }
    return bytes;
  }

  /** Whether any block of this file is known. */
  boolean hasBlocksOf(long fileId) {
    return blocksOf(fileId, 0, 1).length != 0;
  }

  /** The entries in use: those held, then the others, newest first. */
  int[] newestFirst() {
    int[] entries = new int[blockCount];
    int count = 0;
    for (Line each : List.of(heldLine, line)) {
      for (int entry = each.newest; entry != NONE; entry = getInt(entry, OLDER)) {
        entries[count++] = entry;
      }
    }
    return entries;
  }

  @Override
  public void close() {
    arena.close();
  }

  private int takeFree() {
    if (firstFree != NONE) {
      int entry = firstFree;
      firstFree = getInt(entry, NEXT_OF_KEY);
      return entry;
    }
    if (entryCount == blockCountMax) {
      throw new IllegalStateException("index of " + blockCountMax + " blocks is full");
    }
    if (entryCount >> CHUNK_BITS == chunks.size()) {
      chunks.add(arena.allocate((long) CHUNK_ENTRIES * ENTRY_BYTES, Long.BYTES));
    }
    return entryCount++;
  }

  private void linkNewest(Line in, int entry) {
    set(entry, OLDER, in.newest);
    set(entry, NEWER, NONE);
    if (in.newest == NONE) {
      in.oldest = entry;
    } else {
      set(in.newest, NEWER, entry);
    }
    in.newest = entry;
  }

  /** Takes an entry out of the line in which its state says that it stands. */
  private void unlink(int entry) {
    boolean isHeld = getInt(entry, STATE) == HELD;
    Line from = isHeld ? heldLine : line;
    heldBytes -= isHeld ? cost(entry) : 0;
    int older = getInt(entry, OLDER);
    int newer = getInt(entry, NEWER);
    if (older == NONE) {
      from.oldest = newer;
    } else {
      set(older, NEWER, newer);
    }
    if (newer == NONE) {
      from.newest = older;
    } else {
      set(newer, OLDER, older);
    }
  }

  private void linkKey(int entry, int bucket) {
    set(entry, NEXT_OF_KEY, keyHeads[bucket]);
    keyHeads[bucket] = entry;
  }

  private void unlinkKey(int entry, int bucket) {
    int next = getInt(entry, NEXT_OF_KEY);
    if (keyHeads[bucket] == entry) {
      keyHeads[bucket] = next;
      return;
    }
    int before = keyHeads[bucket];
    while (getInt(before, NEXT_OF_KEY) != entry) {
      before = getInt(before, NEXT_OF_KEY);
    }
    set(before, NEXT_OF_KEY, next);
  }

  // Linked both ways: the bucket of a large file is long.
  private void linkFile(int entry, int bucket) {
    int next = fileHeads[bucket];
    set(entry, NEXT_OF_FILE, next);
    set(entry, PREVIOUS_OF_FILE, NONE);
    if (next != NONE) {
      set(next, PREVIOUS_OF_FILE, entry);
    }
    fileHeads[bucket] = entry;
  }

  private void unlinkFile(int entry, int bucket) {
    int next = getInt(entry, NEXT_OF_FILE);
    int previous = getInt(entry, PREVIOUS_OF_FILE);
    if (previous == NONE) {
      fileHeads[bucket] = next;
    } else {
      set(previous, NEXT_OF_FILE, next);
    }
    if (next != NONE) {
      set(next, PREVIOUS_OF_FILE, previous);
    }
  }

  private int keyBucket(long fileId, long blockIndex) {
    return (int) BlockKey.hash(fileId, blockIndex) & (keyHeads.length - 1);
  }

  private int fileBucket(long fileId) {
    return (int) BlockKey.hash(fileId, 0) & (fileHeads.length - 1);
  }

  private long getLong(int entry, int offset) {
    return chunks.get(entry >> CHUNK_BITS).get(ValueLayout.JAVA_LONG, position(entry) + offset);
  }

  private int getInt(int entry, int offset) {
    return chunks.get(entry >> CHUNK_BITS).get(ValueLayout.JAVA_INT, position(entry) + offset);
  }

  private void set(int entry, int offset, long value) {
    chunks.get(entry >> CHUNK_BITS).set(ValueLayout.JAVA_LONG, position(entry) + offset, value);
  }

  private void set(int entry, int offset, int value) {
    chunks.get(entry >> CHUNK_BITS).set(ValueLayout.JAVA_INT, position(entry) + offset, value);
  }

  private static long position(int entry) {
    return (long) (entry & (CHUNK_ENTRIES - 1)) * ENTRY_BYTES;
  }

  /** Both ends of a line of entries, oldest to newest. */
  private static final class Line {
    private int oldest = NONE;
    private int newest = NONE;

    void clear() {
      oldest = NONE;
      newest = NONE;
    }
  }
}
