package io.emberfs.engine.backing;

import static io.emberfs.engine.backing.Failures.check;
import static io.emberfs.engine.backing.Names.checkAttribute;
import static io.emberfs.engine.backing.Names.checkBytes;
import static io.emberfs.engine.backing.Names.checkEntry;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.Attributes;
import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BackingWatch;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.FileSystemStatistics;
import io.emberfs.core.FileVersion;
import io.emberfs.core.NodeIdentity;
import io.emberfs.ffi.Credentials;
import io.emberfs.ffi.DirectoryCalls;
import io.emberfs.ffi.FileCalls;
import io.emberfs.ffi.FileSystemCalls;
import io.emberfs.ffi.InodeCalls;
import io.emberfs.ffi.Statfs;
import io.emberfs.ffi.Statx;
import io.emberfs.ffi.ValueBuffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.Lock;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of this machine as a {@link BackingStore}.
 *
 * <p>Every call is relative to the descriptor of a known inode, so that nothing that is moved or
 * replaced by a link in the backing can lead outside. Only regular files and directories are ever
 * opened, through {@code /proc/self/fd} of their O_PATH descriptor, which must be mounted. What is
 * created is created under the caller's credentials ({@link Credentials}); all other calls run as
 * the daemon: whether the caller may is decided above.
 *
 * <p>Any thread, but a platform one wherever something is created. Memory: none but descriptors and
 * per-thread scratch.
 */
public final class PosixBackingStore implements BackingStore {
  private static final Logger LOG = LoggerFactory.getLogger(PosixBackingStore.class);
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final int S_IFMT = 0170000;
  private static final int S_IFDIR = 0040000;
  private static final int S_IFLNK = 0120000;
  private static final int PERMISSIONS = 07777;

  private static final int RENAME_EXCHANGE = 2;

  private final InodeTable inodes;
  private final PosixFiles files;
  private final DirectoryBuffers directoryBuffers = new DirectoryBuffers();
  private final PosixNode root;
  private final OpenDescriptor rootDirectory;
  private final long incarnation;

  /**
   * Opens a directory.
   *
   * @param directory the backing; must exist
   * @param descriptorsMax known inodes that may keep a descriptor open; files and directories in
   *     use come on top of it
   */
  public PosixBackingStore(Path directory, int descriptorsMax) {
    if (descriptorsMax <= 0) {
      throw new IllegalArgumentException("a bound of " + descriptorsMax + " descriptors");
    }
    byte[] path = directory.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
    int opened = check(FileCalls.openDirectoryPath(path), "open", path);
    rootDirectory = new OpenDescriptor(opened);
    inodes = new InodeTable(descriptorsMax);
    files = new PosixFiles(inodes);
    try {
      root = inodes.adopt(check(FileCalls.openInodeOf(opened), "open", path), null, path);
      incarnation = incarnationOf(opened);
    } catch (BackingException failure) {
      rootDirectory.close();
      throw failure;
    }
  }

  /**
   * From the machine's start and the number of the mount, which is given to no other one until the
   * next start.
   */
  private static long incarnationOf(int descriptor) {
    try {
      long boot = Files.readString(BOOT_ID).strip().hashCode();
      Statx stat = Statx.ofThread();
      check(stat.read(descriptor, Statx.AS_STAT), "statx", BOOT_ID);
      long incarnation = boot << Integer.SIZE ^ stat.mountId();
      return incarnation == 0 ? 1 : incarnation;
    } catch (IOException unreadable) {
      return 0;
    }
  }

  /** As {@link #PosixBackingStore(Path, int)} with {@link #defaultDescriptorsMax}. */
  public PosixBackingStore(Path directory) {
    this(directory, defaultDescriptorsMax());
  }

  /**
   * Half of what this process may open, after its limit was raised: the other half is for open
   * files, sockets, databases.
   */
  public static int defaultDescriptorsMax() {
    return Math.clamp(FileSystemCalls.raiseDescriptorLimit() / 2, 1, Integer.MAX_VALUE);
  }

  /** Descriptors of known inodes that are open now. */
  public long openDescriptorCount() {
    return inodes.openDescriptorCount();
  }

  /** Inodes known now. */
  public int nodeCount() {
    return inodes.nodeCount();
  }

  @Override
  public @Nullable BackingWatch watch() {
    try {
      return new PosixWatch();
    } catch (BackingException unavailable) {
      LOG.info("changes behind the mount are not heard of: {}", unavailable.getMessage());
      return null;
    }
  }

  @Override
  public @Nullable BackingNode recall(
      BackingNode parent, byte[] name, NodeIdentity identity, int type) {
    return inodes.recall((PosixNode) parent, checkEntry(name), identity, type);
  }

  @Override
  public BackingNode root() {
    return root;
  }

