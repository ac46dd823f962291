package io.emberfs.engine.writeback;

import io.emberfs.core.Attributes;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Clock;
import io.emberfs.core.Errno;
import io.emberfs.core.FileVersion;
import io.emberfs.core.Namespace;
import io.emberfs.core.NodeIdentity;
import io.emberfs.core.WriteJournal;
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

  private final BlockCache below;
  private final BackingStore store;
  private final DirtyFiles files;
  private final ChangeLog log;
  private final Flusher flusher;
  private final RoomCheck room;
  private final WaitingChanges waiting;
  private final InodeChanges inodes;
  private final RangeCopy copying;

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
    waiting = new WaitingChanges(store, log, room, clock);
    inodes = new InodeChanges(below, store, log, flusher);
    copying = new RangeCopy(this);
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

  /** The backing was cut to nothing already, under what is dirty, or being flushed. */
  private void cutBelow(DirtyFile file, BackingNode node) {
    file.lock();
    try {
      file.awaitFlush();
      if (file.isDirty()) {
        find(file, node);
        // What was synced has to be there if a power cut takes the cut back.
        if (!waiting.truncate(file, node, 0)) {
          flusher.discard(file);
        }
        below.invalidate(node);
      }
      if (store.version(node).size() > 0) {
        below.truncate(node, 0);
      }
      if (file.isDirty()) {
        flusher.noteConditions(file, node);
      }
      file.below().bytesChanged();
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
    return write(
        open, WaitingChanges.AT_END, source, () -> below.append(open.below(), source, process));
  }

  private int write(
      WriteBackFile open, long offset, MemorySegment source, Supplier<Integer> direct) {
    DirtyFile file = open.dirty();
    int length = (int) Math.min(source.byteSize(), WriteJournal.RECORD_BYTES_MAX);
    if (length == 0) {
      return 0;
    }
    MemorySegment bytes = source.asSlice(0, length);
    boolean hasRoom = room.make(length);
    int written;
    file.lock();
    try {
      written =
          hasRoom && waiting.write(file, open.node(), offset, bytes)
              ? length
              : direct(file, direct);
    } finally {
      file.unlock();
    }
    if (open.syncsWrites()) {
      sync(open, true);
    }
    return written;
  }

  /** The file's lock is held. */
  private <T> T direct(DirtyFile file, Supplier<T> change) {
    flusher.flush(file);
    // What was flushed just now by somebody else must not come back over this change.
    boolean _ = log.sync(file.lastSequence());
    try {
      return change.get();
    } finally {
      // Afterwards: a sync that began before the change must not count for it.
      file.below().bytesChanged();
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
      if (!waiting.truncate(file, node, size)) {
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
    // Both, in the order of all who lock two: below, the source is locked under the target's lock.
    boolean inOrder =
        NodeIdentity.ORDER.compare(from.dirty().identity(), to.dirty().identity()) <= 0;
    DirtyFile first = (inOrder ? from : to).dirty();
    DirtyFile second = (inOrder ? to : from).dirty();
    first.lock();
    second.lock();
    try {
      if (!from.dirty().isDirty() && !to.dirty().isDirty()) {
        return direct(
            to.dirty(),
            () -> below.copyRange(from.below(), offset, to.below(), targetOffset, length));
      }
    } finally {
      second.unlock();
      first.unlock();
    }
    return copying.copy(source, offset, target, targetOffset, length);
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
      DirtyFile present = files.find(node.identity());
      if (present == null || !present.isDirty()) {
        return below.attributes(node);
      }
      DirtyFile file = files.acquire(node.identity());
      try {
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
      } finally {
        files.release(file);
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
      if (file.isDirty() && find(file, node)) {
        boolean _ = flusher.attach(file);
      }
    } finally {
      file.unlock();
    }
  }

  /** Whether the file had no node until now. Its lock is held, and it is dirty. */
  private static boolean find(DirtyFile file, BackingNode node) {
    if (file.node() != null) {
      return false;
    }
    node.retain();
    file.found(node);
    return true;
  }

  @Override
  public void sync(CachedFile file, boolean dataOnly) {
    WriteBackFile open = (WriteBackFile) file;
    DirtyFile dirty = open.dirty();
    dirty.promise();
    long sequence = dirty.lastSequence();
    long unsynced = dirty.below().unsynced();
    if (unsynced != 0) {
      FileVersion version = store.version(open.node());
      below.sync(open.below(), false);
      dirty.below().synced(unsynced);
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
      throw new BackingException(
          open.dirty().failures().lastErrno(), "write back", open.node().toString());
    }
    below.flush(open.below());
  }

  @Override
  public void changeInode(BackingNode node, Runnable change) {
    DirtyFile file = files.acquire(node.identity());
    try {
      file.lock();
      try {
        inodes.make(file, node, change);
      } finally {
        file.unlock();
      }
    } finally {
      files.release(file);
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
        if (file.isDirty() && file.isJournaled() && file.isNameless()) {
          // What was synced must be there if a power cut brings the name back: it goes later.
          file.forget();
        } else if (file.isDirty()) {
          flusher.discard(file);
        }
        file.below().synced(file.below().last());
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
