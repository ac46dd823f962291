package io.emberfs.engine.namespace;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.FileVersion;
import io.emberfs.engine.backing.InterceptingBackingFile;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A file whose changes are announced to what is remembered of its node. One that is only read is
 * opened in the backing when its first byte is needed: most are read from a tier.
 */
final class RememberingFile extends InterceptingBackingFile {
  private final RememberingBackingStore store;

  /** With a reference of its own. */
  private final BackingNode node;

  private final BackingStore.@Nullable OpenMode mode;
  private volatile @Nullable BackingFile opened;
  private volatile boolean wasChanged;

  @GuardedBy("this")
  private boolean isClosed;

  /**
   * A file that is open.
   *
   * @param file belongs to this
   */
  RememberingFile(RememberingBackingStore store, BackingNode node, BackingFile file) {
    this.store = store;
    this.node = node;
    mode = null;
    opened = file;
    node.retain();
  }

  /** A file that is opened when it is needed. */
  RememberingFile(RememberingBackingStore store, BackingNode node, BackingStore.OpenMode mode) {
    this.store = store;
    this.node = node;
    this.mode = mode;
    node.retain();
  }

  @Override
  protected BackingFile inner() {
    BackingFile file = opened;
    return file != null ? file : open();
  }

  private synchronized BackingFile open() {
    BackingFile file = opened;
    if (file == null) {
      if (isClosed || mode == null) {
        throw new IllegalStateException("use of a closed file");
      }
      file = store.openBackingFile(node, mode);
      opened = file;
    }
    return file;
  }

  @Override
  public int readNow(long offset, MemorySegment target) {
    return opened == null ? BlockCache.WOULD_WAIT : super.readNow(offset, target);
  }

  @Override
  public boolean isInMemory() {
    return opened != null && super.isInMemory();
  }

  @Override
  public void adviseUnneeded(long offset, long length) {
    if (opened != null) {
      super.adviseUnneeded(offset, length);
    }
  }

  @Override
  public long seek(long offset, int whence) {
    return store.seek(node, offset, whence, () -> super.seek(offset, whence));
  }

  @Override
  public int write(long offset, MemorySegment source) {
    wasChanged = true;
    return store.changeContent(node, () -> super.write(offset, source));
  }

  @Override
  public void truncate(long size) {
    wasChanged = true;
    store.changeContent(
        node,
        () -> {
          super.truncate(size);
          return 0;
        });
  }

  @Override
  public void allocate(int mode, long offset, long length) {
    wasChanged = true;
    store.changeContent(
        node,
        () -> {
          super.allocate(mode, offset, length);
          return 0;
        });
  }

  @Override
  public long copyRange(long offset, BackingFile target, long targetOffset, long length) {
    RememberingFile changed = (RememberingFile) target;
    changed.wasChanged = true;
    return store.changeContent(
        changed.node, () -> super.copyRange(offset, target, targetOffset, length));
  }

  /** The one look at a file that is not remembered: whoever reads its bytes wants to be sure. */
  @Override
  public FileVersion version() {
    FileVersion seen = super.version();
    store.compare(node, seen);
    return seen;
  }

  @Override
  public void close() {
    synchronized (this) {
      if (isClosed) {
        return;
      }
      isClosed = true;
      if (opened != null) {
        opened.close();
      }
    }
    if (wasChanged) {
      // What a file system settles with the last close: blocks that it had set aside, for example.
      store.forget(node);
    }
    node.release(1);
  }
}