  @Override
  public BackingNode lookup(BackingNode parent, byte[] name) {
    return inodes.lookup((PosixNode) parent, checkEntry(name));
  }

  @Override
  public Attributes attributes(BackingNode node) {
    return stat(node, Statx.AS_STAT).attributes();
  }

  @Override
  public FileVersion version(BackingNode node) {
    // A remembered answer of a network file system would let old blocks pass for new ones.
    Statx stat = stat(node, Statx.FORCE_SYNC);
    return new FileVersion(node.identity(), stat.size(), stat.mtimeNanos(), stat.ctimeNanos());
  }

  @Override
  public byte[] path(BackingNode node) {
    return ((PosixNode) node).pathBelow(root);
  }

  private static Statx stat(BackingNode node, int freshness) {
    PosixNode posix = (PosixNode) node;
    Statx stat = Statx.ofThread();
    int descriptor = posix.acquire();
    try {
      check(stat.read(descriptor, freshness), "statx", node);
    } finally {
      posix.done();
    }
    return stat;
  }

  @Override
  public void change(BackingNode node, AttributeChange change) {
    Integer uid = change.uid();
    Integer gid = change.gid();
    if (uid != null || gid != null) {
      int newUid = uid == null ? InodeCalls.SAME_OWNER : uid;
      int newGid = gid == null ? InodeCalls.SAME_OWNER : gid;
      on(node, "fchownat", descriptor -> InodeCalls.changeOwner(descriptor, newUid, newGid));
    }
    // After the owner, whose change clears set-id bits.
    Integer mode = change.mode();
    if (mode != null) {
      if (node.type() == S_IFLNK) {
        throw new BackingException(Errno.EOPNOTSUPP, "chmod", node.toString());
      }
      on(node, "chmod", descriptor -> InodeCalls.changeMode(descriptor, mode & PERMISSIONS));
    }
    if (change.atimeNanos() != null || change.mtimeNanos() != null) {
      long atime = timeOf(change.atimeNanos());
      long mtime = timeOf(change.mtimeNanos());
      on(node, "utimensat", descriptor -> InodeCalls.changeTimes(descriptor, atime, mtime));
    }
  }

  private static long timeOf(@Nullable Long asked) {
    return asked == null ? InodeCalls.OMIT : asked == AttributeChange.NOW ? InodeCalls.NOW : asked;
  }

  @Override
  public Created create(BackingNode parent, byte[] name, int flags, int mode, Caller caller) {
    return files.create((PosixNode) parent, checkEntry(name), flags, mode, caller);
  }

  @Override
  public Created createUnnamed(BackingNode parent, int flags, int mode, Caller caller) {
    return files.createUnnamed((PosixNode) parent, flags, mode, caller);
  }

  @Override
  public BackingNode makeDirectory(BackingNode parent, byte[] name, int mode, Caller caller) {
    checkEntry(name);
    return make(
        parent,
        name,
        "mkdirat",
        caller,
        directory -> DirectoryCalls.makeDirectory(directory, name, mode & PERMISSIONS));
  }

  @Override
  public BackingNode makeNode(BackingNode parent, byte[] name, int mode, int rdev, Caller caller) {
    checkEntry(name);
    int type = mode & S_IFMT;
    if (type == S_IFDIR || type == S_IFLNK) {
      throw new BackingException(Errno.EINVAL, "mknodat", Failures.text(name));
    }
    return make(
        parent,
        name,
        "mknodat",
        caller,
        directory -> DirectoryCalls.makeNode(directory, name, mode, rdev));
  }

  @Override
  public BackingNode makeSymbolicLink(
      BackingNode parent, byte[] name, byte[] target, Caller caller) {
    checkEntry(name);
    checkBytes(target, "symlinkat");
    return make(
        parent,
        name,
        "symlinkat",
        caller,
        directory -> DirectoryCalls.makeSymbolicLink(target, directory, name));
  }

  private BackingNode make(
      BackingNode parent, byte[] name, String operation, Caller caller, IntUnaryOperator call) {
    PosixNode directory = (PosixNode) parent;
    int result =
        directory.with(descriptor -> Credentials.runAs(caller, () -> call.applyAsInt(descriptor)));
    check(result, operation, name);
    return inodes.lookup(directory, name);
  }

  @Override
  public BackingNode link(BackingNode node, BackingNode newParent, byte[] newName) {
    checkEntry(newName);
    PosixNode linked = (PosixNode) node;
    PosixNode directory = (PosixNode) newParent;
    int result =
        linked.with(descriptor ->
            directory.with(target -> DirectoryCalls.link(descriptor, target, newName)));
    check(result, "linkat", newName);
    linked.retain();
    inodes.setPlace(linked, directory, newName);
    return linked;
  }

