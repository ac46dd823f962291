package io.emberfs.engine.ram;

import io.emberfs.core.BlockGeometry;
import io.emberfs.engine.codec.NoneCodec;
import io.emberfs.engine.policy.PolicyFactory;
import java.lang.foreign.Arena;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The index of a RAM tier that could hold so many whole blocks, without pages and policy: what
 * finding and entering a block costs, whatever its bytes cost. One thread.
 */
public final class BareIndex implements AutoCloseable {
  private static final int BLOCKS_PER_FILE = 1024;
  private static final int GENERATION = 1;

  /** Of the budget, bytes for each block beside its own; more is harmless. */
  private static final int BYTES_BESIDES = 2048;

  /** Blocks of a smaller tier would have to share it with its buffers. */
  private static final int BLOCKS_MIN = 4096;

  private final BlockGeometry geometry;
  private final ReentrantLock lock = new ReentrantLock();
  private final Arena arena = Arena.ofShared();
  private final RamLayout layout;
  private final EntryTable table;

  public BareIndex(BlockGeometry geometry, int blockCount) {
    this.geometry = geometry;
    long ramBytes =
        Math.max(blockCount, BLOCKS_MIN) * ((long) geometry.blockSize() + BYTES_BESIDES);
    layout = RamLayout.of(geometry, ramBytes, PolicyFactory.DEFAULT);
    table = new EntryTable(layout, lock, arena);
  }

  /** Bytes of the array that a key's hash points into. */
  public long bucketBytes() {
    return (long) layout.bucketCount() * Integer.BYTES;
  }

  /** Bytes that each block has for itself in the index. */
  public int recordBytes() {
    return layout.recordSize();
  }

  /** Bytes that each block has for itself in a tier, beside its pages. */
  public int slotBytes() {
    return layout.slotBytes();
  }

  /** Enters a block that is not there, as the tier does when a block's bytes have come. */
  public void insert(long number) {
    lock.lock();
    try {
      int slot = table.allocate();
      table.setKey(slot, fileId(number), blockIndex(number), GENERATION);
      table.setWriteSequence(slot, 0);
      table.setContent(slot, NoneCodec.ID, geometry.blockSize(), 0, geometry.fullMask());
      table.publish(slot, 0);
    } finally {
      lock.unlock();
    }
  }

  /** The valid granules of a block, found as a reader finds them: without the lock. */
  public long validGranules(long number) {
    long fileId = fileId(number);
    long blockIndex = blockIndex(number);
    int slot = table.find(fileId, blockIndex);
    if (slot == EntryTable.NONE) {
      return 0;
    }
    long stamp = table.stamp(slot);
    boolean isIt = table.isOf(slot, fileId, blockIndex) && table.fileGeneration(slot) == GENERATION;
    long granules = isIt ? table.validGranules(slot) : 0;
    return EntryTable.isStable(stamp) && table.isUnchanged(slot, stamp) ? granules : 0;
  }

  @Override
  public void close() {
    arena.close();
  }

  private static long fileId(long number) {
    return number / BLOCKS_PER_FILE;
  }

  private static long blockIndex(long number) {
    return number % BLOCKS_PER_FILE;
  }
}
