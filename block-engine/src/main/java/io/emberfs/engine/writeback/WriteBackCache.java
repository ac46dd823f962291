package io.emberfs.engine.writeback;

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
import io.emberfs.core.Namespace;
import io.emberfs.core.WriteJournal;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/**
 * The block cache of a mount with {@code --write back}: changes of bytes and size stay here until
 * they are flushed; everything else, and every read of what is clean, goes to the cache below.
 *
 * <p>What cannot wait goes the <b>direct</b> way: the file is flushed, and the change made below
 * while nobody else can change the file. So goes what no record says (fallocate), what may not fit
 * into the backing, and everything once the journal has failed.
 */
final class WriteBackCache implements BlockCache {
  private static final int O_ACCMODE = 3;
  private static final int O_RDONLY = 0;
  private static final int O_TRUNC = 01000;
  private static final int O_DSYNC = 010000;
  private static final int SEEK_DATA = 3;

  /** Instead of an offset: wherever the file ends. */
  private static final long AT_END = -1;

  private final BlockCache below;
  private final BackingStore store;
  private final DirtyFiles files;
  private final ChangeLog log;
  private final Flusher flusher;
  private final RoomCheck room;
  private final RangeCopy copying;
  private final Clock clock;

  WriteBackCache(
      BlockCache below,
      BackingStore store,
      DirtyFiles files,
      ChangeLog log,
      Flusher flusher,
      RoomCheck room,
      Clock clock) {
    this.below = below;
    this.store = store;
    this.files = files;
    this.log = log;
    this.flusher = flusher;
    this.room = room;
    copying = new RangeCopy(this);
    this.clock = clock;
  }

  @Override
  public CachedFile open(BackingNode node, int flags) {
    DirtyFile file = files.acquire(node.identity());
    CachedFile opened = null;
    try {
      look(file, node);
      opened = below.open(node, flags & ~O_TRUNC);
      if ((flags & O_TRUNC) != 0) {
        truncate(file, node, 0);
      }
      return wrapped(opened, file, flags);
    } catch (RuntimeException failed) {
      if (opened != null) {
        below.close(opened);
      }
      files.release(file);
      throw failed;
    }
  }

  @Override
  public CachedFile created(Namespace.Created created, int flags) {
    DirtyFile file = files.acquire(created.node().identity());
    CachedFile opened;
    try {
      opened = below.created(created, flags);
    } catch (RuntimeException failed) {
      files.release(file);
      throw failed;
    }
    if (created.existed() && (flags & O_TRUNC) != 0) {
      cutBelow(file, created.node());
    }
    return wrapped(opened, file, flags | 1);
  }

  /** The backing was cut to nothing already, under what is dirty. */
  private void cutBelow(DirtyFile file, BackingNode node) {
    file.lock();
    try {
      file.awaitFlush();
      if (file.isDirty()) {
        flusher.discard(file);
        below.invalidate(node);
      }
    } finally {
      file.unlock();
    }
  }

  private static CachedFile wrapped(CachedFile opened, DirtyFile file, int flags) {
    return new WriteBackFile(opened, file, (flags & O_ACCMODE) != O_RDONLY, (flags & O_DSYNC) != 0);
  }

  @Override
  public int readNow(CachedFile file, long offset, int length, MemorySegment target, int process) {
    WriteBackFile open = (WriteBackFile) file;
    DirtyFile dirty = open.dirty();
    if (!dirty.isDirty()) {
      return below.readNow(open.below(), offset, length, target, process);
    }
    if (!dirty.tryLock()) {
      return WOULD_WAIT;
    }
    long drops;
    try {
      if (!dirty.isDirty()) {
        return WOULD_WAIT;
      }
      if (length > 0 && dirty.covers(offset, length)) {
        return dirty.overlay(offset, length, target, 0);
      }
      drops = dirty.drops();
    } finally {
      dirty.unlock();
    }
    int count = below.readNow(open.below(), offset, length, target, process);
    if (count == WOULD_WAIT || !dirty.tryLock()) {
      return WOULD_WAIT;
    }
    try {
      return dirty.drops() == drops ? dirty.overlay(offset, length, target, count) : WOULD_WAIT;
    } finally {
      dirty.unlock();
    }
  }

  @Override
  public int read(CachedFile file, long offset, int length, MemorySegment target, int process) {
    WriteBackFile open = (WriteBackFile) file;
    DirtyFile dirty = open.dirty();
    while (dirty.isDirty()) {
      long drops;
      dirty.lock();
      try {
        if (length > 0 && dirty.isDirty() && dirty.covers(offset, length)) {
          return dirty.overlay(offset, length, target, 0);
        }
        drops = dirty.drops();
      } finally {
        dirty.unlock();
      }
      int count = below.read(open.below(), offset, length, target, process);
      dirty.lock();
      try {
        // What left the dirty pages since may not be in the bytes that were read before.
        if (dirty.isDirty() && dirty.drops() == drops) {
          return dirty.overlay(offset, length, target, count);
        }
      } finally {
        dirty.unlock();
      }
    }
    return below.read(open.below(), offset, length, target, process);
  }

