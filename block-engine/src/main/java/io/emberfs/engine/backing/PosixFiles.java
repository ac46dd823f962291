package io.emberfs.engine.backing;

import static io.emberfs.engine.backing.Failures.check;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BackingStore.OpenMode;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.Namespace.Created;
import io.emberfs.ffi.Credentials;
import io.emberfs.ffi.FileCalls;
import org.jspecify.annotations.Nullable;

/** Opens and creates the regular files of the backing, and never anything else. Any thread. */
final class PosixFiles {
  private static final int S_IFREG = 0100000;
  private static final int S_IFDIR = 0040000;
  private static final int S_IFLNK = 0120000;
  private static final int PERMISSIONS = 07777;

  /** A name that comes and goes between two calls this often is somebody's game. */
  private static final int CREATE_ATTEMPTS_MAX = 16;

  private static final byte[] NO_NAME = {};

  private final InodeTable inodes;

  PosixFiles(InodeTable inodes) {
    this.inodes = inodes;
  }

  /** As {@link BackingStore#open}. */
  BackingFile open(PosixNode node, OpenMode mode) {
    if (node.type() != S_IFREG) {
      // As open(2) answers for what has no bytes; a fifo or device is never opened, it could wait
      // or do things.
      int errno =
          node.type() == S_IFDIR
              ? Errno.EISDIR
              : node.type() == S_IFLNK ? Errno.ELOOP : Errno.ENXIO;
      throw new BackingException(errno, "open", node.toString());
    }
    int descriptor = node.with(inode -> reopen(inode, openFlags(mode)));
    check(descriptor, "open", node);
    if (mode.isReadOnly()) {
      // Whole streams are read ahead above; here, a random miss must not read more than it asks
      // for.
      FileCalls.advise(descriptor, 0, 0, FileCalls.FADVISE_RANDOM);
    }
    return new PosixFile(descriptor, node.identity());
  }

  private static int reopen(int inode, int flags) {
    int descriptor = FileCalls.reopen(inode, flags);
    if (descriptor == -Errno.EACCES && (flags & FileCalls.O_RDWR) != 0) {
      // A daemon that is not root may write files of its user that it may not read.
      descriptor = FileCalls.reopen(inode, (flags & ~FileCalls.O_RDWR) | FileCalls.O_WRONLY);
    }
    if (descriptor == -Errno.EPERM && (flags & FileCalls.O_NOATIME) != 0) {
      // A daemon that is not root can ask for it only for files of its user.
      descriptor = FileCalls.reopen(inode, flags & ~FileCalls.O_NOATIME);
    }
    return descriptor;
  }

  /**
   * As {@link BackingStore#create}.
   *
   * @param name checked
   */
  Created create(PosixNode directory, byte[] name, int flags, int mode, Caller caller) {
    boolean exclusive = (flags & FileCalls.O_EXCL) != 0;
    for (int attempt = 0; attempt < CREATE_ATTEMPTS_MAX; attempt++) {
      int descriptor = createNew(directory, name, flags, mode, caller);
      if (descriptor >= 0) {
        return made(descriptor, directory, name);
      }
      if (descriptor != -Errno.EEXIST || exclusive) {
        throw new BackingException(-descriptor, "openat", Failures.text(name));
      }
      Created existing = openExisting(directory, name, flags);
      if (existing != null) {
        return existing;
      }
    }
    throw new BackingException(Errno.EAGAIN, "openat", Failures.text(name));
  }

  private static int createNew(
      PosixNode directory, byte[] name, int flags, int mode, Caller caller) {
    int openFlags = openFlags(modeOf(flags));
    return directory.with(descriptor ->
        Credentials.runAs(
            caller, () -> FileCalls.createNew(descriptor, name, openFlags, mode & PERMISSIONS)));
  }

  /** As {@link BackingStore#createUnnamed}. */
  Created createUnnamed(PosixNode directory, int flags, int mode, Caller caller) {
    int openFlags = openFlags(modeOf(flags)) | flags & FileCalls.O_EXCL;
    int descriptor =
        directory.with(inode ->
            Credentials.runAs(
                caller, () -> FileCalls.createUnnamed(inode, openFlags, mode & PERMISSIONS)));
    check(descriptor, "open", directory);
    return made(descriptor, null, NO_NAME);
  }

  /**
   * @param directory null if the file has no name
   */
  private Created made(int descriptor, @Nullable PosixNode directory, byte[] name) {
    try {
      // From the open file itself: the name may lead elsewhere by now.
      PosixNode node =
          inodes.adopt(check(FileCalls.openInodeOf(descriptor), "open", name), directory, name);
      return new Created(node, new PosixFile(descriptor, node.identity()), false);
    } catch (BackingException failure) {
      FileCalls.close(descriptor);
      throw failure;
    }
  }

  /** Null if the name is gone again. */
  private @Nullable Created openExisting(PosixNode directory, byte[] name, int flags) {
    PosixNode node;
    try {
      node = inodes.lookup(directory, name);
    } catch (BackingException failure) {
      if (failure.errno() == Errno.ENOENT) {
        return null;
      }
      throw failure;
    }
    boolean truncates = (flags & FileCalls.O_TRUNC) != 0;
    try {
      BackingFile file = open(node, truncates ? writing(modeOf(flags)) : modeOf(flags));
      if (truncates) {
        truncateOpened(file);
      }
      return new Created(node, file, true);
    } catch (BackingException failure) {
      node.release(1);
      throw failure;
    }
  }

  private static void truncateOpened(BackingFile file) {
    try {
      file.truncate(0);
    } catch (BackingException failure) {
      file.close();
      throw failure;
    }
  }

  private static OpenMode modeOf(int flags) {
    if ((flags & FileCalls.O_DSYNC) != 0) {
      return OpenMode.READ_WRITE_SYNC;
    }
    return (flags & FileCalls.O_ACCMODE) == FileCalls.O_RDONLY
        ? OpenMode.READ
        : OpenMode.READ_WRITE;
  }

  private static OpenMode writing(OpenMode mode) {
    return mode.isReadOnly() ? OpenMode.READ_WRITE : mode;
  }

  private static int openFlags(OpenMode mode) {
    return switch (mode) {
      case READ -> FileCalls.O_RDONLY;
      case READ_QUIETLY -> FileCalls.O_RDONLY | FileCalls.O_NOATIME;
      case READ_WRITE -> FileCalls.O_RDWR;
      case READ_WRITE_SYNC -> FileCalls.O_RDWR | FileCalls.O_SYNC;
    };
  }
}
