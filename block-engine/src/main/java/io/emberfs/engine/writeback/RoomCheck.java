package io.emberfs.engine.writeback;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Clock;
import io.emberfs.core.FileSystemStatistics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether one more change may wait: there is memory for it, and the backing will most likely have
 * room for it. Any thread.
 */
final class RoomCheck {
  private static final Logger LOG = LoggerFactory.getLogger(RoomCheck.class);

  /** A file larger than that may be beyond what the backing can hold: it is asked at once. */
  private static final long END_MAX = 1L << 40;

  private static final long LOOK_NANOS = 1_000_000_000;

  private final DirtyFiles files;
  private final Flusher flusher;
  private final BackingStore store;
  private final WriteBackSpec spec;
  private final Clock clock;

  /** Of the last look; a torn pair costs one look more. */
  private volatile long availableBytes;

  private volatile long lookedNanos;
  private volatile boolean hasLooked;

  RoomCheck(
      DirtyFiles files, Flusher flusher, BackingStore store, WriteBackSpec spec, Clock clock) {
    this.files = files;
    this.flusher = flusher;
    this.store = store;
    this.spec = spec;
    this.clock = clock;
  }

  /**
   * Flushes files until there is memory for a change: whoever writes too fast does the flushing. No
   * lock of a file is held.
   *
   * @return whether there is; not where the files that take it cannot be flushed just now
   */
  boolean make(long length) {
    while (isLacking(length)) {
      DirtyFile next = files.oldest(clock.nanoTime());
      if (next == null) {
        return false;
      }
      try {
        flusher.flush(next);
      } catch (BackingException failed) {
        // It is not tried again for a while; the next one is.
        LOG.warn(
            "write-back: {} was not flushed and will be tried again: {}",
            FileFinder.text(next.path()),
            failed.getMessage());
      }
    }
    return true;
  }

  private boolean isLacking(long length) {
    long bytes = files.bytes();
    return bytes > 0 && bytes + length > spec.bytesMax();
  }

  /** Whether a change up to there will most likely fit into the backing. */
  boolean fits(long offset, long length) {
    if (offset + length > END_MAX || length > spec.bytesMax()) {
      return false;
    }
    long now = clock.nanoTime();
    if (!hasLooked || now - lookedNanos > LOOK_NANOS) {
      look(now);
    }
    return files.bytes() + length < availableBytes;
  }

  private void look(long now) {
    lookedNanos = now;
    hasLooked = true;
    try {
      FileSystemStatistics statistics = store.statistics(store.root());
      availableBytes = statistics.availableBlockCount() * statistics.fragmentSize();
    } catch (BackingException _) {
      availableBytes = 0;
    }
  }
}
