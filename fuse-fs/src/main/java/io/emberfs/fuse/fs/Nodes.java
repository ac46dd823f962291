package io.emberfs.fuse.fs;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.Attributes;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.NodeIdentity;
import io.emberfs.core.Request;
import io.emberfs.ffi.Credentials;
import io.emberfs.fuse.node.KnownNode;
import io.emberfs.fuse.node.NodeTable;
import org.jspecify.annotations.Nullable;

/**
 * What all operations need of nodes: finding them, their attributes, telling the kernel of them,
 * changing their inode.
 */
final class Nodes {
  private static final int S_IFMT = 0170000;
  private static final int S_IFREG = 0100000;
  private static final int S_IFDIR = 0040000;
  private static final int S_ISUID = 04000;
  private static final int S_ISGID = 02000;
  private static final int S_IXGRP = 00010;
  private static final int PERMISSION_BITS = 07777;

  /** How long a close may be on its way, on a machine that has much else to do. */
  private static final long CLOSE_WAIT_MILLIS = 500;

  private final BackingStore store;
  private final BlockCache cache;
  private final NodeTable table;
  private final KernelNotifier notifier;
  private final FsOptions options;

  Nodes(
      BackingStore store,
      BlockCache cache,
      NodeTable table,
      KernelNotifier notifier,
      FsOptions options) {
    this.store = store;
    this.cache = cache;
    this.table = table;
    this.notifier = notifier;
    this.options = options;
  }

  static boolean isRegular(BackingNode node) {
    return (node.type() & S_IFMT) == S_IFREG;
  }

  static boolean isDirectory(BackingNode node) {
    return (node.type() & S_IFMT) == S_IFDIR;
  }

  /** The node of a number that the kernel gave. */
  KnownNode require(long nodeId) {
    KnownNode known = table.get(nodeId);
    if (known == null) {
      throw new BackingException(Errno.ESTALE, "find", "node " + nodeId);
    }
    return known;
  }

  /** As {@link #require}, when something is about to be changed. */
  KnownNode requireWritable(long nodeId) {
    if (options.readOnly()) {
      throw new BackingException(Errno.EROFS, "change", "node " + nodeId);
    }
    return require(nodeId);
  }

  /**
   * Before something that the kernel found by a name is changed: what has lost its last name behind
   * the mount is no longer what that name means. ESTALE makes the kernel look it up anew; without,
   * bytes would be written, and synced, to a file that nobody can open again. Who has the file open
   * may mean it without a name.
   */
  void requireNamed(KnownNode known) {
    if (!isDirectory(known.backing())
        && known.countsNames()
        && store.attributes(known.backing()).linkCount() == 0
        && !known.staysOpen(CLOSE_WAIT_MILLIS)) {
      throw new BackingException(Errno.ESTALE, "change", "node " + known.nodeId());
    }
  }

  /** Attributes with the size that readers see: of regular files the cache knows it. */
  Attributes attributes(BackingNode node) {
    return isRegular(node) ? cache.attributes(node) : store.attributes(node);
  }

  Attributes attributes(KnownNode known) {
    Attributes attributes = attributes(known.backing());
    known.seeMode(attributes.mode());
    known.seeLinkCount(attributes.linkCount());
    return attributes;
  }

  /**
   * Makes the entry that tells the kernel of a node, which then holds one more reference to it.
   *
   * @param backing with one reference of the caller's, taken over also when this throws
   */
  Request.Entry learn(BackingNode backing) {
    Attributes attributes;
    try {
      attributes = attributes(backing);
    } catch (Throwable failed) {
      backing.release(1);
      throw failed;
    }
    KnownNode known = table.learn(backing);
    if (known == null) {
      backing.release(1);
      throw new BackingException(Errno.ENOMEM, "learn", "one more node");
    }
    known.seeMode(attributes.mode());
    known.seeLinkCount(attributes.linkCount());
    return new Request.Entry(
        known.nodeId(),
        known.nodeGeneration(),
        attributes,
        options.entryTtlNanos(),
        options.attrTtlNanos());
  }

