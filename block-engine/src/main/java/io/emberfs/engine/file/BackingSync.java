package io.emberfs.engine.file;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The role that syncs the backing so that cached blocks of files that were changed lately may be
 * used even after a power cut.
 *
 * <p>A power cut can take the last bytes of a file and leave its times: with ext4 (data=ordered)
 * the time of an overwrite is in the next commit, and its bytes reach the disk within half a
 * minute. A cached block of such a file would be newer than the file, until it leaves the cache. So
 * a {@link io.emberfs.core.FileRecord} says whether its version was synced, and one that was not
 * counts only as long as nothing can have been lost ({@link BackingStore#incarnation()}).
 */
public final class BackingSync {
  /** After that the kernel has written by itself what was written to a file (dirty_expire). */
  public static final long PERIOD_MILLIS = 60_000;

  private static final Logger LOG = LoggerFactory.getLogger(BackingSync.class);

  private final BackingStore store;
  private final FileTable files;
  private final Clock clock;
  private final Meters.Counter syncs;

  // Of the role.
  private boolean isFirst = true;
  private boolean isFailing;

  public BackingSync(BackingStore store, FileTable files, Clock clock, Meters meters) {
    this.store = store;
    this.files = files;
    this.clock = clock;
    syncs = meters.counter("backing.syncs");
  }

  /**
   * Syncs if that is of use, and the first time in any case: then the files that were there before
   * are known to be durable. May wait for the backing for long; returns 0.
   */
  public int step() {
    if (!isFirst && !files.hasUnsyncedRecords()) {
      return 0;
    }
    isFirst = false;
    long wallNanos = clock.wallNanos();
    try {
      store.syncAll();
      syncs.increment();
      files.synced(wallNanos);
      isFailing = false;
    } catch (BackingException failed) {
      if (!isFailing) {
        LOG.warn(
            "sync: the backing could not be synced; after a power cut the cache of files that were"
                + " changed lately will begin anew: {}",
            failed.getMessage());
      }
      isFailing = true;
    }
    return 0;
  }
}
