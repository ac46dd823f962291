package io.emberfs.engine.writeback;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.Attributes;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Clock;
import io.emberfs.core.Errno;
import io.emberfs.core.FileVersion;
import io.emberfs.core.JournalRecord;
import io.emberfs.core.Meters;
import io.emberfs.core.StartFindings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries the changes of one file to the backing, in the order that makes a crash harmless at every
 * step:
 *
 * <ol>
 *   <li>the intent, with the version that the file has now, is appended and synced, and with it
 *       every change before it;
 *   <li>the changes go through the block engine to the backing: cut, write, extend, modification
 *       time;
 *   <li>the backing is synced;
 *   <li>the journal says so, durably; then the dirty pages and the records go.
 * </ol>
 *
 * A version that is not the one of our last change, without an open intent, is somebody else's
 * change: then the file stays as they made it, and our changes are kept beside it ({@link
 * ConflictFiles}). Any thread; one flush of a file at a time.
 */
final class Flusher {
  private static final Logger LOG = LoggerFactory.getLogger(Flusher.class);
  private static final byte[] NO_NAME = {};
  private static final int O_RDWR = 2;
  static final int RUN_BYTES_MAX = 1 << 20;

  private final BlockCache below;
  private final BackingStore store;
  private final DirtyFiles files;
  private final ChangeLog log;
  private final FileFinder finder;
  private final ConflictFiles conflicts;
  private final BlockCache.ChangeListener listener;
  private final Clock clock;
  private final Meters.Counter flushes;
  private final Meters.Counter failures;
  private final Meters.Counter dropped;

  Flusher(
      BlockCache below,
      BackingStore store,
      DirtyFiles files,
      ChangeLog log,
      BlockCache.ChangeListener listener,
      StartFindings findings,
      Clock clock,
      Meters meters) {
    this.below = below;
    this.store = store;
    this.files = files;
    this.log = log;
    this.listener = listener;
    this.clock = clock;
    finder = new FileFinder(store, files::dirtyIdentities);
    conflicts = new ConflictFiles(store, finder, findings, meters);
    flushes = meters.counter("dirty.flushes");
    failures = meters.counter("dirty.failedFlushes");
    dropped = meters.counter("dirty.droppedFiles");
  }

  /**
   * Makes every change of a file that was made before this call durable in the backing, or keeps
   * them beside a file that somebody else has changed. Waits for a flush that runs.
   *
   * @throws BackingException what the backing said; the changes stay
   */
  void flush(DirtyFile file) {
    DirtyFile used = files.acquire(file.identity());
    try {
      flushUsed(file);
    } finally {
      files.release(used);
    }
  }

  private void flushUsed(DirtyFile file) {
    boolean isEnded;
    do {
      isEnded = tryFlush(file);
    } while (!isEnded);
  }

  /** Returns false if somebody else changed the file before the flush could. */
  private boolean tryFlush(DirtyFile file) {
    DirtyLayer layer;
    BackingNode node;
    long size;
    long changes;
    file.lock();
    try {
      file.awaitFlush();
      if (!attach(file)) {
        return true;
      }
      node = nodeOf(file);
      changes = file.below().last();
      log.note(file, new JournalRecord.Flushing(store.version(node)));
      layer = file.beginFlush(log.nextSequence());
      size = file.size();
    } catch (RuntimeException | Error failed) {
      failed(file, failed);
      throw failed;
    } finally {
      file.unlock();
    }
    Carried carried;
    try {
      boolean _ = log.sync(file.lastSequence());
      if (isForeignSince(file, node, changes)) {
        return false;
      }
      carried = carry(file, node, layer, size);
    } catch (RuntimeException | Error failed) {
      endFailed(file, node, failed);
      throw failed;
    }
    endDone(file, node, carried);
    return true;
  }

  /**
   * Whether somebody else changed the file while the intent was synced; the flush has ended then.
   */
  private boolean isForeignSince(DirtyFile file, BackingNode node, long changes) {
    file.lock();
    try {
      if (file.below().last() != changes || file.isBase(store.version(node))) {
        return false;
      }
      noteBases(file);
      file.flushNotBegun();
      return true;
    } finally {
      file.unlock();
    }
  }

