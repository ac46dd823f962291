package io.emberfs.engine;

import io.emberfs.core.Access;
import io.emberfs.core.Attributes;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Clock;
import io.emberfs.core.FileVersion;
import io.emberfs.core.Namespace;
import io.emberfs.engine.file.FileState;
import io.emberfs.engine.file.FileTable;
import io.emberfs.engine.file.OpenFile;
import io.emberfs.engine.file.VersionCheck;
import io.emberfs.engine.prefetch.AccessRing;
import io.emberfs.engine.read.ReadPath;
import io.emberfs.engine.tiers.TierChain;
import io.emberfs.engine.write.WritePath;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The block cache: opens and closes files, and leads each call to the read path or the write path.
 *
 * <p>Free of threads: the background roles are steps of {@link Engine}. Any thread may call.
 */
final class BlockEngine implements BlockCache {
  private static final int O_ACCMODE = 3;
  private static final int O_RDONLY = 0;
  private static final int O_TRUNC = 01000;
  private static final int O_DSYNC = 010000;
  private static final int O_NOATIME = 01000000;

  private final BackingStore store;
  private final FileTable files;
  private final VersionCheck versions;
  private final TierChain chain;
  private final ReadPath reads;
  private final WritePath writes;
  private final AccessRing accesses;
  private final Clock clock;
  private final Runnable closeRoles;

  /**
   * @param closeRoles saves the warm state and closes the tiers
   */
  BlockEngine(
      BackingStore store,
      FileTable files,
      VersionCheck versions,
      TierChain chain,
      ReadPath reads,
      WritePath writes,
      AccessRing accesses,
      Clock clock,
      Runnable closeRoles) {
    this.store = store;
    this.files = files;
    this.versions = versions;
    this.chain = chain;
    this.reads = reads;
    this.writes = writes;
    this.accesses = accesses;
    this.clock = clock;
    this.closeRoles = closeRoles;
  }

  @Override
  public CachedFile open(BackingNode node, int flags) {
    BackingFile writer =
        (flags & O_ACCMODE) == O_RDONLY && (flags & O_TRUNC) == 0
            ? null
            : store.open(node, writeMode(flags));
    FileState state;
    try {
      state = files.lockOf(node);
    } catch (RuntimeException failed) {
      closeQuietly(writer);
      throw failed;
    }
    try {
      if (writer != null && (flags & O_TRUNC) != 0) {
        writes.truncateLocked(state, writer, 0);
      }
      return openedLocked(node, state, writer, flags);
    } catch (RuntimeException failed) {
      closeQuietly(writer);
      throw failed;
    } finally {
      state.unlock();
    }
  }

  @Override
  public CachedFile created(Namespace.Created created, int flags) {
    BackingNode node = created.node();
    FileState state;
    try {
      state = created.existed() ? files.lockOf(node) : files.lockOfMade(node);
    } catch (RuntimeException failed) {
      created.file().close();
      throw failed;
    }
    try {
      return openedLocked(node, state, created.file(), flags);
    } catch (RuntimeException failed) {
      created.file().close();
      throw failed;
    } finally {
      state.unlock();
    }
  }

  private CachedFile openedLocked(
      BackingNode node, FileState state, @Nullable BackingFile writer, int flags) {
    versions.checkLocked(state, node);
    boolean unchanged = state.opened(node, (flags & O_NOATIME) != 0);
    accesses.offer(
        state.fileId(),
        0,
        0,
        state.size(),
        clock.nanoTime(),
        Access.Operation.OPEN,
        0,
        Access.Source.NONE);
    return new OpenFile(node, state, writer, unchanged);
  }

  @Override
  public int readNow(CachedFile file, long offset, int length, MemorySegment target, int process) {
    return reads.readNow((OpenFile) file, offset, length, target, process);
  }

  @Override
  public int read(CachedFile file, long offset, int length, MemorySegment target, int process) {
    return reads.read((OpenFile) file, offset, length, target, process);
  }

  @Override
  public int write(CachedFile file, long offset, MemorySegment source, int process) {
    return writes.write((OpenFile) file, offset, source);
  }

  @Override
  public int writeNow(CachedFile file, long offset, MemorySegment source, int process) {
    return writes.writeNow((OpenFile) file, offset, source);
  }

  @Override
  public int append(CachedFile file, MemorySegment source, int process) {
    return writes.append((OpenFile) file, source);
  }

  @Override
  public void truncate(BackingNode node, long size) {
    writes.truncate(node, size);
  }

  @Override
  public void allocate(CachedFile file, int mode, long offset, long length) {
    writes.allocate((OpenFile) file, mode, offset, length);
  }

  @Override
  public long copyRange(
      CachedFile source, long offset, CachedFile target, long targetOffset, long length) {
    FileState state = ((OpenFile) source).state();
    BackingFile from = acquire(state);
    try {
      return writes.copyRange(from, offset, (OpenFile) target, targetOffset, length);
    } finally {
      state.releaseFile();
    }
  }

  @Override
  public long seek(CachedFile file, long offset, int whence) {
    FileState state = ((OpenFile) file).state();
    BackingFile backing = acquire(state);
    try {
      return backing.seek(offset, whence);
    } finally {
      state.releaseFile();
    }
  }

  @Override
  public Attributes attributes(BackingNode node) {
    Attributes attributes = store.attributes(node);
    FileState state = files.inMemory(node.identity());
    if (state != null) {
      versions.notice(state, node, attributes);
    }
    return attributes;
  }

  @Override
  public void sync(CachedFile file, boolean dataOnly) {
    OpenFile open = (OpenFile) file;
    FileState state = open.state();
    FileVersion before = state.version();
    BackingFile writer = open.writerOrNull();
    if (writer != null) {
      writer.sync(dataOnly);
    } else {
      BackingFile reader = acquire(state);
      try {
        reader.sync(dataOnly);
      } finally {
        state.releaseFile();
      }
    }
    state.synced(before);
  }

  @Override
  public void flush(CachedFile file) {
    // Write-through: every write has reported its own error already.
  }

  @Override
  public void changeInode(BackingNode node, Runnable change) {
    writes.changeInode(node, change);
  }

  @Override
  public void invalidate(BackingNode node) {
    FileState state = files.lockIfKnown(node);
    if (state == null) {
      return;
    }
    try {
      state.raise();
      versions.dropDead(state);
    } finally {
      state.unlock();
    }
  }

  @Override
  public void forget(BackingNode node) {
    FileState state = files.lockIfKnown(node);
    if (state == null) {
      return;
    }
    try {
      files.forget(node.identity(), state);
      chain.removeFrom(state.fileId(), 0);
    } finally {
      state.unlock();
    }
  }

  @Override
  public void close(CachedFile file) {
    ((OpenFile) file).close();
  }

  @Override
  public long drop(String tierName) {
    return chain.clear(tierName);
  }

  @Override
  public void close() {
    closeRoles.run();
  }

  private BackingFile acquire(FileState state) {
    BackingFile file = state.acquireFile(store);
    if (file == null) {
      throw new IllegalStateException("file " + state.fileId() + " is used after its close");
    }
    return file;
  }

  private static BackingStore.OpenMode writeMode(int flags) {
    return (flags & O_DSYNC) != 0
        ? BackingStore.OpenMode.READ_WRITE_SYNC
        : BackingStore.OpenMode.READ_WRITE;
  }

  private static void closeQuietly(@Nullable BackingFile file) {
    if (file != null) {
      file.close();
    }
  }
}