  @Override
  public int write(CachedFile file, long offset, MemorySegment source, int process) {
    WriteBackFile open = writable(file);
    return write(open, offset, source, () -> below.write(open.below(), offset, source, process));
  }

  @Override
  public int append(CachedFile file, MemorySegment source, int process) {
    WriteBackFile open = writable(file);
    return write(open, AT_END, source, () -> below.append(open.below(), source, process));
  }

  private int write(
      WriteBackFile open, long offset, MemorySegment source, Supplier<Integer> direct) {
    DirtyFile file = open.dirty();
    long length = source.byteSize();
    if (length == 0) {
      return 0;
    }
    room.make(file, length);
    int written;
    file.lock();
    try {
      if (mayWait(file, open.node(), offset, length) && wrote(file, offset, source)) {
        written = (int) length;
      } else {
        written = direct(file, direct);
      }
    } finally {
      file.unlock();
    }
    if (open.syncsWrites()) {
      sync(open, true);
    }
    return written;
  }

  /** Whether a change can stand in the journal. The file's lock is held; it is dirty then. */
  private boolean mayWait(DirtyFile file, BackingNode node, long offset, long length) {
    return !log.isFailed() && room.fits(Math.max(offset, 0), length) && begin(file, node);
  }

  /** Makes a clean file dirty; false if the journal does not take it. */
  private boolean begin(DirtyFile file, BackingNode node) {
    if (file.isDirty()) {
      return true;
    }
    if (file.hasUnsyncedBytesBelow()) {
      // Else a power cut could keep what comes into the journal now and lose what it was made on.
      long unsynced = file.unsyncedBelow();
      try (BackingFile open = store.open(node, BackingStore.OpenMode.READ_WRITE)) {
        open.sync(false);
      }
      file.syncedBelow(unsynced);
    }
    boolean isDurable = file.unsyncedBelow() == 0;
    Attributes now = store.attributes(node);
    JournalRecord.Named named =
        new JournalRecord.Named(Flusher.versionOf(node, now), store.path(node), isDurable);
    node.retain();
    file.begin(node, named, now.linkCount() > 0, log.nextSequence(), clock.nanoTime());
    try {
      for (FileVersion before : file.versionsBelow()) {
        log.append(file, new JournalRecord.Flushing(before));
      }
      log.append(file, named);
      return true;
    } catch (IOException _) {
      Flusher.release(file.discard());
      return false;
    }
  }

  /** Puts bytes into the journal and over the file; false if the journal does not take them. */
  private boolean wrote(DirtyFile file, long offset, MemorySegment source) {
    long at = offset == AT_END ? file.size() : offset;
    long now = clock.wallNanos();
    for (long done = 0; done < source.byteSize(); ) {
      long n = Math.min(source.byteSize() - done, WriteJournal.RECORD_BYTES_MAX);
      MemorySegment part = source.asSlice(done, n);
      try {
        log.append(file, new JournalRecord.Written(file.identity(), at + done, now, part));
      } catch (IOException _) {
        return false;
      }
      file.write(at + done, part, now);
      done += n;
    }
    return true;
  }

  /** The file's lock is held. */
  private <T> T direct(DirtyFile file, Supplier<T> change) {
    flusher.flush(file);
    try {
      return change.get();
    } finally {
      // Afterwards: a sync that began before the change must not count for it.
      file.bytesChangedBelow();
    }
  }

  @Override
  public void truncate(BackingNode node, long size) {
    DirtyFile file = files.acquire(node.identity());
    try {
      // Whether it may be changed at all, only the backing knows.
      store.open(node, BackingStore.OpenMode.READ_WRITE).close();
      truncate(file, node, size);
    } finally {
      files.release(file);
    }
  }

  private void truncate(DirtyFile file, BackingNode node, long size) {
    file.lock();
    try {
      boolean isDone = mayWait(file, node, 0, size) && truncated(file, size);
      if (!isDone) {
        direct(
            file,
            () -> {
              below.truncate(node, size);
              return size;
            });
      }
    } finally {
      file.unlock();
    }
  }

  private boolean truncated(DirtyFile file, long size) {
    long now = clock.wallNanos();
    try {
      log.append(file, new JournalRecord.Truncated(file.identity(), size, now));
    } catch (IOException _) {
      return false;
    }
    file.truncate(size, now);
    return true;
  }

  @Override
  public void allocate(CachedFile file, int mode, long offset, long length) {
    WriteBackFile open = writable(file);
    DirtyFile dirty = open.dirty();
    dirty.lock();
    try {
      direct(
          dirty,
          () -> {
            below.allocate(open.below(), mode, offset, length);
            return length;
          });
    } finally {
      dirty.unlock();
    }
  }

