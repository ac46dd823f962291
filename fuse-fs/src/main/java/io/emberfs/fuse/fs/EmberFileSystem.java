package io.emberfs.fuse.fs;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Clock;
import io.emberfs.core.Errno;
import io.emberfs.core.FsHandler;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.Meters;
import io.emberfs.core.Request;
import io.emberfs.core.Workers;
import io.emberfs.fuse.node.NodeTable;

/**
 * The file system: names come from the backing store, bytes from the block cache.
 *
 * <p>Threads: a READ is tried on the receiving thread and deferred if it would wait; FORGET is done
 * there. Everything else may ask the backing, attributes too, and goes to a worker: a hit waits
 * behind a slow backing only when every request buffer is taken. The order of calls is the
 * kernel's: none that depends on another is sent before that one's answer.
 */
public final class EmberFileSystem implements FsHandler {
  private final BackingStore store;
  private final NodeTable table;
  private final FsOptions options;
  private final Clock clock;
  private final Tasks tasks;
  private final FileOperations files;
  private final NameOperations names;
  private final DirectoryOperations directories;
  private final AttributeOperations attributes;

  /**
   * @param store stays the caller's
   * @param cache stays the caller's
   * @param table the nodes that the kernel knows, of {@code store}; empty but for the root
   * @param notifier of the same table, towards the transport that serves this
   * @param watches of the same table
   */
  public EmberFileSystem(
      BackingStore store,
      BlockCache cache,
      NodeTable table,
      KernelNotifier notifier,
      DirectoryWatches watches,
      Workers workers,
      FsOptions options,
      Clock clock,
      Meters meters) {
    Nodes nodes = new Nodes(store, cache, table, notifier, options);
    this.store = store;
    this.table = table;
    this.options = options;
    this.clock = clock;
    this.tasks =
        new Tasks(
            new UserShares(workers, options.workersPerUserMax()),
            meters.counter("fuse.handlerErrors"));
    this.files = new FileOperations(store, cache, nodes, options, clock, meters);
    this.names = new NameOperations(store, nodes, watches, options);
    this.directories = new DirectoryOperations(store, nodes, watches);
    this.attributes = new AttributeOperations(store, cache, nodes, options);
  }

  @Override
  public void init(FuseTransport.Capabilities capabilities) {
    files.init(capabilities);
  }

  /** Closes what the kernel left open and forgets all nodes. */
  @Override
  public void destroy() {
    files.closeAll();
    directories.closeAll();
    table.forgetAll();
  }

  @Override
  public void read(Request request, long nodeId, long handle, long offset, int length) {
    files.read(request, tasks, handle, offset, length);
  }

  @Override
  public void write(
      Request request,
      long nodeId,
      long handle,
      long offset,
      boolean killSetId,
      boolean fromPages) {
    files.write(request, tasks, handle, offset, killSetId, fromPages);
  }

  @Override
  public void getAttributes(Request request, long nodeId, long handle) {
    tasks.later(request, () -> attributes.get(request, nodeId));
  }

  @Override
  public void statistics(Request request, long nodeId) {
    tasks.later(request, () -> attributes.statistics(request, nodeId));
  }

  @Override
  public void forget(long nodeId, long references) {
    table.forget(nodeId, references);
  }

  @Override
  public void open(Request request, long nodeId, int flags) {
    tasks.later(request, () -> files.open(request, nodeId, flags));
  }

  @Override
  public void create(Request request, long parentId, byte[] name, int flags, int mode) {
    tasks.later(request, () -> files.create(request, parentId, name, flags, mode));
  }

  @Override
  public void createUnnamed(Request request, long parentId, int flags, int mode) {
    tasks.later(request, () -> files.createUnnamed(request, parentId, flags, mode));
  }

  @Override
  public void flush(Request request, long nodeId, long handle) {
    tasks.later(request, () -> files.flush(request, handle));
  }

  @Override
  public void release(Request request, long nodeId, long handle) {
    tasks.later(request, () -> files.release(request, handle));
  }

  @Override
  public void sync(Request request, long nodeId, long handle, boolean dataOnly) {
    long begin = clock.nanoTime();
    tasks.later(request, () -> files.sync(request, handle, dataOnly, begin));
  }

