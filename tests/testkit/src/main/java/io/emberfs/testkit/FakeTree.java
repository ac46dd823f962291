package io.emberfs.testkit;

import io.emberfs.core.BackingException;
import io.emberfs.core.Caller;
import io.emberfs.core.Clock;
import io.emberfs.core.Errno;
import io.emberfs.core.NodeIdentity;
import java.util.ArrayList;
import java.util.List;

/**
 * The inodes of a {@link FakeBackingStore} and the names between them; guarded by the store's
 * monitor.
 *
 * <p>Each change moves the inode's ctime: to the clock's wall time, or, if that stood still, one
 * nanosecond on.
 */
final class FakeTree {
  private static final int S_ISGID = 02000;
  private static final long FILE_SYSTEM_ID = 0xFA4EL;
  private static final long FIRST_INODE = 2;

  private final FakeBackingStore store;
  private final Clock clock;
  private final List<FakeInode> inodes = new ArrayList<>();
  private final FakeInode root;
  private long incarnation = 1;
  private long lastChangeNanos;

  /** Cookies 1 and 2 belong to "." and "..". */
  private long lastCookie = 2;

  FakeTree(FakeBackingStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
    root = newInode(FakeBackingStore.S_IFDIR | 0755, new Caller(0, 0, 0, 0));
    root.linkCount = 2;
  }

  FakeInode root() {
    return root;
  }

  /** Every inode that ever was. */
  List<FakeInode> inodes() {
    return inodes;
  }

  /** Each file falls back to its last sync; the rest is gone. */
  void powerCut(boolean keepsTimes) {
    incarnation++;
    for (FakeInode inode : inodes) {
      if (inode.isRegularFile()) {
        if (keepsTimes || !inode.rollBack()) {
          inode.content = inode.durableContent.clone();
        }
        inode.makeDurable();
      }
    }
  }

  /** One more with each power cut. */
  long incarnation() {
    return incarnation;
  }

  /** Time of the last change. */
  long lastChangeNanos() {
    return lastChangeNanos;
  }

  /** A cookie that no entry had. */
  long newCookie() {
    return ++lastCookie;
  }

  FakeInode find(String path) {
    FakeInode at = root;
    for (String name : path.split("/", -1)) {
      at = entry(at, name);
    }
    return at;
  }

  /** One path of an inode; empty if it has none. */
  String path(FakeInode inode) {
    for (FakeInode directory : inodes) {
      for (FakeInode.Entry entry : directory.entries.values()) {
        if (entry.inode() == inode) {
          String above = path(directory);
          return above.isEmpty() ? entry.name() : above + "/" + entry.name();
        }
      }
    }
    return "";
  }

  static FakeInode entry(FakeInode directory, String name) {
    FakeInode.Entry entry = directory.entries.get(name);
    if (entry == null) {
      throw new BackingException(Errno.ENOENT, "openat", name);
    }
    return entry.inode();
  }

  FakeInode makeBehind(String path) {
    FakeInode at = root;
    String[] names = path.split("/", -1);
    Caller owner = new Caller(0, 0, 0, 0);
    for (int i = 0; i < names.length; i++) {
      FakeInode.Entry entry = at.entries.get(names[i]);
      int mode =
          i == names.length - 1 ? FakeBackingStore.S_IFREG | 0644 : FakeBackingStore.S_IFDIR | 0755;
      at = entry == null ? make(at, names[i], mode, 0, owner) : entry.inode();
    }
    return at;
  }

  FakeInode make(FakeInode directory, String name, int mode, int rdev, Caller caller) {
    checkFree(directory, name, "create");
    FakeInode inode = newInode(mode, caller);
    inode.rdev = rdev;
    inode.linkCount = inode.isDirectory() ? 2 : 1;
    if ((directory.mode & S_ISGID) != 0) {
      inode.gid = directory.gid;
      inode.mode |= inode.isDirectory() ? S_ISGID : 0;
    }
    directory.put(name, inode, newCookie());
    directory.linkCount += inode.isDirectory() ? 1 : 0;
    contentChanged(directory);
    return inode;
  }