  @Override
  public long copyRange(
      CachedFile source, long offset, CachedFile target, long targetOffset, long length) {
    WriteBackFile from = (WriteBackFile) source;
    WriteBackFile to = writable(target);
    if (from.dirty().isDirty() || to.dirty().isDirty()) {
      return copying.copy(source, offset, target, targetOffset, length);
    }
    DirtyFile changed = to.dirty();
    changed.lock();
    try {
      return direct(
          changed, () -> below.copyRange(from.below(), offset, to.below(), targetOffset, length));
    } finally {
      changed.unlock();
    }
  }

  @Override
  public long seek(CachedFile file, long offset, int whence) {
    WriteBackFile open = (WriteBackFile) file;
    DirtyFile dirty = open.dirty();
    dirty.lock();
    try {
      if (dirty.isDirty()) {
        // All of it counts as data: where the backing will have holes is not known yet.
        if (offset < 0 || offset >= dirty.size()) {
          throw new BackingException(Errno.ENXIO, "lseek", open.node().toString());
        }
        return whence == SEEK_DATA ? offset : dirty.size();
      }
      return below.seek(open.below(), offset, whence);
    } finally {
      dirty.unlock();
    }
  }

  @Override
  public Attributes attributes(BackingNode node) {
    while (true) {
      DirtyFile file = files.find(node.identity());
      if (file == null || !file.isDirty()) {
        return below.attributes(node);
      }
      look(file, node);
      long drops = file.drops();
      Attributes attributes = below.attributes(node);
      file.lock();
      try {
        if (file.isDirty() && file.drops() == drops) {
          return file.overlay(attributes);
        }
      } finally {
        file.unlock();
      }
    }
  }

  /** A dirty file that was not looked at since the journal told of it gets its node. */
  private void look(DirtyFile file, BackingNode node) {
    if (!file.isDirty()) {
      return;
    }
    file.lock();
    try {
      if (file.isDirty() && file.node() == null) {
        node.retain();
        file.found(node);
        boolean _ = flusher.attach(file);
      }
    } finally {
      file.unlock();
    }
  }

  @Override
  public void sync(CachedFile file, boolean dataOnly) {
    WriteBackFile open = (WriteBackFile) file;
    DirtyFile dirty = open.dirty();
    long sequence = dirty.lastSequence();
    long unsynced = dirty.unsyncedBelow();
    if (unsynced != 0) {
      FileVersion version = store.version(open.node());
      below.sync(open.below(), false);
      dirty.syncedBelow(unsynced);
      sequence = Math.max(sequence, flusher.noteLasting(dirty, version));
    }
    if (dirty.isDirty() && !log.sync(sequence)) {
      flusher.flush(dirty);
    }
    flush(file);
  }

  @Override
  public void flush(CachedFile file) {
    WriteBackFile open = (WriteBackFile) file;
    if (open.takeError()) {
      throw new BackingException(open.dirty().lastErrno(), "write back", open.node().toString());
    }
    below.flush(open.below());
  }

  @Override
  public void changeInode(BackingNode node, Runnable change) {
    DirtyFile file = files.acquire(node.identity());
    try {
      file.lock();
      try {
        changeInode(file, node, change);
      } finally {
        file.unlock();
      }
    } finally {
      files.release(file);
    }
  }

  private void changeInode(DirtyFile file, BackingNode node, Runnable change) {
    if (file.isDirty() && !file.isJournaled()) {
      // It may get a name now, and its synced bytes must be behind that name.
      flusher.flush(file);
    }
    // Of a file that nobody has open nothing is remembered anyhow.
    boolean isRemembered = file.isDirty() || file.users() > 1;
    FileVersion before = isRemembered ? store.version(node) : null;
    boolean isOurIntent = flusher.openIntent(file, node);
    try {
      below.changeInode(node, change);
    } finally {
      // Afterwards: a sync that began before the change must not count for it.
      file.inodeChangedBelow(before);
      if (isOurIntent && before != null) {
        flusher.inodeChanged(file, node, before.mtimeNanos());
      }
    }
  }

  @Override
  public void invalidate(BackingNode node) {
    below.invalidate(node);
  }

  @Override
  public void forget(BackingNode node) {
    DirtyFile file = files.acquire(node.identity());
    try {
      file.lock();
      try {
        file.awaitFlush();
        if (file.isDirty()) {
          flusher.discard(file);
        }
      } finally {
        file.unlock();
      }
      below.forget(node);
    } finally {
      files.release(file);
    }
  }

  @Override
  public void close(CachedFile file) {
    WriteBackFile open = (WriteBackFile) file;
    try {
      below.close(open.below());
    } finally {
      files.release(open.dirty());
    }
  }

  @Override
  public long drop(String tierName) {
    return below.drop(tierName);
  }

  @Override
  public void close() {
    below.close();
  }

  private static WriteBackFile writable(CachedFile file) {
    WriteBackFile open = (WriteBackFile) file;
    if (!open.isWritable()) {
      throw new BackingException(Errno.EBADF, "write", "a file opened for reading");
    }
    return open;
  }
}