  /**
   * Sees to it that a dirty file has its node and is still what our changes were made on; otherwise
   * settles the conflict. The file's lock is held and no flush runs.
   *
   * @return whether the file is dirty
   * @throws BackingException if that cannot be found out, or a conflict cannot be settled
   */
  boolean attach(DirtyFile file) {
    if (!file.isDirty()) {
      return false;
    }
    BackingNode node = file.node();
    if (node == null) {
      node = finder.find(file.identity(), file.path());
      if (node == null) {
        settleGone(file);
        return false;
      }
      file.found(node);
    }
    if (file.isNameless() && !settleNameless(file, node)) {
      return false;
    }
    FileVersion now = store.version(node);
    if (!file.isBase(now)) {
      settle(file, "somebody else has changed it");
      return false;
    }
    file.sizeAtLeast(now.size());
    return true;
  }

  /**
   * The backing was synced while it showed this version: after a power cut it shows that, or a
   * later one.
   *
   * @return the record that says so; 0 if none has to
   */
  long noteLasting(DirtyFile file, FileVersion version) {
    file.lock();
    try {
      if (!file.isDirty() || file.isFlushing() || !file.isBase(version)) {
        return 0;
      }
      JournalRecord.Named named = file.named(version, true);
      file.rebase(named);
      log.note(file, named);
      return file.lastSequence();
    } finally {
      file.unlock();
    }
  }

  /** The changes are worth nothing any more. The file's lock is held and no flush runs. */
  void discard(DirtyFile file) {
    noteAsFlushed(file);
    release(file.discard());
  }

  static void release(@Nullable BackingNode node) {
    if (node != null) {
      node.release(1);
    }
  }

  /** For the journal, all changes until now are where they belong. */
  private void noteAsFlushed(DirtyFile file) {
    log.note(file, new JournalRecord.Flushing(file.nothingSeen()));
    log.note(file, new JournalRecord.Flushed(file.identity()));
    log.endedUnsynced();
  }

  private Carried carry(DirtyFile file, BackingNode node, DirtyLayer layer, long size) {
    long unsynced = file.below().unsynced();
    BlockCache.CachedFile open = below.open(node, O_RDWR);
    try {
      if (layer.kept() < store.version(node).size()) {
        below.truncate(node, layer.kept());
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment buffer = arena.allocate(bufferBytes(layer));
        layer.forEachRun(buffer, (offset, bytes) -> writeAll(open, offset, bytes));
      }
      if (store.version(node).size() < size) {
        below.truncate(node, size);
      }
      Carried carried = finish(file, node);
      below.sync(open, false);
      file.below().synced(unsynced);
      return carried;
    } finally {
      below.close(open);
    }
  }

  private void writeAll(BlockCache.CachedFile open, long offset, MemorySegment bytes) {
    long done = 0;
    while (done < bytes.byteSize()) {
      int written = below.write(open, offset + done, bytes.asSlice(done), 0);
      if (written <= 0) {
        throw new BackingException(Errno.EIO, "write", open.node().toString());
      }
      done += written;
    }
  }

  /**
   * What programs saw as the modification time stays. Where we are not allowed to set it, it
   * becomes the time of the flush.
   */
  private Carried finish(DirtyFile file, BackingNode node) {
    file.lock();
    try {
      AttributeChange change = new AttributeChange(null, null, null, null, file.mtimeNanos());
      try {
        below.changeInode(node, () -> store.change(node, change));
      } catch (BackingException refused) {
        if (refused.errno() != Errno.EPERM && refused.errno() != Errno.EACCES) {
          throw refused;
        }
      }
      return new Carried(store.version(node), file.below().last());
    } finally {
      file.unlock();
    }
  }

  private void endDone(DirtyFile file, BackingNode node, Carried carried) {
    BackingNode released;
    file.lock();
    try {
      flushes.increment();
      log.note(file, new JournalRecord.Flushed(file.identity()));
      released = file.flushed(clock.nanoTime());
      if (file.isDirty()) {
        JournalRecord.Named named = file.named(carried.version(), true);
        log.note(file, named);
        file.rebase(named);
        // Another version without a change of ours is somebody else's: the next flush will see.
        if (file.below().last() != carried.changes()) {
          log.note(file, new JournalRecord.Flushing(carried.version()));
          noteConditions(file, node);
        }
      }
    } finally {
      file.unlock();
    }
    release(released);
    log.syncAndRelease(files);
  }