  /** Takes a reference back that the kernel did not get after all. */
  void unlearn(Request.Entry entry) {
    table.forget(entry.nodeId(), 1);
  }

  /** The node of a name, with a reference; null if there is none of that name. */
  @Nullable BackingNode lookupOrNull(BackingNode parent, byte[] name) {
    try {
      return store.lookup(parent, name);
    } catch (BackingException missing) {
      if (missing.errno() == Errno.ENOENT) {
        return null;
      }
      throw missing;
    }
  }

  /** Runs a change of the inodes of up to two nodes so that their cached blocks stay alive. */
  void changeInodes(@Nullable BackingNode one, @Nullable BackingNode other, Runnable change) {
    BackingNode first = regularOrNull(one);
    BackingNode second = one == other ? null : regularOrNull(other);
    if (first == null) {
      changeInode(second, change);
    } else if (second == null) {
      changeInode(first, change);
    } else {
      // One order for all: two renames of the same two files must not wait for each other.
      boolean inOrder = NodeIdentity.ORDER.compare(first.identity(), second.identity()) <= 0;
      BackingNode outer = inOrder ? first : second;
      BackingNode inner = inOrder ? second : first;
      cache.changeInode(outer, () -> cache.changeInode(inner, change));
    }
  }

  /** As {@link #changeInodes} for one node. */
  void changeInode(@Nullable BackingNode node, Runnable change) {
    BackingNode regular = regularOrNull(node);
    if (regular == null) {
      change.run();
    } else {
      cache.changeInode(regular, change);
    }
  }

  /**
   * A name of this node was removed; with the last name and the last handle its cached blocks go.
   */
  void nameRemoved(BackingNode node) {
    if (!isRegular(node)) {
      return;
    }
    try {
      if (store.attributes(node).linkCount() != 0) {
        return;
      }
    } catch (BackingException _) {
      // Nothing is known of it any more. Its blocks die of age, which is late but not wrong.
      return;
    }
    KnownNode known = table.known(node);
    if (known == null || known.lostLastName()) {
      cache.forget(node);
    }
  }

  /**
   * Clears set-id bits after a change of the bytes by somebody who may not keep them: setgid with
   * group execute, or if the caller is not in the group.
   */
  void clearSetId(KnownNode known, Caller caller) {
    if (!known.maySetId()) {
      return;
    }
    Attributes attributes = attributes(known.backing());
    int mode = attributes.mode();
    int cleared = mode & ~S_ISUID;
    boolean isSetGid = (mode & S_ISGID) != 0;
    if (isSetGid && ((mode & S_IXGRP) != 0 || !Credentials.isInGroup(caller, attributes.gid()))) {
      cleared &= ~S_ISGID;
    }
    changeMode(known, mode, cleared);
  }

  /** As {@link KernelNotifier#dropPages}. */
  void dropPages(KnownNode known, long offset, long length, Runnable then) {
    notifier.dropPages(known.nodeId(), offset, length, then);
  }

  /** Clears the setgid bit of whatever it is. */
  void clearSetGid(KnownNode known) {
    int mode = attributes(known.backing()).mode();
    changeMode(known, mode, mode & ~S_ISGID);
  }

  private void changeMode(KnownNode known, int mode, int cleared) {
    if (cleared != mode) {
      BackingNode node = known.backing();
      AttributeChange change =
          new AttributeChange(cleared & PERMISSION_BITS, null, null, null, null);
      changeInode(node, () -> store.change(node, change));
      // The kernel would run the file with the bits that it remembers: no answer to a write carries
      // a mode.
      notifier.attributesChanged(known.nodeId());
    }
    known.seeMode(cleared);
  }

  private static @Nullable BackingNode regularOrNull(@Nullable BackingNode node) {
    return node != null && isRegular(node) ? node : null;
  }
}
