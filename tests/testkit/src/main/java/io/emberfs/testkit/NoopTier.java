package io.emberfs.testkit;

import io.emberfs.core.BlockMeta;
import io.emberfs.core.Lookup;
import io.emberfs.core.Tier;
import io.emberfs.core.TierClosedException;
import java.lang.foreign.MemorySegment;

/** A tier that always misses and declines. */
public final class NoopTier implements Tier {
  private static final String NAME = "noop";

  private volatile boolean closed;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Lookup lookup(long fileId, long blockIndex, long wantedGranules) {
    requireOpen();
    return Lookup.MISS;
  }

  @Override
  public long validGranules(long fileId, long blockIndex, long fileGeneration) {
    requireOpen();
    return 0;
  }

  @Override
  public boolean offer(BlockMeta meta, MemorySegment stored) {
    requireOpen();
    return false;
  }

  @Override
  public void remove(long fileId, long blockIndex) {
    requireOpen();
  }

  @Override
  public void removeFrom(long fileId, long firstBlockIndex) {
    requireOpen();
  }

  @Override
  public long scrub(long byteBudget, ScrubSink sink) {
    requireOpen();
    return 0;
  }

  @Override
  public long capacityBytes() {
    return 0;
  }

  @Override
  public long usedBytes() {
    return 0;
  }

  @Override
  public long logicalBytes() {
    return 0;
  }

  @Override
  public long blockCount() {
    return 0;
  }

  @Override
  public long evictionCount() {
    return 0;
  }

  @Override
  public void resize(long capacityBytes) {
    requireOpen();
  }

  @Override
  public void clear() {
    requireOpen();
  }

  @Override
  public void forEachMeta(MetaSink sink) {
    requireOpen();
  }

  @Override
  public void flush() {
    requireOpen();
  }

  @Override
  public void close() {
    closed = true;
  }

  private void requireOpen() {
    if (closed) {
      throw new TierClosedException(NAME);
    }
  }
}