  private void endFailed(DirtyFile file, BackingNode node, Throwable cause) {
    file.lock();
    try {
      failed(file, cause);
      file.loseBase();
      closeIntent(file, node);
    } finally {
      file.unlock();
    }
  }

  /**
   * After a flush that failed half-way: what it did is made durable, so that what others change
   * from here on can be told from it. Where that fails too, the intent stays open.
   */
  private void closeIntent(DirtyFile file, BackingNode node) {
    try (BackingFile open = store.open(node, BackingStore.OpenMode.READ_WRITE)) {
      FileVersion version = store.version(node);
      open.sync(false);
      JournalRecord.Named named = file.named(version, true);
      file.rebase(named);
      log.note(file, named);
    } catch (BackingException _) {
      // The next flush goes on in place.
    }
  }

  private void failed(DirtyFile file, Throwable cause) {
    failures.increment();
    int errno = cause instanceof BackingException refused ? refused.errno() : Errno.EIO;
    file.flushFailed(errno, clock.nanoTime());
  }

  /**
   * The inode may have changed by our doing: from here on this is the version that our changes are
   * made on, and the name that it is found by. What was never synced is not needed without a name;
   * what was synced is, until a power cut cannot bring the name back. The file's lock is held, and
   * no flush runs.
   */
  void noteConditions(DirtyFile file, BackingNode node) {
    FileVersion version;
    Attributes now;
    byte[] path;
    try {
      version = store.version(node);
      now = store.attributes(node);
      path = store.path(node);
    } catch (BackingException _) {
      // The intent stays open: the next flush goes on in place.
      file.loseBase();
      return;
    }
    if (now.linkCount() == 0 && !file.isPromised()) {
      noteAsFlushed(file);
      file.unjournaled();
    }
    JournalRecord.Named named =
        new JournalRecord.Named(version, now.linkCount() == 0 ? NO_NAME : path, false);
    file.rebase(named);
    log.note(file, named);
    if (file.isNameless()) {
      log.endedUnsynced();
    }
  }

  /**
   * For the journal, no change of the file is under way, and our changes are made on what they were
   * made on before. The file's lock is held.
   */
  void noteBases(DirtyFile file) {
    for (FileVersion base : file.bases()) {
      log.note(file, file.named(base, false));
    }
  }

  /**
   * A file whose last name we took: with that durable in the backing, no crash brings it back.
   *
   * @return whether it is dirty still: somebody has it open, or a power cut brought the name back
   */
  private boolean settleNameless(DirtyFile file, BackingNode node) {
    if (store.attributes(node).linkCount() > 0) {
      file.nameCameBack();
      return true;
    }
    conflicts.syncDirectoryOf(file.path());
    if (file.isForgotten()) {
      discard(file);
      log.syncAndRelease(files);
      return false;
    }
    noteAsFlushed(file);
    file.unjournaled();
    return true;
  }

  private void settleGone(DirtyFile file) {
    if (file.isNameless()) {
      discard(file);
      log.syncAndRelease(files);
      return;
    }
    if (file.isLasting()) {
      settle(file, "it is gone");
      return;
    }
    dropped.increment();
    LOG.info(
        "write-back: {} had not become durable before the power was cut; nothing acknowledged is lost",
        FileFinder.text(file.path()));
    discard(file);
    log.syncAndRelease(files);
  }

  private void settle(DirtyFile file, String why) {
    conflicts.keep(file, why);
    BackingNode node = file.node();
    if (node != null) {
      node.retain();
    }
    discard(file);
    if (node != null) {
      below.invalidate(node);
      listener.changedBehind(node);
      node.release(1);
    }
    log.syncAndRelease(files);
  }

  static BackingNode nodeOf(DirtyFile file) {
    BackingNode node = file.node();
    if (node == null) {
      throw new IllegalStateException("a dirty file without node: " + file.identity());
    }
    return node;
  }

  static long bufferBytes(DirtyLayer layer) {
    return Math.clamp(layer.bytes(), DirtyMemory.PAGE_BYTES, RUN_BYTES_MAX);
  }

  /**
   * What a flush made of a file.
   *
   * @param version that the backing was synced at or after
   * @param changes number of the last of {@link ChangesBelow} at that moment
   */
  private record Carried(FileVersion version, long changes) {}
}