  @Override
  public byte[] readLink(BackingNode node) {
    if (node.type() != S_IFLNK) {
      throw new BackingException(Errno.EINVAL, "readlinkat", node.toString());
    }
    ValueBuffer buffer = ValueBuffer.ofThread();
    return buffer.bytes(
        on(node, "readlinkat", descriptor -> (int) DirectoryCalls.readLink(descriptor, buffer)));
  }

  @Override
  public void unlink(BackingNode parent, byte[] name) {
    checkEntry(name);
    remove((PosixNode) parent, name, directory -> DirectoryCalls.unlink(directory, name));
  }

  @Override
  public void removeDirectory(BackingNode parent, byte[] name) {
    checkEntry(name);
    remove((PosixNode) parent, name, directory -> DirectoryCalls.removeDirectory(directory, name));
  }

  private void remove(PosixNode directory, byte[] name, IntUnaryOperator call) {
    Lock removal = inodes.beginRemoval();
    try {
      // A node without descriptor could not be found any more: it gets one as long as it has a
      // name.
      PosixNode removed = inodes.hasClosedNodes() ? inodes.find(directory, name) : null;
      try {
        check(directory.with(call), "unlinkat", name);
      } finally {
        release(removed);
      }
    } finally {
      removal.unlock();
    }
  }

  @Override
  public void rename(
      BackingNode parent, byte[] name, BackingNode newParent, byte[] newName, int flags) {
    checkEntry(name);
    checkEntry(newName);
    PosixNode from = (PosixNode) parent;
    PosixNode to = (PosixNode) newParent;
    Lock removal = inodes.beginRemoval();
    try {
      PosixNode moved = inodes.find(from, name);
      boolean replacedMatters = (flags & RENAME_EXCHANGE) != 0 || inodes.hasClosedNodes();
      PosixNode replaced = replacedMatters ? inodes.find(to, newName) : null;
      try {
        int result =
            from.with(source ->
                to.with(target -> DirectoryCalls.rename(source, name, target, newName, flags)));
        check(result, "renameat2", name);
        if (moved != null) {
          inodes.setPlace(moved, to, newName);
        }
        if (replaced != null && (flags & RENAME_EXCHANGE) != 0) {
          inodes.setPlace(replaced, from, name);
        }
      } finally {
        release(moved);
        release(replaced);
      }
    } finally {
      removal.unlock();
    }
  }

  private static void release(@Nullable PosixNode node) {
    if (node != null) {
      node.release(1);
    }
  }

  @Override
  public BackingDirectory openDirectory(BackingNode node) {
    if (node.type() != S_IFDIR) {
      throw new BackingException(Errno.ENOTDIR, "open", node.toString());
    }
    int flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY;
    return new PosixDirectory(
        on(node, "open", descriptor -> FileCalls.reopen(descriptor, flags)), directoryBuffers);
  }

  @Override
  public FileSystemStatistics statistics(BackingNode node) {
    Statfs state = Statfs.ofThread();
    on(node, "fstatfs", state::read);
    return state.statistics();
  }

  @Override
  public byte[] extendedAttribute(BackingNode node, byte[] name) {
    checkAttribute(name);
    ValueBuffer buffer = ValueBuffer.ofThread();
    return buffer.bytes(
        on(
            node,
            "getxattr",
            descriptor -> (int) InodeCalls.extendedAttribute(descriptor, name, buffer)));
  }

  @Override
  public void setExtendedAttribute(BackingNode node, byte[] name, byte[] value, int flags) {
    checkAttribute(name);
    on(
        node,
        "setxattr",
        descriptor -> InodeCalls.setExtendedAttribute(descriptor, name, value, flags));
  }

  @Override
  public byte[] extendedAttributeNames(BackingNode node) {
    ValueBuffer buffer = ValueBuffer.ofThread();
    return buffer.bytes(
        on(
            node,
            "listxattr",
            descriptor -> (int) InodeCalls.extendedAttributeNames(descriptor, buffer)));
  }

  @Override
  public void removeExtendedAttribute(BackingNode node, byte[] name) {
    checkAttribute(name);
    on(node, "removexattr", descriptor -> InodeCalls.removeExtendedAttribute(descriptor, name));
  }

  @Override
  public BackingFile open(BackingNode node, OpenMode mode) {
    return files.open((PosixNode) node, mode);
  }

  @Override
  public long incarnation() {
    return incarnation;
  }

  @Override
  public void syncAll() {
    int descriptor = rootDirectory.acquire();
    try {
      check(FileCalls.syncFileSystem(descriptor), "syncfs", root);
    } finally {
      rootDirectory.done();
    }
  }

  @Override
  public void close() {
    rootDirectory.close();
    inodes.close();
  }

  private static int on(BackingNode node, String operation, IntUnaryOperator call) {
    return (int) check(((PosixNode) node).with(call), operation, node);
  }
}
