package io.emberfs.bench;

import io.emberfs.core.BlockCache;
import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.BlockGeometry;
import io.emberfs.engine.file.FileState;
import io.emberfs.engine.file.OpenFile;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.ffi.NativeMemory;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.random.RandomGenerator;

/**
 * The blocks of one file in an engine's RAM, beside as much bare memory, both gone over in random
 * orders, one for each thread.
 */
final class HotBlocks {
  private static final int BLOCK_SIZE = BlockGeometry.BLOCK_SIZE_DEFAULT;
  private static final int PASSES_MAX = 20;
  private static final int PROCESS = 1;

  private final BlockCache cache;
  private final RamTier ram;
  private final CachedFile file;
  private final FileState state;
  private final int[][] orders;
  private final MemorySegment bare;
  private final MemorySegment[] targets;

  /**
   * @param file of so many whole blocks, open
   */
  HotBlocks(BareEngine engine, CachedFile file, int blockCount, int threadCount, Arena arena) {
    cache = engine.cache();
    ram = engine.ram();
    this.file = file;
    state = ((OpenFile) file).state();
    RandomGenerator random = Seeds.random(9);
    orders = new int[threadCount][];
    targets = new MemorySegment[threadCount];
    for (int thread = 0; thread < threadCount; thread++) {
      orders[thread] = shuffled(blockCount, random);
      targets[thread] = NativeMemory.map(BLOCK_SIZE, arena);
    }
    bare = NativeMemory.map((long) blockCount * BLOCK_SIZE, arena);
    bare.fill((byte) 1);
  }

  private static int[] shuffled(int count, RandomGenerator random) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }

  /** Reads in the order of the file until all blocks are in RAM. */
  void readUntilThere() throws IOException {
    for (int pass = 0; pass < PASSES_MAX; pass++) {
      int missed = 0;
      for (int block = 0; block < orders[0].length; block++) {
        missed += read(file, block) ? 0 : 1;
      }
      if (missed == 0) {
        return;
      }
    }
    throw new IOException("blocks still miss after " + PASSES_MAX + " passes");
  }

  /** Reads another file of as many blocks, twice, so that it takes places of these. */
  void displaceBy(CachedFile other) {
    for (int pass = 0; pass < 2; pass++) {
      for (int block : orders[0]) {
        read(other, block);
      }
    }
  }

  /** The baseline: copies each block's bytes out of bare memory. */
  void copyAll(int thread) {
    MemorySegment target = targets[thread];
    for (int block : orders[thread]) {
      MemorySegment.copy(bare, (long) block * BLOCK_SIZE, target, 0, BLOCK_SIZE);
    }
  }

  /** Reads each block through the cache. */
  void readAll(int thread) {
    MemorySegment target = targets[thread];
    for (int block : orders[thread]) {
      if (cache.readNow(file, (long) block * BLOCK_SIZE, BLOCK_SIZE, target, PROCESS)
          != BLOCK_SIZE) {
        throw new IllegalStateException("block " + block + " is not in RAM any more");
      }
    }
  }

  /** Asks for each block without reading it. */
  void lookUpAll(int thread) {
    for (int block : orders[thread]) {
      if (ram.validGranules(state.fileId(), block, state.fileGeneration()) == 0) {
        throw new IllegalStateException("block " + block + " is not in RAM any more");
      }
    }
  }

  /** Bytes of Java heap that the reading of each block once takes. */
  long allocatedByReading() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    readAll(0);
    long _ = threads.getCurrentThreadAllocatedBytes();
    long before = threads.getCurrentThreadAllocatedBytes();
    readAll(0);
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  /** Whether the block was there already. */
  private boolean read(CachedFile from, int block) {
    long offset = (long) block * BLOCK_SIZE;
    if (cache.readNow(from, offset, BLOCK_SIZE, targets[0], PROCESS) != BlockCache.WOULD_WAIT) {
      return true;
    }
    cache.read(from, offset, BLOCK_SIZE, targets[0], PROCESS);
    return false;
  }
}
