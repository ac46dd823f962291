package io.emberfs.fuse.fs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.Request;
import io.emberfs.fuse.node.KnownNode;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Operations on names. Methods run where the file system put them and throw what becomes the errno.
 */
final class NameOperations {
  private static final int RENAME_NOREPLACE = 1;
  private static final int RENAME_EXCHANGE = 2;

  private final BackingStore store;
  private final Nodes nodes;
  private final DirectoryWatches watches;
  private final FsOptions options;

  NameOperations(BackingStore store, Nodes nodes, DirectoryWatches watches, FsOptions options) {
    this.store = store;
    this.nodes = nodes;
    this.watches = watches;
    this.options = options;
  }

  static Caller caller(Request request) {
    return new Caller(request.uid(), request.gid(), request.pid(), request.umask());
  }

  void lookup(Request request, long parentId, byte[] name) {
    KnownNode parent = nodes.require(parentId);
    // Before the look, so that no change falls between the two.
    watches.use(parent);
    BackingNode found = nodes.lookupOrNull(parent.backing(), name);
    if (found != null) {
      request.replyEntry(nodes.learn(found));
    } else if (options.entryTtlNanos() > 0) {
      request.replyNoEntry(options.entryTtlNanos());
    } else {
      request.error(Errno.ENOENT);
    }
  }

  void readLink(Request request, long nodeId) {
    byte[] target = store.readLink(nodes.require(nodeId).backing());
    MemorySegment.copy(target, 0, request.out(), JAVA_BYTE, 0, target.length);
    request.reply(target.length);
  }

  void makeNode(Request request, long parentId, byte[] name, int mode, int rdev) {
    BackingNode parent = nodes.requireWritable(parentId).backing();
    request.replyEntry(nodes.learn(store.makeNode(parent, name, mode, rdev, caller(request))));
  }

  void makeDirectory(Request request, long parentId, byte[] name, int mode) {
    BackingNode parent = nodes.requireWritable(parentId).backing();
    request.replyEntry(nodes.learn(store.makeDirectory(parent, name, mode, caller(request))));
  }

  void symbolicLink(Request request, long parentId, byte[] name, byte[] target) {
    BackingNode parent = nodes.requireWritable(parentId).backing();
    request.replyEntry(nodes.learn(store.makeSymbolicLink(parent, name, target, caller(request))));
  }

  void link(Request request, long nodeId, long newParentId, byte[] newName) {
    BackingNode node = nodes.requireWritable(nodeId).backing();
    BackingNode newParent = nodes.require(newParentId).backing();
    AtomicReference<@Nullable BackingNode> linked = new AtomicReference<>();
    nodes.changeInode(node, () -> linked.set(store.link(node, newParent, newName)));
    BackingNode result = linked.get();
    if (result == null) {
      throw new IllegalStateException("the link was not made");
    }
    Request.Entry entry = nodes.learn(result);
    nodes.require(entry.nodeId()).gotName();
    request.replyEntry(entry);
  }

  void unlink(Request request, long parentId, byte[] name) {
    BackingNode parent = nodes.requireWritable(parentId).backing();
    BackingNode removed = store.lookup(parent, name);
    try {
      nodes.changeInode(removed, () -> store.unlink(parent, name));
      nodes.nameRemoved(removed);
    } finally {
      removed.release(1);
    }
    request.reply(0);
  }

  void removeDirectory(Request request, long parentId, byte[] name) {
    store.removeDirectory(nodes.requireWritable(parentId).backing(), name);
    request.reply(0);
  }

  void rename(
      Request request, long parentId, byte[] name, long newParentId, byte[] newName, int flags) {
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0) {
      throw new BackingException(Errno.EINVAL, "rename", "with flags " + flags);
    }
    BackingNode parent = nodes.requireWritable(parentId).backing();
    BackingNode newParent = nodes.require(newParentId).backing();
    BackingNode moved = store.lookup(parent, name);
    try {
      BackingNode replaced = nodes.lookupOrNull(newParent, newName);
      try {
        nodes.changeInodes(
            moved, replaced, () -> store.rename(parent, name, newParent, newName, flags));
        if (replaced != null && replaced != moved && (flags & RENAME_EXCHANGE) == 0) {
          nodes.nameRemoved(replaced);
        }
      } finally {
        if (replaced != null) {
          replaced.release(1);
        }
      }
    } finally {
      moved.release(1);
    }
    request.reply(0);
  }
}
