package io.emberfs.engine.namespace;

import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.FileVersion;
import io.emberfs.engine.backing.InterceptingBackingFile;
import java.lang.foreign.MemorySegment;

/** A file whose changes are announced to what is remembered of its node. */
final class RememberingFile extends InterceptingBackingFile {
  private final RememberingBackingStore store;
  private final BackingNode node;
  private volatile boolean wasChanged;

  /**
   * @param file belongs to this
   * @param node of which only the identity is used: the file may outlive its references
   */
  RememberingFile(RememberingBackingStore store, BackingFile file, BackingNode node) {
    super(file);
    this.store = store;
    this.node = node;
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
    super.close();
    if (wasChanged) {
      // What a file system settles with the last close: blocks that it had set aside, for example.
      store.forget(node);
    }
  }
}
