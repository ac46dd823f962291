package io.emberfs.engine.writeback;

import io.emberfs.core.Attributes;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Clock;
import io.emberfs.core.JournalRecord;
import io.emberfs.core.WriteJournal;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * Makes changes that wait for a flush: into the journal, then over the file. Each answers false,
 * and did nothing, where a change must not wait. The file's lock is held.
 */
final class WaitingChanges {
  /** Instead of an offset: wherever the file ends. */
  static final long AT_END = -1;

  private static final int OWNER_WRITES = 0200;

  private final BackingStore store;
  private final ChangeLog log;
  private final RoomCheck room;
  private final Clock clock;

  WaitingChanges(BackingStore store, ChangeLog log, RoomCheck room, Clock clock) {
    this.store = store;
    this.log = log;
    this.room = room;
    this.clock = clock;
  }

  /**
   * A write.
   *
   * @param bytes at most {@link WriteJournal#RECORD_BYTES_MAX}
   */
  boolean write(DirtyFile file, BackingNode node, long offset, MemorySegment bytes) {
    if (!mayWait(file, node, Math.max(offset, 0), bytes.byteSize())) {
      return false;
    }
    long at = offset == AT_END ? file.size() : offset;
    long now = clock.wallNanos();
    try {
      log.append(file, new JournalRecord.Written(file.identity(), at, now, bytes));
    } catch (IOException _) {
      return false;
    }
    file.write(at, bytes, now);
    return true;
  }

  /** A new size. */
  boolean truncate(DirtyFile file, BackingNode node, long size) {
    if (!mayWait(file, node, 0, size)) {
      return false;
    }
    long now = clock.wallNanos();
    try {
      log.append(file, new JournalRecord.Truncated(file.identity(), size, now));
    } catch (IOException _) {
      return false;
    }
    file.truncate(size, now);
    return true;
  }

  /** Whether a change can stand in the journal; the file is dirty then. */
  private boolean mayWait(DirtyFile file, BackingNode node, long offset, long length) {
    return !log.isFailed()
        && room.fits(offset, length)
        && (file.isDirty() || isFlushable(node) && begin(file, node));
  }

  /**
   * Whether a flush will be able to do what the writer may. We may be a user whom the mode forbids
   * to open a file that was open before the mode was set. And only the backing takes capabilities
   * away with a write, which must not be later than the bytes are seen.
   */
  private boolean isFlushable(BackingNode node) {
    return InodeChanges.capabilities(store, node) == null
        && ((store.attributes(node).mode() & OWNER_WRITES) != 0 || canOpen(store, node));
  }

  /** Whether we may open a file to change it. */
  static boolean canOpen(BackingStore store, BackingNode node) {
    try {
      store.open(node, BackingStore.OpenMode.READ_WRITE).close();
      return true;
    } catch (BackingException _) {
      return false;
    }
  }

  /** Makes a clean file dirty; false if the journal does not take it. */
  private boolean begin(DirtyFile file, BackingNode node) {
    if (file.below().hasUnsyncedBytes()) {
      // Else a power cut could keep what comes into the journal now and lose what it was made on.
      long unsynced = file.below().unsynced();
      try (BackingFile open = store.open(node, BackingStore.OpenMode.READ_WRITE)) {
        open.sync(false);
      }
      file.below().synced(unsynced);
    }
    boolean isDurable = file.below().unsynced() == 0;
    JournalRecord.Named named =
        new JournalRecord.Named(store.version(node), store.path(node), isDurable);
    Attributes now = store.attributes(node);
    node.retain();
    file.begin(node, named, now.linkCount() > 0, log.nextSequence(), clock.nanoTime());
    try {
      log.append(file, named);
      return true;
    } catch (IOException _) {
      Flusher.release(file.discard());
      return false;
    }
  }
}
