package io.emberfs.persistence.ssd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Tier;
import io.emberfs.persistence.ssd.IndexedBlocks.Kind;
import io.emberfs.persistence.ssd.RocksStore.Reading;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * Verifies the blocks of the SSD tier where they lie, entry after entry of the index, through a
 * buffer of its own: lookups keep theirs. What it reads is no use of the block, and leaves
 * RocksDB's cache as it was.
 *
 * <p>All callers share one position: one of them has its turn, the others wait. {@code turn} is
 * held across the reads and taken before the locks of {@link IndexedBlocks}. Whoever calls has
 * entered the store.
 */
final class SsdScrub {
  /** A monitor that lookups need too is let go of between looks of this many entries. */
  private static final int ENTRIES_PER_LOOK = 1024;

  private final SsdIndex index;
  private final IndexedBlocks indexed;
  private final BufferPool buffers;
  private final DamageWatch damage;
  private final ReentrantLock turn = new ReentrantLock();

  @GuardedBy("turn")
  private int nextEntry;

  /** Set without the turn, so that whoever has it ends soon. */
  private volatile boolean isStopped;

  /**
   * @param buffers one, and for nobody else
   */
  SsdScrub(SsdIndex index, IndexedBlocks indexed, BufferPool buffers, DamageWatch damage) {
    this.index = index;
    this.indexed = indexed;
    this.buffers = buffers;
    this.damage = damage;
  }

  /** {@link Tier#scrub}. The sink is called during the turn. */
  long step(long byteBudget, Tier.ScrubSink sink) {
    turn.lock();
    BufferPool.Buffer buffer = buffers.take();
    try {
      return buffer == null ? 0 : step(byteBudget, sink, buffer);
    } finally {
      if (buffer != null) {
        buffers.giveBack(buffer);
      }
      turn.unlock();
    }
  }

  /** Ends the turn under way. */
  void stop() {
    isStopped = true;
  }

  @GuardedBy("turn")
  private long step(long byteBudget, Tier.ScrubSink sink, BufferPool.Buffer buffer) {
    long verified = 0;
    long bytes = 0;
    while (!isStopped && (bytes < byteBudget || verified == 0)) {
      BlockMeta meta = next();
      if (meta == null) {
        break;
      }
      Kind found;
      try {
        found = indexed.read(meta, 0, buffer, Reading.SWEEP).kind();
      } catch (RocksDBException failure) {
        damage.unreadable(meta, failure);
        break;
      }
      switch (found) {
        case RIGHT -> verified++;
        case DAMAGED -> {
          verified++;
          damage.damaged();
          sink.damaged(meta.fileId(), meta.blockIndex());
        }
        // Gone, or no memory for it now: the next round is soon enough.
        case ABSENT, BUSY -> {}
      }
      bytes += meta.storedSize();
    }
    if (verified == 0) {
      nextEntry = 0;
    }
    return verified;
  }

  @GuardedBy("turn")
  private @Nullable BlockMeta next() {
    while (true) {
      synchronized (index) {
        int end = index.entryEnd();
        int lookEnd = Math.min(end, nextEntry + ENTRIES_PER_LOOK);
        while (nextEntry < lookEnd) {
          int entry = nextEntry++;
          if (index.isLive(entry)) {
            return index.meta(entry);
          }
        }
        if (nextEntry >= end) {
          return null;
        }
      }
    }
  }
}
