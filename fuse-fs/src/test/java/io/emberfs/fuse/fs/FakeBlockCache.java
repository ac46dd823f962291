package io.emberfs.fuse.fs;

import io.emberfs.core.Attributes;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Namespace;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A block cache that keeps no block and asks the backing each time; it notes what the file system
 * told it.
 */
public final class FakeBlockCache implements BlockCache {
  private static final int O_ACCMODE = 3;
  private static final int O_TRUNC = 01000;

  private final BackingStore store;
  final Set<CachedFile> open = ConcurrentHashMap.newKeySet();
  final List<BackingNode> inodeChanges = new ArrayList<>();
  final List<BackingNode> forgotten = new ArrayList<>();

  /** Whether {@link #readNow} answers. */
  volatile boolean isHot;

  int syncCount;

  public FakeBlockCache(BackingStore store) {
    this.store = store;
  }

  private record File(BackingNode node, BackingFile file, Object identity) implements CachedFile {
    @Override
    public boolean unchangedSinceLastOpen() {
      return false;
    }
  }

  @Override
  public CachedFile open(BackingNode node, int flags) {
    boolean writes = (flags & O_ACCMODE) != 0 || (flags & O_TRUNC) != 0;
    BackingFile file =
        store.open(node, writes ? BackingStore.OpenMode.READ_WRITE : BackingStore.OpenMode.READ);
    if ((flags & O_TRUNC) != 0) {
      file.truncate(0);
    }
    return add(node, file);
  }

  @Override
  public CachedFile created(Namespace.Created created, int flags) {
    return add(created.node(), created.file());
  }

  private CachedFile add(BackingNode node, BackingFile file) {
    File added = new File(node, file, new Object());
    open.add(added);
    return added;
  }

  @Override
  public int readNow(CachedFile file, long offset, int length, MemorySegment target, int process) {
    return isHot ? read(file, offset, length, target, process) : WOULD_WAIT;
  }

  @Override
  public int read(CachedFile file, long offset, int length, MemorySegment target, int process) {
    return backing(file).read(offset, target.asSlice(0, length));
  }

  @Override
  public int write(CachedFile file, long offset, MemorySegment source, int process) {
    return backing(file).write(offset, source);
  }

  @Override
  public int writeNow(CachedFile file, long offset, MemorySegment source, int process) {
    return isHot ? write(file, offset, source, process) : WOULD_WAIT;
  }

  @Override
  public int append(CachedFile file, MemorySegment source, int process) {
    return backing(file).write(backing(file).version().size(), source);
  }

  @Override
  public void truncate(BackingNode node, long size) {
    try (BackingFile file = store.open(node, BackingStore.OpenMode.READ_WRITE)) {
      file.truncate(size);
    }
  }

  @Override
  public void allocate(CachedFile file, int mode, long offset, long length) {
    backing(file).allocate(mode, offset, length);
  }

  @Override
  public long copyRange(
      CachedFile source, long offset, CachedFile target, long targetOffset, long length) {
    return backing(source).copyRange(offset, backing(target), targetOffset, length);
  }

  @Override
  public long seek(CachedFile file, long offset, int whence) {
    return backing(file).seek(offset, whence);
  }

  @Override
  public Attributes attributes(BackingNode node) {
    return store.attributes(node);
  }

  @Override
  public void sync(CachedFile file, boolean dataOnly) {
    syncCount++;
    backing(file).sync(dataOnly);
  }

  @Override
  public void flush(CachedFile file) {
    backing(file);
  }

  @Override
  public void changeInode(BackingNode node, Runnable change) {
    synchronized (inodeChanges) {
      inodeChanges.add(node);
    }
    change.run();
  }

  @Override
  public void invalidate(BackingNode node) {}

  @Override
  public void forget(BackingNode node) {
    synchronized (forgotten) {
      forgotten.add(node);
    }
  }

  @Override
  public void close(CachedFile file) {
    BackingFile backing = backing(file);
    open.remove(file);
    backing.close();
  }

  @Override
  public long drop(String tierName) {
    return 0;
  }

  @Override
  public void close() {}

  private BackingFile backing(CachedFile file) {
    if (!open.contains(file)) {
      throw new IllegalStateException("the file is not open");
    }
    return ((File) file).file();
  }
}
