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
  private final RecordsAnew records;
  private final ChangeLog log;
  private final WriteBackSpec spec;
  private final Clock clock;
  private final Meters.Counter restarts;

  FlushRole(
      DirtyFiles files,
      Flusher flusher,
      RecordsAnew records,
      ChangeLog log,
      WriteBackSpec spec,
      Clock clock,
      Meters meters) {
    this.files = files;
    this.flusher = flusher;
    this.records = records;
    this.log = log;
    this.spec = spec;
    this.clock = clock;
    restarts = meters.counter("dirty.flusherRestarts");
  }

  /** Flushes one file, if one is due; returns how many. */
  int step() {
    if (log.takeEnded()) {
      log.syncAndRelease(files);
    }
    long now = clock.nanoTime();
    boolean isJournalLong = log.heldBytes() > spec.journalBytesMax(files.bytes());
    DirtyFile holder = isJournalLong ? holder(now) : null;
    DirtyFile file = holder == null ? due(now) : holder;
    if (file == null) {
      return 0;
    }
    try {
      if (holder != null && file.failures().isStuck()) {
        journalAnew(file, now);
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
  private @Nullable DirtyFile due(long now) {
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

  /** Of the files that may be flushed, the one whose records the journal is so long for. */
  private @Nullable DirtyFile holder(long now) {
    DirtyFile holder = null;
    for (DirtyFile each : files.all()) {
      boolean isEarlier = holder == null || each.firstSequence() < holder.firstSequence();
      if (isEarlier && each.isJournaled() && each.mayFlush(now)) {
        holder = each;
      }
    }
    return holder;
  }

  private void journalAnew(DirtyFile file, long now) {
    DirtyFile used = files.acquire(file.identity());
    boolean isDone = false;
    file.lock();
    try {
      file.awaitFlush();
      isDone = !flusher.attach(file) || !file.isJournaled() || records.append(file);
    } catch (IOException failed) {
      LOG.warn("journal: it is long and could not be made shorter: {}", failed.getMessage());
    } finally {
      if (!isDone) {
        file.failures().putOff(now);
      }
      file.unlock();
      files.release(used);
    }
    log.syncAndRelease(files);
  }
}
