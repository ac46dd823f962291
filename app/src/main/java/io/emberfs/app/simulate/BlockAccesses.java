package io.emberfs.app.simulate;

import io.emberfs.core.BlockKey;
import java.util.Arrays;

/**
 * The block accesses of a trace at one block size: a request touches every block from its first
 * byte to its last, in order, once. Blocks are numbered by their first access.
 */
public final class BlockAccesses {
  /** Bytes of a page, the least that can be valid of a block. */
  public static final int PAGE_SIZE = 4096;

  private static final int EMPTY = -1;

  private final Trace trace;
  private final int blockSize;
  private final int[] firstAccess;
  private final int[] blocks;
  private final long[] pages;
  private int[] volumeOf;
  private long[] indexOf;
  private int[] table;
  private final long[] fileBytes;
  private final int footprint;
  private int numbered;

  /**
   * Expands a trace.
   *
   * @param blockSize bytes, a power of two of at least {@link #PAGE_SIZE}; pages are told apart up
   *     to 256 KiB
   */
  public BlockAccesses(Trace trace, int blockSize) {
    this.trace = trace;
    this.blockSize = blockSize;
    firstAccess = new int[trace.requestCount() + 1];
    int total = 0;
    for (int request = 0; request < trace.requestCount(); request++) {
      firstAccess[request] = total;
      total = Math.toIntExact(total + lastBlock(request) - firstBlock(request) + 1);
    }
    firstAccess[trace.requestCount()] = total;
    blocks = new int[total];
    pages = new long[total];
    volumeOf = new int[1024];
    indexOf = new long[1024];
    table = new int[4096];
    Arrays.fill(table, EMPTY);
    fileBytes = new long[1 + Arrays.stream(trace.volumes()).max().orElse(0)];
    int at = 0;
    for (int request = 0; request < trace.requestCount(); request++) {
      long end = trace.offsets()[request] + trace.lengths()[request];
      fileBytes[trace.volumes()[request]] = Math.max(fileBytes[trace.volumes()[request]], end);
      for (long block = firstBlock(request); block <= lastBlock(request); block++) {
        long start = block * blockSize;
        blocks[at] = number(trace.volumes()[request], block);
        pages[at] =
            pageMask(Math.max(trace.offsets()[request], start), Math.min(end, start + blockSize));
        at++;
      }
    }
    footprint = numbered;
  }

  public int blockSize() {
    return blockSize;
  }

  /** Number of block accesses. */
  public int count() {
    return blocks.length;
  }

  public int requestCount() {
    return trace.requestCount();
  }

  /** Number of the first access of a request; that of {@link #requestCount} is {@link #count}. */
  public int firstAccess(int request) {
    return firstAccess[request];
  }

  /** Number of the block of an access. */
  public int block(int access) {
    return blocks[access];
  }

  /** The 4 KiB pages of the block that an access touches, one bit each. */
  public long pages(int access) {
    return pages[access];
  }

  /** Bytes of a request. */
  public int bytes(int request) {
    return trace.lengths()[request];
  }

  /** Number of distinct blocks. */
  public int footprint() {
    return footprint;
  }

  /** {@link BlockKey#hash} of a block, with its volume for a file. */
  public long keyHash(int block) {
    return BlockKey.hash(fileId(block), indexOf[block]);
  }

  /** The number of the file of a block. */
  long fileId(int block) {
    return volumeOf[block] + 1L;
  }

  /** Which block of its file it is. */
  long blockIndex(int block) {
    return indexOf[block];
  }

  /** The number of a block, given now if the trace never asks for it. */
  int number(long fileId, long blockIndex) {
    return number((int) (fileId - 1), blockIndex);
  }

  /** The number of the file that a request is for. */
  long requestFileId(int request) {
    return trace.volumes()[request] + 1L;
  }

  /** First byte of a request. */
  long offset(int request) {
    return trace.offsets()[request];
  }

  /** When a request came. */
  long micros(int request) {
    return trace.timesMicros()[request];
  }

  /** Bytes of a file: a volume is as long as the farthest request to it says. */
  long fileBytes(long fileId) {
    return fileBytes[(int) (fileId - 1)];
  }

  private long firstBlock(int request) {
    return trace.offsets()[request] / blockSize;
  }

  private long lastBlock(int request) {
    return (trace.offsets()[request] + trace.lengths()[request] - 1) / blockSize;
  }

  private long pageMask(long from, long to) {
    int first = (int) (from % blockSize / PAGE_SIZE);
    int last = (int) ((to - 1) % blockSize / PAGE_SIZE);
    // Beyond 64 pages the mask says nothing; then nobody asks for it.
    return -1L >>> Long.SIZE - 1 - (last - first) << first;
  }

  private int number(int volume, long index) {
    if (numbered * 2 >= table.length) {
      rehash();
    }
    int i = home(volume, index);
    while (table[i] != EMPTY) {
      if (volumeOf[table[i]] == volume && indexOf[table[i]] == index) {
        return table[i];
      }
      i = i + 1 & table.length - 1;
    }
    if (numbered == volumeOf.length) {
      volumeOf = Arrays.copyOf(volumeOf, numbered * 2);
      indexOf = Arrays.copyOf(indexOf, numbered * 2);
    }
    volumeOf[numbered] = volume;
    indexOf[numbered] = index;
    table[i] = numbered;
    return numbered++;
  }

  private void rehash() {
    table = new int[table.length * 2];
    Arrays.fill(table, EMPTY);
    for (int block = 0; block < numbered; block++) {
      int i = home(volumeOf[block], indexOf[block]);
      while (table[i] != EMPTY) {
        i = i + 1 & table.length - 1;
      }
      table[i] = block;
    }
  }

  private int home(int volume, long index) {
    return (int) BlockKey.hash(volume + 1L, index) & table.length - 1;
  }
}
