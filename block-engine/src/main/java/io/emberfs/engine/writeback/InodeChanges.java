package io.emberfs.engine.writeback;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Errno;
import io.emberfs.core.JournalRecord;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Changes of inodes (names, owner, mode, times, extended attributes) of files that may be dirty.
 * They reach the backing at once and give the file another version there, so the journal hears of
 * them before and after. The file's lock is held throughout.
 */
final class InodeChanges {
  private static final byte[] CAPABILITIES =
      "security.capability".getBytes(StandardCharsets.US_ASCII);
  private static final int PERMISSIONS = 07777;
  private static final int SET_ID = 06000;
  private static final int OWNER_WRITES = 0200;

  private final BlockCache below;
  private final BackingStore store;
  private final ChangeLog log;
  private final Flusher flusher;

  InodeChanges(BlockCache below, BackingStore store, ChangeLog log, Flusher flusher) {
    this.below = below;
    this.store = store;
    this.log = log;
    this.flusher = flusher;
  }

  /** {@link BlockCache#changeInode}. */
  void make(DirtyFile file, BackingNode node, Runnable change) {
    if (file.isDirty() && !file.isJournaled()) {
      // It may get a name now, and its synced bytes must be behind that name.
      flusher.flush(file);
    }
    boolean isAnnounced = announce(file, node);
    if (!file.isDirty()) {
      changeBelow(file, node, change);
      return;
    }
    int modeBefore = store.attributes(node).mode();
    boolean[] isForeign = {false};
    try {
      changeBelow(
          file,
          node,
          () -> {
            isForeign[0] = isAnnounced && !file.isBase(store.version(node));
            changeDirty(file, node, change, isForeign[0]);
          });
    } finally {
      if (isAnnounced) {
        if (isForeign[0]) {
          flusher.noteBases(file);
        } else {
          flusher.noteConditions(file, node);
        }
      }
    }
    keepThroughFlush(file, node, modeBefore);
  }

  /** The capabilities that a file gives to who executes it; null if it gives none. */
  static byte @Nullable [] capabilities(BackingStore store, BackingNode node) {
    try {
      return store.extendedAttribute(node, CAPABILITIES);
    } catch (BackingException _) {
      return null;
    }
  }

  /**
   * Says in the journal that the inode of a dirty file is about to be changed by us: durably if a
   * sync of its bytes was answered. Of others a power cut may make a conflict file too many, which
   * is better than a sync for each file that is unpacked. False where a flush has said so already,
   * or the file is not dirty.
   */
  private boolean announce(DirtyFile file, BackingNode node) {
    if (file.isFlushing() || !flusher.attach(file)) {
      return false;
    }
    log.note(file, new JournalRecord.Flushing(store.version(node)));
    if (file.isPromised()) {
      boolean _ = log.sync(file.lastSequence());
    }
    return true;
  }

  private void changeBelow(DirtyFile file, BackingNode node, Runnable change) {
    try {
      below.changeInode(node, change);
    } finally {
      // Afterwards: a sync that began before the change must not count for it.
      file.below().inodeChanged();
    }
  }

  /** The version lock below is held too. */
  private void changeDirty(DirtyFile file, BackingNode node, Runnable change, boolean isForeign) {
    if (!isForeign) {
      // What is set next may be the time that the backing has, and then no change could be seen.
      showModificationTime(file, node);
    }
    long before = store.attributes(node).mtimeNanos();
    try {
      change.run();
    } finally {
      noteModificationTime(file, node, before);
    }
  }

  private void showModificationTime(DirtyFile file, BackingNode node) {
    try {
      store.change(node, new AttributeChange(null, null, null, null, file.mtimeNanos()));
    } catch (BackingException refused) {
      if (refused.errno() != Errno.EPERM && refused.errno() != Errno.EACCES) {
        throw refused;
      }
    }
  }

  private void noteModificationTime(DirtyFile file, BackingNode node, long before) {
    try {
      long now = store.attributes(node).mtimeNanos();
      if (now != before) {
        log.note(file, new JournalRecord.Truncated(file.identity(), file.size(), now));
        file.truncate(file.size(), now);
      }
    } catch (BackingException _) {
      // Then the conditions cannot be had either, and the intent stays open.
    }
  }

  /**
   * What a flush would take away, or what would keep us from flushing, is put off until there is
   * nothing to flush: the kernel clears capabilities, and set-id bits where we are not root, with
   * each write, and a file of our own that its mode forbids us to write we cannot open any more.
   */
  private void keepThroughFlush(DirtyFile file, BackingNode node, int modeBefore) {
    if (!file.isJournaled()) {
      return;
    }
    int mode = store.attributes(node).mode();
    byte[] capabilities = capabilities(store, node);
    boolean isClosed = (mode & OWNER_WRITES) == 0 && !WaitingChanges.canOpen(store, node);
    if (capabilities == null && !isClosed && (mode & ~modeBefore & SET_ID) == 0) {
      return;
    }
    try {
      if (isClosed) {
        changeMode(file, node, modeBefore | OWNER_WRITES);
      }
      flusher.flush(file);
    } finally {
      if (store.attributes(node).mode() != mode) {
        changeMode(file, node, mode);
      }
    }
    if (capabilities != null && !Arrays.equals(capabilities, capabilities(store, node))) {
      changeBelow(
          file, node, () -> store.setExtendedAttribute(node, CAPABILITIES, capabilities, 0));
    }
  }

  private void changeMode(DirtyFile file, BackingNode node, int mode) {
    AttributeChange change = new AttributeChange(mode & PERMISSIONS, null, null, null, null);
    boolean isAnnounced = announce(file, node);
    changeBelow(file, node, () -> store.change(node, change));
    if (isAnnounced) {
      flusher.noteConditions(file, node);
    }
  }
}
