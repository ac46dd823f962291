package io.emberfs.testkit;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.Attributes;
import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Caller;
import io.emberfs.core.Clock;
import io.emberfs.core.Errno;
import io.emberfs.core.FileSystemStatistics;
import io.emberfs.core.FileVersion;
import io.emberfs.core.NodeIdentity;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A backing in memory: a tree of files as byte arrays, with the rules of a POSIX file system as far
 * as the seam shows them.
 *
 * <p>Each change moves the inode's ctime: to the clock's wall time, or, if that stood still, one
 * nanosecond on, so two contents never share a version. {@link #changeBehind} alters a file as a
 * foreign program would. {@link #powerCut} is a power cut.
 *
 * <p>It is strict where the real one cannot be: the use of a node without a reference, of a closed
 * file, and the release of too many references are {@link IllegalStateException}s. {@link
 * #referencesHeld} and {@link #openFiles} let a test look for leaks.
 *
 * <p>Any thread; one monitor for everything.
 */
public final class FakeBackingStore implements BackingStore {
  static final int S_IFMT = 0170000;
  static final int S_IFREG = 0100000;
  static final int S_IFDIR = 0040000;
  static final int S_IFLNK = 0120000;
  static final int BLOCK_SIZE = 4096;

  static final int NAME_BYTES_MAX = 255;
  private static final int FILE_BYTES_MAX = 1 << 30;
  private static final int PERMISSIONS = 07777;
  private static final int O_ACCMODE = 3;
  private static final int O_EXCL = 0200;
  private static final int O_TRUNC = 01000;
  private static final int O_DSYNC = 010000;
  private static final int RENAME_NOREPLACE = 1;
  private static final int RENAME_EXCHANGE = 2;
  private static final int XATTR_CREATE = 1;
  private static final int XATTR_REPLACE = 2;

  private final FakeTree tree;
  private long openFileCount;

  /** An empty store on the machine's clock. */
  public FakeBackingStore() {
    this(Clock.SYSTEM);
  }

  /** An empty store whose file times come from {@code clock}'s wall time. */
  public FakeBackingStore(Clock clock) {
    tree = new FakeTree(this, clock);
  }

  // What a test does to the store without the store's users noticing.

  /**
   * Replaces a file's content as a foreign program would, with new times; makes the file and its
   * directories if they are not there.
   *
   * @param path names with slashes between, relative to the root
   */
  public synchronized void changeBehind(String path, byte[] content) {
    FakeInode inode = tree.makeBehind(path);
    inode.content = content.clone();
    tree.contentChanged(inode);
  }

  /** As {@link #changeBehind} for a part of a file. */
  public synchronized void changeBehind(String path, int offset, byte[] part) {
    FakeInode inode = tree.makeBehind(path);
    inode.resize(Math.max(inode.content.length, offset + part.length));
    System.arraycopy(part, 0, inode.content, offset, part.length);
    tree.contentChanged(inode);
  }

  /**
   * Changes content and nothing else: the foreign write whose ctime is that of the write before it.
   */
  public synchronized void changeBehindKeepingVersion(String path, int offset, byte[] part) {
    FakeInode inode = tree.makeBehind(path);
    if (offset + part.length > inode.content.length) {
      throw new IllegalArgumentException("a longer file has another version");
    }
    System.arraycopy(part, 0, inode.content, offset, part.length);
  }

  /** Sets a file's ctime, so that a test decides how young the file is. */
  public synchronized void setStatusChangeTime(String path, long ctimeNanos) {
    tree.makeBehind(path).ctimeNanos = ctimeNanos;
  }

  /** Removes a name as a foreign program would. */
  public synchronized void removeBehind(String path) {
    int slash = path.lastIndexOf('/');
    FakeInode directory = slash < 0 ? tree.root() : tree.find(path.substring(0, slash));
    String name = path.substring(slash + 1);
    tree.remove(directory, name, FakeTree.entry(directory, name));
  }

  /** The content that a foreign program would read. */
  public synchronized byte[] contentOf(String path) {
    return tree.find(path).content.clone();
  }

  /** A power cut: each file falls back to its last sync, times included. */
  public synchronized void powerCut() {
    tree.powerCut(false);
  }

  /**
   * A power cut that took bytes and left every time, as a file system may that logs inodes only.
   */
  public synchronized void powerCutKeepingTimes() {
    tree.powerCut(true);
  }

  /**
   * One file falls back to its last sync, times included.
   *
   * @return false, and nothing happens, if it was never synced
   */
  public synchronized boolean rollBack(String path) {
    return tree.find(path).rollBack();
  }

  /** References to nodes that were given out and not given back. */
  public synchronized long referencesHeld() {
    return tree.inodes().stream().mapToLong(inode -> inode.references).sum();
  }

  /** Files opened and not closed. */
  public synchronized long openFiles() {
    return openFileCount;
  }

  // The store.

  @Override
  public BackingNode root() {
    return tree.root();
  }

  @Override
  public synchronized BackingNode lookup(BackingNode parent, byte[] name) {
    return retained(FakeTree.entry(directory(parent), name(name)));
  }

  @Override
  public synchronized BackingNode recall(
      BackingNode parent, byte[] name, NodeIdentity identity, int type) {
    return retained(FakeTree.entryOf(directory(parent), name(name), identity));
  }

  @Override
  public synchronized Attributes attributes(BackingNode node) {
    return inode(node).attributes();
  }

  @Override
  public synchronized void change(BackingNode node, AttributeChange change) {
    FakeInode inode = inode(node);
    if (change.mode() != null) {
      if (inode.type() == S_IFLNK) {
        throw FakeTree.failure(Errno.EOPNOTSUPP, "chmod", inode);
      }
      inode.mode = inode.type() | (change.mode() & PERMISSIONS);
    }
    inode.uid = change.uid() == null ? inode.uid : change.uid();
    inode.gid = change.gid() == null ? inode.gid : change.gid();
    tree.touch(inode);
    inode.atimeNanos = timeOf(change.atimeNanos(), inode.atimeNanos);
    inode.mtimeNanos = timeOf(change.mtimeNanos(), inode.mtimeNanos);
  }

  @Override
  public synchronized Created create(
      BackingNode parent, byte[] name, int flags, int mode, Caller caller) {
    FakeInode directory = directory(parent);
    String text = name(name);
    FakeInode.Entry existing = directory.entries.get(text);
    OpenMode openMode =
        (flags & O_ACCMODE) == 0
            ? OpenMode.READ
            : (flags & O_DSYNC) != 0 ? OpenMode.READ_WRITE_SYNC : OpenMode.READ_WRITE;
    if (existing == null) {
      FakeInode made = tree.make(directory, text, S_IFREG | (mode & PERMISSIONS), 0, caller);
      return new Created(retained(made), openFile(made, openMode), false);
    }
    if ((flags & O_EXCL) != 0) {
      throw FakeTree.failure(Errno.EEXIST, "openat", existing.inode());
    }
    BackingFile file = openFile(existing.inode(), openMode);
    if ((flags & O_TRUNC) != 0) {
      existing.inode().resize(0);
      tree.contentChanged(existing.inode());
    }
    return new Created(retained(existing.inode()), file, true);
  }

  @Override
  public synchronized Created createUnnamed(
      BackingNode parent, int flags, int mode, Caller caller) {
    directory(parent);
    FakeInode made =
        tree.makeUnnamed(S_IFREG | (mode & PERMISSIONS), (flags & O_EXCL) == 0, caller);
    return new Created(retained(made), openFile(made, OpenMode.READ_WRITE), false);
  }

  @Override
  public synchronized BackingNode makeDirectory(
      BackingNode parent, byte[] name, int mode, Caller caller) {
    FakeInode directory = directory(parent);
    return retained(tree.make(directory, name(name), S_IFDIR | (mode & PERMISSIONS), 0, caller));
  }

  @Override
  public synchronized BackingNode makeNode(
      BackingNode parent, byte[] name, int mode, int rdev, Caller caller) {
    if ((mode & S_IFMT) == S_IFDIR || (mode & S_IFMT) == S_IFLNK) {
      throw new BackingException(Errno.EINVAL, "mknodat", text(name));
    }
    int fullMode = (mode & S_IFMT) == 0 ? S_IFREG | mode : mode;
    return retained(tree.make(directory(parent), name(name), fullMode, rdev, caller));
  }

  @Override
  public synchronized BackingNode makeSymbolicLink(
      BackingNode parent, byte[] name, byte[] target, Caller caller) {
    FakeInode link =
        tree.make(
            directory(parent),
            name(name),
            S_IFLNK | 0777,
            0,
            new Caller(caller.uid(), caller.gid(), 0, 0));
    link.content = target.clone();
    return retained(link);
  }

  @Override
  public synchronized BackingNode link(BackingNode node, BackingNode newParent, byte[] newName) {
    FakeInode inode = inode(node);
    FakeInode directory = directory(newParent);
    String name = name(newName);
    if (inode.isDirectory()) {
      throw FakeTree.failure(Errno.EPERM, "linkat", inode);
    }
    FakeTree.checkFree(directory, name, "linkat");
    if (inode.linkCount == 0 && !inode.linkableWithoutName) {
      throw FakeTree.failure(Errno.ENOENT, "linkat", inode);
    }
    inode.linkCount++;
    directory.put(name, inode, tree.newCookie());
    tree.touch(inode);
    tree.contentChanged(directory);
    return retained(inode);
  }

  @Override
  public synchronized byte[] readLink(BackingNode node) {
    FakeInode inode = inode(node);
    if (inode.type() != S_IFLNK) {
      throw FakeTree.failure(Errno.EINVAL, "readlinkat", inode);
    }
    return inode.content.clone();
  }

  @Override
  public synchronized void unlink(BackingNode parent, byte[] name) {
    FakeInode directory = directory(parent);
    String text = name(name);
    FakeInode inode = FakeTree.entry(directory, text);
    if (inode.isDirectory()) {
      throw FakeTree.failure(Errno.EISDIR, "unlinkat", inode);
    }
    tree.remove(directory, text, inode);
  }

  @Override
  public synchronized void removeDirectory(BackingNode parent, byte[] name) {
    FakeInode directory = directory(parent);
    String text = name(name);
    FakeInode inode = FakeTree.entry(directory, text);
    FakeTree.checkEmptyDirectory(inode);
    tree.remove(directory, text, inode);
  }

  @Override
  public synchronized void rename(
      BackingNode parent, byte[] name, BackingNode newParent, byte[] newName, int flags) {
    FakeInode from = directory(parent);
    FakeInode to = directory(newParent);
    String oldText = name(name);
    String newText = name(newName);
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0
        || flags == (RENAME_NOREPLACE | RENAME_EXCHANGE)) {
      throw new BackingException(Errno.EINVAL, "renameat2", oldText);
    }
    FakeInode moved = FakeTree.entry(from, oldText);
    FakeInode.Entry there = to.entries.get(newText);
    FakeInode replaced = there == null ? null : there.inode();
    FakeTree.checkNotInside(moved, to);
    if (flags == RENAME_EXCHANGE) {
      FakeInode other = FakeTree.entry(to, newText);
      FakeTree.checkNotInside(other, from);
      tree.replace(from, oldText, moved, other);
      tree.replace(to, newText, other, moved);
    } else {
      if (replaced != null && flags == RENAME_NOREPLACE) {
        throw FakeTree.failure(Errno.EEXIST, "renameat2", replaced);
      }
      if (replaced == moved) {
        return;
      }
      if (replaced != null) {
        FakeTree.checkReplaceable(moved, replaced);
        tree.remove(to, newText, replaced);
      }
      from.take(oldText);
      to.put(newText, moved, tree.newCookie());
      if (moved.isDirectory()) {
        from.linkCount--;
        to.linkCount++;
      }
    }
    tree.touch(moved);
    tree.contentChanged(from);
    tree.contentChanged(to);
  }

  @Override
  public synchronized BackingDirectory openDirectory(BackingNode node) {
    return new FakeBackingDirectory(this, directory(node));
  }

  @Override
  public synchronized FileSystemStatistics statistics(BackingNode node) {
    FakeInode _ = inode(node);
    long blockCount = 1 << 20;
    return new FileSystemStatistics(
        blockCount,
        blockCount / 2,
        blockCount / 2,
        blockCount,
        blockCount - tree.inodes().size(),
        BLOCK_SIZE,
        NAME_BYTES_MAX,
        BLOCK_SIZE);
  }

  @Override
  public synchronized byte[] extendedAttribute(BackingNode node, byte[] name) {
    FakeInode inode = inode(node);
    byte[] value = inode.extendedAttributes.get(text(name));
    if (value == null) {
      throw FakeTree.failure(Errno.ENODATA, "getxattr", inode);
    }
    return value.clone();
  }

  @Override
  public synchronized void setExtendedAttribute(
      BackingNode node, byte[] name, byte[] value, int flags) {
    FakeInode inode = inode(node);
    boolean there = inode.extendedAttributes.containsKey(text(name));
    if (there && flags == XATTR_CREATE) {
      throw FakeTree.failure(Errno.EEXIST, "setxattr", inode);
    }
    if (!there && flags == XATTR_REPLACE) {
      throw FakeTree.failure(Errno.ENODATA, "setxattr", inode);
    }
    inode.extendedAttributes.put(text(name), value.clone());
    tree.touch(inode);
  }

  @Override
  public synchronized byte[] extendedAttributeNames(BackingNode node) {
    ByteArrayOutputStream names = new ByteArrayOutputStream();
    for (String name : inode(node).extendedAttributes.keySet()) {
      names.writeBytes(name.getBytes(StandardCharsets.ISO_8859_1));
      names.write(0);
    }
    return names.toByteArray();
  }

  @Override
  public synchronized void removeExtendedAttribute(BackingNode node, byte[] name) {
    FakeInode inode = inode(node);
    if (inode.extendedAttributes.remove(text(name)) == null) {
      throw FakeTree.failure(Errno.ENODATA, "removexattr", inode);
    }
    tree.touch(inode);
  }

  @Override
  public synchronized BackingFile open(BackingNode node, OpenMode mode) {
    return openFile(inode(node), mode);
  }

  @Override
  public synchronized FileVersion version(BackingNode node) {
    return inode(node).version();
  }

  @Override
  public synchronized byte[] path(BackingNode node) {
    return tree.path(inode(node)).getBytes(StandardCharsets.ISO_8859_1);
  }

  @Override
  public synchronized long incarnation() {
    return tree.incarnation();
  }

  @Override
  public synchronized void syncAll() {
    for (FakeInode inode : tree.inodes()) {
      inode.makeDurable();
    }
  }

  @Override
  public void close() {}

  // Steps; the monitor is held.

  FakeTree tree() {
    return tree;
  }

  void checkFileSize(long size) {
    if (size < 0) {
      throw new BackingException(Errno.EINVAL, "write", "size " + size);
    }
    if (size > FILE_BYTES_MAX) {
      throw new BackingException(Errno.EFBIG, "write", "size " + size);
    }
  }

  void fileClosed() {
    openFileCount--;
  }

  private long timeOf(@Nullable Long asked, long present) {
    return asked == null ? present : asked == AttributeChange.NOW ? tree.lastChangeNanos() : asked;
  }

  private BackingFile openFile(FakeInode inode, OpenMode mode) {
    if (!inode.isRegularFile()) {
      int errno =
          inode.isDirectory() ? Errno.EISDIR : inode.type() == S_IFLNK ? Errno.ELOOP : Errno.ENXIO;
      throw FakeTree.failure(errno, "open", inode);
    }
    openFileCount++;
    return new FakeBackingFile(this, inode, mode);
  }

  private FakeInode inode(BackingNode node) {
    FakeInode inode = (FakeInode) node;
    if (inode != tree.root() && inode.references <= 0) {
      throw new IllegalStateException("use of " + inode + " without a reference");
    }
    return inode;
  }

  private FakeInode directory(BackingNode node) {
    FakeInode inode = inode(node);
    if (!inode.isDirectory()) {
      throw FakeTree.failure(Errno.ENOTDIR, "openat", inode);
    }
    return inode;
  }

  private static FakeInode retained(FakeInode inode) {
    inode.references++;
    return inode;
  }

  private static String name(byte[] name) {
    return FakeTree.checkedName(text(name));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