  @Override
  public void allocate(
      Request request, long nodeId, long handle, int mode, long offset, long length) {
    tasks.later(request, () -> files.allocate(request, handle, mode, offset, length));
  }

  @Override
  public void seek(Request request, long nodeId, long handle, long offset, int whence) {
    tasks.later(request, () -> files.seek(request, handle, offset, whence));
  }

  @Override
  public void copyRange(
      Request request,
      long nodeId,
      long handle,
      long offset,
      long targetNodeId,
      long targetHandle,
      long targetOffset,
      long length) {
    tasks.later(
        request,
        () -> files.copyRange(request, handle, offset, targetHandle, targetOffset, length));
  }

  @Override
  public void lookup(Request request, long parentId, byte[] name) {
    tasks.later(request, () -> names.lookup(request, parentId, name));
  }

  @Override
  public void readLink(Request request, long nodeId) {
    tasks.later(request, () -> names.readLink(request, nodeId));
  }

  @Override
  public void makeNode(Request request, long parentId, byte[] name, int mode, int rdev) {
    tasks.later(request, () -> names.makeNode(request, parentId, name, mode, rdev));
  }

  @Override
  public void makeDirectory(Request request, long parentId, byte[] name, int mode) {
    tasks.later(request, () -> names.makeDirectory(request, parentId, name, mode));
  }

  @Override
  public void symbolicLink(Request request, long parentId, byte[] name, byte[] target) {
    tasks.later(request, () -> names.symbolicLink(request, parentId, name, target));
  }

  @Override
  public void link(Request request, long nodeId, long newParentId, byte[] newName) {
    tasks.later(request, () -> names.link(request, nodeId, newParentId, newName));
  }

  @Override
  public void unlink(Request request, long parentId, byte[] name) {
    tasks.later(request, () -> names.unlink(request, parentId, name));
  }

  @Override
  public void removeDirectory(Request request, long parentId, byte[] name) {
    tasks.later(request, () -> names.removeDirectory(request, parentId, name));
  }

  @Override
  public void rename(
      Request request, long parentId, byte[] name, long newParentId, byte[] newName, int flags) {
    tasks.later(request, () -> names.rename(request, parentId, name, newParentId, newName, flags));
  }

  @Override
  public void openDirectory(Request request, long nodeId, int flags) {
    tasks.later(request, () -> directories.open(request, nodeId));
  }

  @Override
  public void readDirectory(Request request, long nodeId, long handle, long cookie, boolean plus) {
    tasks.later(request, () -> directories.read(request, handle, cookie, plus));
  }

  @Override
  public void syncDirectory(Request request, long nodeId, long handle, boolean dataOnly) {
    tasks.later(request, () -> directories.sync(request, handle, dataOnly));
  }

  @Override
  public void releaseDirectory(Request request, long nodeId, long handle) {
    tasks.later(request, () -> directories.release(request, handle));
  }

  @Override
  public void setAttributes(
      Request request, long nodeId, AttributeChange change, long newSize, boolean killSetId) {
    tasks.later(request, () -> attributes.set(request, nodeId, change, newSize, killSetId));
  }

  @Override
  public void getExtendedAttribute(Request request, long nodeId, byte[] name, int sizeMax) {
    extended(request, () -> attributes.getExtended(request, nodeId, name, sizeMax));
  }

  @Override
  public void setExtendedAttribute(
      Request request, long nodeId, byte[] name, int flags, boolean killSetGid) {
    extended(request, () -> attributes.setExtended(request, nodeId, name, flags, killSetGid));
  }

  @Override
  public void listExtendedAttributes(Request request, long nodeId, int sizeMax) {
    extended(request, () -> attributes.listExtended(request, nodeId, sizeMax));
  }

  @Override
  public void removeExtendedAttribute(Request request, long nodeId, byte[] name) {
    extended(request, () -> attributes.removeExtended(request, nodeId, name));
  }

  @Override
  public void syncAll(Request request, long nodeId) {
    tasks.later(
        request,
        () -> {
          store.syncAll();
          request.reply(0);
        });
  }

  private void extended(Request request, Runnable body) {
    if (options.extendedAttributes()) {
      tasks.later(request, body);
    } else {
      request.error(Errno.ENOSYS);
    }
  }
}
