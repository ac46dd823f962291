package io.emberfs.engine.writeback;

import io.emberfs.core.BackingNode;
import io.emberfs.core.BlockCache;

/** One open of a file: the open below, and which failed flushes it has been told of. */
final class WriteBackFile implements BlockCache.CachedFile {
  private final BlockCache.CachedFile below;
  private final DirtyFile dirty;
  private final boolean writable;
  private final boolean syncsWrites;
  private int errorsSeen;

  WriteBackFile(
      BlockCache.CachedFile below, DirtyFile dirty, boolean writable, boolean syncsWrites) {
    this.below = below;
    this.dirty = dirty;
    this.writable = writable;
    this.syncsWrites = syncsWrites;
    errorsSeen = dirty.failures().count();
  }

  @Override
  public BackingNode node() {
    return below.node();
  }

  @Override
  public boolean unchangedSinceLastOpen() {
    return below.unchangedSinceLastOpen();
  }

  BlockCache.CachedFile below() {
    return below;
  }

  DirtyFile dirty() {
    return dirty;
  }

  boolean isWritable() {
    return writable;
  }

  /** Whether every write is to be durable before it is answered (O_DSYNC). */
  boolean syncsWrites() {
    return syncsWrites;
  }

  /** Whether a flush failed since this was asked last. */
  synchronized boolean takeError() {
    int now = dirty.failures().count();
    boolean isNew = now != errorsSeen;
    errorsSeen = now;
    return isNew;
  }
}
