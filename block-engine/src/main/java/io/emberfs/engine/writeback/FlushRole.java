package io.emberfs.engine.writeback;

import io.emberfs.core.BackingException;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Flushes what has waited long enough, or sooner when there is much of it. Several threads may
 * step.
 *
 * <p>It is also its own supervisor: a step that dies of something unforeseen is counted and said in
 * the log, the file counts as one whose flush failed, and is tried again after a pause like any
 * other.
 */
final class FlushRole {
  private static final Logger LOG = LoggerFactory.getLogger(FlushRole.class);

  private final DirtyFiles files;
  private final Flusher flusher;
  private final ChangeLog log;
  private final WriteBackSpec spec;
  private final Clock clock;
  private final Meters.Counter restarts;

  FlushRole(
      DirtyFiles files,
      Flusher flusher,
      ChangeLog log,
      WriteBackSpec spec,
      Clock clock,
      Meters meters) {
    this.files = files;
    this.flusher = flusher;
    this.log = log;
    this.spec = spec;
    this.clock = clock;
    restarts = meters.counter("dirty.flusherRestarts");
  }

  /** Flushes one file, if one is due; returns how many. */
  int step() {
    boolean isJournalLong = log.heldBytes() > spec.journalBytesMax();
    DirtyFile file = isJournalLong ? holder() : due();
    if (file == null) {
      return 0;
    }
    try {
      if (isJournalLong && file.isStuck()) {
        journalAnew(file);
      } else {
        flusher.flush(file);
      }
    } catch (BackingException failed) {
      LOG.warn(
          "write-back: {} was not flushed and will be tried again: {}",
          FileFinder.text(file.path()),
          failed.getMessage());
    } catch (RuntimeException | Error died) {
      restarts.increment();
      LOG.error("write-back: flushing {} died", FileFinder.text(file.path()), died);
    }
    return 1;
  }

  /** Of the files that may be flushed, the one that is to be; null if none is due. */
  private @Nullable DirtyFile due() {
    long now = clock.nanoTime();
    boolean isMuch = files.bytes() > spec.bytesMax() / 4 * 3 || log.isFailed();
    DirtyFile oldest = null;
    for (DirtyFile each : files.all()) {
      boolean isDue =
          each.mayFlush(now) && (isMuch || now - each.dirtySinceNanos() >= spec.flushAgeNanos());
      if (isDue && (oldest == null || each.dirtySinceNanos() - oldest.dirtySinceNanos() < 0)) {
        oldest = each;
      }
    }
    return oldest;
  }

  /** The file whose records the journal is so long for. */
  private @Nullable DirtyFile holder() {
    DirtyFile holder = null;
    for (DirtyFile each : files.all()) {
      if (each.isDirty() && (holder == null || each.firstSequence() < holder.firstSequence())) {
        holder = each;
      }
    }
    return holder;
  }

  private void journalAnew(DirtyFile file) {
    file.lock();
    try {
      file.awaitFlush();
      if (file.isDirty() && file.isJournaled()) {
        flusher.journalAnew(file);
      }
    } catch (IOException failed) {
      LOG.warn("journal: it is long and could not be made shorter: {}", failed.getMessage());
    } finally {
      file.unlock();
    }
    log.syncAndRelease(files);
  }
}
