package io.emberfs.engine.ram;

import io.emberfs.core.BlockLease;
import io.emberfs.core.BlockMeta;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/** A copy of one block in a buffer of the tier's, lent until it is closed. */
final class RamLease implements BlockLease {
  private final BlockMeta meta;
  private final BufferPool pool;
  private final int buffer;
  private final MemorySegment stored;
  private final AtomicBoolean isClosed = new AtomicBoolean();

  RamLease(BlockMeta meta, BufferPool pool, int buffer) {
    this.meta = meta;
    this.pool = pool;
    this.buffer = buffer;
    stored = pool.buffer(buffer).asSlice(0, meta.storedSize()).asReadOnly();
  }

  @Override
  public BlockMeta meta() {
    return meta;
  }

  @Override
  public MemorySegment stored() {
    return stored;
  }

  @Override
  public void close() {
    boolean isFirst = isClosed.compareAndSet(false, true);
    assert isFirst : "second close of the lease of " + meta;
    if (isFirst) {
      pool.giveBack(buffer);
    }
  }
}
