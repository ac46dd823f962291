package io.emberfs.engine.backing;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.Attributes;
import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BackingWatch;
import io.emberfs.core.Caller;
import io.emberfs.core.FileSystemStatistics;
import io.emberfs.core.FileVersion;
import io.emberfs.core.NodeIdentity;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A backing around another one that sees each request pass. The inner store, and what it opens,
 * belong to it.
 */
public abstract class InterceptingBackingStore implements BackingStore {
  private final BackingStore inner;

  /**
   * @param inner what the requests are made to
   */
  protected InterceptingBackingStore(BackingStore inner) {
    this.inner = inner;
  }

  /** Makes one request to the inner store; calls {@code call} exactly once. */
  protected abstract <T> T request(Supplier<T> call);

  /** Puts the same eyes on a file. */
  protected abstract BackingFile wrapped(BackingFile file);

  private void run(Runnable call) {
    Boolean _ =
        request(() -> {
          call.run();
          return true;
        });
  }

  @Override
  public BackingNode root() {
    return inner.root();
  }

  @Override
  public BackingNode lookup(BackingNode parent, byte[] name) {
    return request(() -> inner.lookup(parent, name));
  }

  @Override
  public Attributes attributes(BackingNode node) {
    return request(() -> inner.attributes(node));
  }

  @Override
  public void change(BackingNode node, AttributeChange change) {
    run(() -> inner.change(node, change));
  }

  @Override
  public Created create(BackingNode parent, byte[] name, int flags, int mode, Caller caller) {
    Created created = request(() -> inner.create(parent, name, flags, mode, caller));
    return new Created(created.node(), wrapped(created.file()), created.existed());
  }

  @Override
  public Created createUnnamed(BackingNode parent, int flags, int mode, Caller caller) {
    Created created = request(() -> inner.createUnnamed(parent, flags, mode, caller));
    return new Created(created.node(), wrapped(created.file()), created.existed());
  }

  @Override
  public BackingNode makeDirectory(BackingNode parent, byte[] name, int mode, Caller caller) {
    return request(() -> inner.makeDirectory(parent, name, mode, caller));
  }

  @Override
  public BackingNode makeNode(BackingNode parent, byte[] name, int mode, int rdev, Caller caller) {
    return request(() -> inner.makeNode(parent, name, mode, rdev, caller));
  }

  @Override
  public BackingNode makeSymbolicLink(
      BackingNode parent, byte[] name, byte[] target, Caller caller) {
    return request(() -> inner.makeSymbolicLink(parent, name, target, caller));
  }

  @Override
  public BackingNode link(BackingNode node, BackingNode newParent, byte[] newName) {
    return request(() -> inner.link(node, newParent, newName));
  }

  @Override
  public byte[] readLink(BackingNode node) {
    return request(() -> inner.readLink(node));
  }

  @Override
  public void unlink(BackingNode parent, byte[] name) {
    run(() -> inner.unlink(parent, name));
  }

  @Override
  public void removeDirectory(BackingNode parent, byte[] name) {
    run(() -> inner.removeDirectory(parent, name));
  }

  @Override
  public void rename(
      BackingNode parent, byte[] name, BackingNode newParent, byte[] newName, int flags) {
    run(() -> inner.rename(parent, name, newParent, newName, flags));
  }

  @Override
  public BackingDirectory openDirectory(BackingNode node) {
    BackingDirectory directory = request(() -> inner.openDirectory(node));
    return new InterceptingDirectory(directory);
  }

  @Override
  public FileSystemStatistics statistics(BackingNode node) {
    return request(() -> inner.statistics(node));
  }

  @Override
  public byte[] extendedAttribute(BackingNode node, byte[] name) {
    return request(() -> inner.extendedAttribute(node, name));
  }

  @Override
  public void setExtendedAttribute(BackingNode node, byte[] name, byte[] value, int flags) {
    run(() -> inner.setExtendedAttribute(node, name, value, flags));
  }

  @Override
  public byte[] extendedAttributeNames(BackingNode node) {
    return request(() -> inner.extendedAttributeNames(node));
  }

  @Override
  public void removeExtendedAttribute(BackingNode node, byte[] name) {
    run(() -> inner.removeExtendedAttribute(node, name));
  }

  @Override
  public BackingFile open(BackingNode node, OpenMode mode) {
    return wrapped(request(() -> inner.open(node, mode)));
  }

  @Override
  public FileVersion version(BackingNode node) {
    return request(() -> inner.version(node));
  }

  @Override
  public byte[] path(BackingNode node) {
    return inner.path(node);
  }

  @Override
  public @Nullable BackingNode recall(
      BackingNode parent, byte[] name, NodeIdentity identity, int type) {
    return inner.recall(parent, name, identity, type);
  }

  @Override
  public @Nullable BackingWatch watch() {
    return inner.watch();
  }

  @Override
  public long incarnation() {
    return inner.incarnation();
  }

  @Override
  public void syncAll() {
    run(inner::syncAll);
  }

  @Override
  public void close() {
    inner.close();
  }

  private final class InterceptingDirectory implements BackingDirectory {
    private final BackingDirectory directory;

    InterceptingDirectory(BackingDirectory directory) {
      this.directory = directory;
    }

    @Override
    public void read(long cookie, EntrySink sink) {
      run(() -> directory.read(cookie, sink));
    }

    @Override
    public void sync(boolean dataOnly) {
      run(() -> directory.sync(dataOnly));
    }

    @Override
    public void close() {
      directory.close();
    }
  }
}
