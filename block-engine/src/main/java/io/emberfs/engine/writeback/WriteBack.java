package io.emberfs.engine.writeback;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.core.StartFindings;
import io.emberfs.core.Workers;
import io.emberfs.core.WriteJournal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Write-back put together, around a block cache that writes through. Owns the memory of the dirty
 * pages; the cache below, the backing and the journal belong to whoever made them, and the journal
 * is closed after this.
 */
public final class WriteBack implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WriteBack.class);
  private static final long IDLE_MILLIS = 200;
  private static final double NANOS_PER_SECOND = 1e9;

  private final DirtyMemory memory;
  private final DirtyFiles files;
  private final ChangeLog log;
  private final Flusher flusher;
  private final FlushRole role;
  private final BlockCache cache;

  /**
   * @param below writes through
   * @param replay has taken the journal's records
   * @param listener hears of files that turn out to have been changed by somebody else
   * @param findings hears of the conflict files
   */
  public WriteBack(
      WriteBackSpec spec,
      BlockCache below,
      BackingStore store,
      WriteJournal journal,
      JournalReplay replay,
      BlockCache.ChangeListener listener,
      StartFindings findings,
      Clock clock,
      Meters meters) {
    memory = replay.memory();
    files = replay.end();
    log = new ChangeLog(journal);
    flusher = new Flusher(below, store, files, log, listener, findings, clock, meters);
    role = new FlushRole(files, flusher, new RecordsAnew(store, log), log, spec, clock, meters);
    cache =
        new WriteBackCache(
            below,
            store,
            files,
            log,
            flusher,
            new RoomCheck(files, flusher, store, spec, clock),
            clock);
    // An ended mount may have left records of which nothing is needed.
    log.releaseUnneeded(files);
    meters.gauge("dirty.bytes", files::bytes);
    meters.gauge("dirty.files", files::count);
    meters.ratio(
        "dirty.oldestSeconds", () -> files.oldestAgeNanos(clock.nanoTime()) / NANOS_PER_SECOND);
    meters.text("journal.trouble", log::trouble);
    meters.text("dirty.trouble", this::trouble);
  }

  /** What the file system calls. Closing it closes the cache below; it flushes nothing. */
  public BlockCache cache() {
    return cache;
  }

  /** Flushes in the background, on threads of these workers. */
  public void start(Workers workers, int threads) {
    for (int i = 0; i < threads; i++) {
      workers.loop("emberfs-flush-" + i, IDLE_MILLIS, role::step);
    }
  }

  /** Flushes one file that is due; returns how many. */
  public int flushStep() {
    return role.step();
  }

  /**
   * Flushes everything that is dirty when this is called.
   *
   * @return files that could not be flushed; their changes stay in the journal
   */
  public int flushAll() {
    int failed = 0;
    for (DirtyFile file : files.all()) {
      if (!file.isDirty()) {
        continue;
      }
      try {
        flusher.flush(file);
      } catch (BackingException cause) {
        failed++;
        LOG.warn(
            "write-back: {} was not flushed: {}", FileFinder.text(file.path()), cause.getMessage());
      }
    }
    log.syncAndRelease(files);
    return failed;
  }

  /** Files that the backing does not have everything of. */
  public long dirtyFileCount() {
    return files.count();
  }

  /** Nobody else is in here any more. What is dirty stays in the journal. */
  @Override
  public void close() {
    if (files.count() == 0) {
      log.discardFailed();
    }
    memory.close();
  }

  private String trouble() {
    int count = 0;
    DirtyFile last = null;
    for (DirtyFile each : files.all()) {
      if (each.isDirty() && each.failures().isStuck()) {
        count++;
        last = each;
      }
    }
    return last == null
        ? ""
        : "%d files cannot be written to the backing (%s: errno %d); their changes stay in the journal"
            .formatted(count, FileFinder.text(last.path()), last.failures().lastErrno());
  }
}