  /** A file without a name, to which {@code link} may give one if it is linkable. */
  FakeInode makeUnnamed(int mode, boolean linkable, Caller caller) {
    FakeInode inode = newInode(mode, caller);
    inode.linkableWithoutName = linkable;
    return inode;
  }

  private FakeInode newInode(int mode, Caller caller) {
    long number = FIRST_INODE + inodes.size();
    FakeInode inode =
        new FakeInode(
            store, new NodeIdentity(FILE_SYSTEM_ID, number, number), mode & ~caller.umask());
    inode.uid = caller.uid();
    inode.gid = caller.gid();
    contentChanged(inode);
    inode.atimeNanos = inode.ctimeNanos;
    inodes.add(inode);
    return inode;
  }

  void remove(FakeInode directory, String name, FakeInode inode) {
    directory.take(name);
    if (inode.isDirectory()) {
      directory.linkCount--;
      inode.linkCount = 0;
      inode.parent = null;
    } else {
      inode.linkCount--;
    }
    touch(inode);
    contentChanged(directory);
  }

  void replace(FakeInode directory, String name, FakeInode old, FakeInode replacement) {
    directory.take(name);
    directory.put(name, replacement, newCookie());
    directory.linkCount += (replacement.isDirectory() ? 1 : 0) - (old.isDirectory() ? 1 : 0);
    touch(replacement);
  }

  void contentChanged(FakeInode inode) {
    touch(inode);
    inode.mtimeNanos = inode.ctimeNanos;
  }

  void touch(FakeInode inode) {
    lastChangeNanos = Math.max(clock.wallNanos(), lastChangeNanos + 1);
    inode.ctimeNanos = lastChangeNanos;
  }

  static void checkFree(FakeInode directory, String name, String operation) {
    if (directory.entries.containsKey(name)) {
      throw new BackingException(Errno.EEXIST, operation, name);
    }
    if (directory.linkCount == 0) {
      throw new BackingException(Errno.ENOENT, operation, name);
    }
  }

  static void checkEmptyDirectory(FakeInode inode) {
    if (!inode.isDirectory()) {
      throw failure(Errno.ENOTDIR, "unlinkat", inode);
    }
    if (!inode.entries.isEmpty()) {
      throw failure(Errno.ENOTEMPTY, "unlinkat", inode);
    }
  }

  static void checkReplaceable(FakeInode moved, FakeInode replaced) {
    if (moved.isDirectory()) {
      checkEmptyDirectory(replaced);
    } else if (replaced.isDirectory()) {
      throw failure(Errno.EISDIR, "renameat2", replaced);
    }
  }

  static void checkNotInside(FakeInode moved, FakeInode directory) {
    for (FakeInode at = directory; at != null; at = at.parent) {
      if (at == moved) {
        throw failure(Errno.EINVAL, "renameat2", moved);
      }
    }
  }

  static BackingException failure(int errno, String operation, FakeInode inode) {
    return new BackingException(errno, operation, inode.toString());
  }

  /** The inode of a name if it is the one expected, else ESTALE. */
  static FakeInode entryOf(FakeInode directory, String name, NodeIdentity expected) {
    FakeInode.Entry there = directory.entries.get(name);
    if (there == null || !there.inode().identity().equals(expected)) {
      throw failure(Errno.ESTALE, "recall", directory);
    }
    return there.inode();
  }

  /** A name that stands for one entry of a directory, of one character a byte. */
  static String checkedName(String name) {
    if (name.isEmpty()
        || name.equals(".")
        || name.equals("..")
        || name.indexOf('/') >= 0
        || name.indexOf(0) >= 0) {
      throw new BackingException(Errno.EINVAL, "name", name);
    }
    if (name.length() > FakeBackingStore.NAME_BYTES_MAX) {
      throw new BackingException(Errno.ENAMETOOLONG, "name", name);
    }
    return name;
  }
}
