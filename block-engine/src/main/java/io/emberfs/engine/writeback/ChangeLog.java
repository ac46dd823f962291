package io.emberfs.engine.writeback;

import io.emberfs.core.JournalFullException;
import io.emberfs.core.JournalRecord;
import io.emberfs.core.WriteJournal;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal as the write-back uses it: a device that fails below it ends the use of it, but not
 * the mount. Any thread.
 */
final class ChangeLog {
  private static final Logger LOG = LoggerFactory.getLogger(ChangeLog.class);

  private final WriteJournal journal;
  private volatile String trouble = "";
  private volatile boolean hasEnded;

  ChangeLog(WriteJournal journal) {
    this.journal = journal;
  }

  /** What does not work; empty in good times. */
  String trouble() {
    return trouble;
  }

  /** Whether the journal is of no use any more. */
  boolean isFailed() {
    return !trouble.isEmpty();
  }

  /** Appends a change. The file's lock is held. */
  void append(DirtyFile file, JournalRecord record) throws IOException {
    if (!file.isJournaled()) {
      return;
    }
    try {
      file.appended(journal.append(record));
    } catch (JournalFullException full) {
      throw full;
    } catch (IOException failed) {
      fail(failed);
      throw failed;
    }
  }

  /**
   * Appends what a flush has to say of a file. A journal that failed hears nothing any more: what
   * it has is discarded once the backing has it all. The file's lock is held.
   */
  void note(DirtyFile file, JournalRecord record) {
    if (isFailed()) {
      return;
    }
    try {
      append(file, record);
    } catch (IOException failed) {
      fail(failed);
    }
  }

  /** Makes the records up to this one durable; false if the journal failed. */
  boolean sync(long sequence) {
    if (isFailed()) {
      return false;
    }
    try {
      journal.sync(sequence);
      return true;
    } catch (IOException failed) {
      fail(failed);
      return false;
    }
  }

  /** A lower bound of the number that the next record gets. */
  long nextSequence() {
    return journal.lastSequence() + 1;
  }

  long heldBytes() {
    return journal.heldBytes();
  }

  /**
   * Lets go of all records that no file needs.
   *
   * @param files each sets its first needed number before it appends
   */
  void releaseUnneeded(DirtyFiles files) {
    // In this order: a file that begins in between needs no record before this number.
    long next = nextSequence();
    journal.release(Math.min(next, files.firstSequence()));
  }

  /** As {@link #releaseUnneeded}, when what makes them unneeded may not be durable yet. */
  void syncAndRelease(DirtyFiles files) {
    if (sync(journal.lastSequence())) {
      releaseUnneeded(files);
    } else if (files.count() == 0) {
      discardFailed();
    }
  }

  /**
   * A file's records are not needed any more, or its last name is gone, and nobody syncs the record
   * that says so: before the backing makes the loss of the name durable, that should be.
   */
  void endedUnsynced() {
    hasEnded = true;
  }

  /** Whether {@link #endedUnsynced} was called since this was asked last. */
  boolean takeEnded() {
    boolean taken = hasEnded;
    if (taken) {
      hasEnded = false;
    }
    return taken;
  }

  /** The backing has everything: what a journal that failed may still hold must not come back. */
  void discardFailed() {
    if (isFailed() && !journal.discard()) {
      LOG.error(
          "journal: it failed, and its records, which the backing has all, could not be removed;"
              + " before the next mount of this state directory give --discard-journal");
    }
  }

  private synchronized void fail(IOException cause) {
    if (isFailed()) {
      return;
    }
    trouble = cause.getMessage() + "; until the next mount every write goes to the backing at once";
    LOG.error("journal: {}", trouble);
  }
}
