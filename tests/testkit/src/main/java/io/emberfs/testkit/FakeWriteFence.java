package io.emberfs.testkit;

import io.emberfs.core.BlockKey;
import io.emberfs.core.WriteFence;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** A fence that a test raises by hand, exact to the block. Any thread. */
public final class FakeWriteFence implements WriteFence {
  private final AtomicLong sequence = new AtomicLong();
  private final Map<BlockKey, Long> raised = new ConcurrentHashMap<>();

  /** An own write to this block ended: what was read before may not be stored any more. */
  public void raise(long fileId, long blockIndex) {
    raised.merge(new BlockKey(fileId, blockIndex), sequence.incrementAndGet(), Math::max);
  }

  @Override
  public long sequence() {
    return sequence.get();
  }

  @Override
  public boolean isCurrent(long fileId, long blockIndex, long noted) {
    return raised.getOrDefault(new BlockKey(fileId, blockIndex), 0L) <= noted;
  }
}
