package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.emberfs.core.Errno;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Calls on one open file: open, read, write, size, space, durability.
 *
 * <p>Each returns what the C function returns, or the negated errno; an interrupted call is made
 * again. Memory is given by address and stays the caller's. Any thread; any call may block.
 */
public final class FileCalls {
  // Values of asm-generic/fcntl.h as x86-64 uses them.
  public static final int O_ACCMODE = 3;
  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_CREAT = 0100;
  public static final int O_EXCL = 0200;
  public static final int O_TRUNC = 01000;
  public static final int O_DSYNC = 010000;
  public static final int O_NOATIME = 01000000;
  public static final int O_SYNC = 04010000;
  public static final int O_DIRECTORY = 0200000;
  public static final int O_NOFOLLOW = 0400000;
  public static final int O_CLOEXEC = 02000000;
  private static final int O_PATH = 010000000;
  private static final int O_TMPFILE = 020200000;

  /** Flag of preadv2(2): EAGAIN instead of a wait. */
  private static final long RWF_NOWAIT = 8;

  public static final int FADVISE_RANDOM = 1;
  public static final int FADVISE_DONTNEED = 4;

  private static final int AT_FDCWD = -100;

  private static final MethodHandle OPENAT = LibC.link("openat", 4, 3);
  private static final MethodHandle CLOSE = LibC.link("close", 1);
  private static final MethodHandle PREAD = LibC.link("pread", 4);
  private static final MethodHandle PREADV2 = LibC.link("preadv2", 5);
  private static final MethodHandle PWRITE = LibC.link("pwrite", 4);
  private static final MethodHandle FTRUNCATE = LibC.link("ftruncate", 2);
  private static final MethodHandle FALLOCATE = LibC.link("fallocate", 4);
  private static final MethodHandle COPY_FILE_RANGE = LibC.link("copy_file_range", 6);
  private static final MethodHandle LSEEK = LibC.link("lseek", 3);
  private static final MethodHandle FSYNC = LibC.link("fsync", 1);
  private static final MethodHandle FDATASYNC = LibC.link("fdatasync", 1);
  private static final MethodHandle SYNCFS = LibC.link("syncfs", 1);
  private static final MethodHandle POSIX_FADVISE = LibC.link("posix_fadvise", 4);

  private FileCalls() {}

  /**
   * Opens a directory by its path, for reading; follows links. The one call that takes a path of
   * many names.
   */
  public static int openDirectoryPath(byte[] path) {
    return open(AT_FDCWD, Scratch.mine().path(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  }

  /**
   * Opens the inode of a name without any access to its content (O_PATH); a link is not followed,
   * nothing is started.
   */
  public static int openInode(int directory, byte[] name) {
    return open(directory, Scratch.mine().path(name), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
  }

  /** Opens the inode of another descriptor without any access to its content (O_PATH). */
  public static int openInodeOf(int descriptor) {
    return open(AT_FDCWD, Scratch.mine().descriptorPath(descriptor), O_PATH | O_CLOEXEC, 0);
  }

  /**
   * Opens the file behind a descriptor of any kind anew. The caller has made sure that it is a
   * regular file or a directory: a device or fifo must not be opened by a daemon.
   */
  public static int reopen(int descriptor, int flags) {
    int safe = (flags & ~(O_NOFOLLOW | O_CREAT | O_EXCL)) | O_CLOEXEC;
    return open(AT_FDCWD, Scratch.mine().descriptorPath(descriptor), safe, 0);
  }

  /**
   * Makes and opens a regular file; fails with EEXIST for anything that is there, a dangling link
   * included.
   */
  public static int createNew(int directory, byte[] name, int flags, int mode) {
    return open(
        directory,
        Scratch.mine().path(name),
        flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
        mode);
  }

  /**
   * Makes and opens a regular file without a name in a directory (O_TMPFILE).
   *
   * @param directory of any kind; opened through its path in /proc, so that the name of nothing
   *     else is looked at
   * @param flags for reading and writing; with O_EXCL the file can never get a name
   */
  public static int createUnnamed(int directory, int flags, int mode) {
    return open(
        AT_FDCWD, Scratch.mine().descriptorPath(directory), flags | O_TMPFILE | O_CLOEXEC, mode);
  }

  private static int open(int directory, long path, int flags, int mode) {
    MemorySegment captured = LibC.captured();
    try {
      int result;
      do {
        result =
            LibC.intOrErrno(
                (long)
                    OPENAT.invokeExact(captured, (long) directory, path, (long) flags, (long) mode),
                captured);
      } while (result == -Errno.EINTR);
      return result;
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * Closes a descriptor. Never made again: the descriptor is gone even when the call says that it
   * was interrupted.
   */
  public static int close(int descriptor) {
    MemorySegment captured = LibC.captured();
    try {
      return LibC.intOrErrno((long) CLOSE.invokeExact(captured, (long) descriptor), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** pread(2) once: may read less than asked. */
  public static long read(int descriptor, long address, long length, long offset) {
    MemorySegment captured = LibC.captured();
    try {
      long result;
      do {
        result =
            LibC.orErrno(
                (long) PREAD.invokeExact(captured, (long) descriptor, address, length, offset),
                captured);
      } while (result == -Errno.EINTR);
      return result;
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * As {@link #read}, but EAGAIN where it would wait for a device, and EOPNOTSUPP where the file
   * system cannot tell (preadv2(2) with RWF_NOWAIT).
   */
  public static long readNow(int descriptor, long address, long length, long offset) {
    MemorySegment captured = LibC.captured();
    MemorySegment iovec = Scratch.mine().struct;
    iovec.setAtIndex(JAVA_LONG, 0, address);
    iovec.setAtIndex(JAVA_LONG, 1, length);
    try {
      long result;
      do {
        result =
            LibC.orErrno(
                (long)
                    PREADV2.invokeExact(
                        captured, (long) descriptor, iovec.address(), 1L, offset, RWF_NOWAIT),
                captured);
      } while (result == -Errno.EINTR);
      return result;
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** pwrite(2) once: may write less than asked. */
  public static long write(int descriptor, long address, long length, long offset) {
    MemorySegment captured = LibC.captured();
    try {
      long result;
      do {
        result =
            LibC.orErrno(
                (long) PWRITE.invokeExact(captured, (long) descriptor, address, length, offset),
                captured);
      } while (result == -Errno.EINTR);
      return result;
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** ftruncate(2). */
  public static int truncate(int descriptor, long size) {
    MemorySegment captured = LibC.captured();
    try {
      int result;
      do {
        result =
            LibC.intOrErrno(
                (long) FTRUNCATE.invokeExact(captured, (long) descriptor, size), captured);
      } while (result == -Errno.EINTR);
      return result;
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** fallocate(2). */
  public static int allocate(int descriptor, int mode, long offset, long length) {
    MemorySegment captured = LibC.captured();
    try {
      int result;
      do {
        result =
            LibC.intOrErrno(
                (long)
                    FALLOCATE.invokeExact(captured, (long) descriptor, (long) mode, offset, length),
                captured);
      } while (result == -Errno.EINTR);
      return result;
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** copy_file_range(2) once: may copy less than asked. */
  public static long copyRange(
      int descriptor, long offset, int targetDescriptor, long targetOffset, long length) {
    MemorySegment captured = LibC.captured();
    MemorySegment offsets = Scratch.mine().struct;
    long from = offsets.address();
    long to = from + Long.BYTES;
    try {
      long result;
      do {
        offsets.setAtIndex(JAVA_LONG, 0, offset);
        offsets.setAtIndex(JAVA_LONG, 1, targetOffset);
        result =
            LibC.orErrno(
                (long)
                    COPY_FILE_RANGE.invokeExact(
                        captured, (long) descriptor, from, (long) targetDescriptor, to, length, 0L),
                captured);
      } while (result == -Errno.EINTR);
      return result;
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** lseek(2). */
  public static long seek(int descriptor, long offset, int whence) {
    MemorySegment captured = LibC.captured();
    try {
      return LibC.orErrno(
          (long) LSEEK.invokeExact(captured, (long) descriptor, offset, (long) whence), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** fsync(2). */
  public static int sync(int descriptor) {
    return sync(FSYNC, descriptor);
  }

  /** fdatasync(2). */
  public static int syncData(int descriptor) {
    return sync(FDATASYNC, descriptor);
  }

  /** syncfs(2); not on an O_PATH descriptor. */
  public static int syncFileSystem(int descriptor) {
    return sync(SYNCFS, descriptor);
  }

  private static int sync(MethodHandle call, int descriptor) {
    MemorySegment captured = LibC.captured();
    try {
      int result;
      do {
        result = LibC.intOrErrno((long) call.invokeExact(captured, (long) descriptor), captured);
      } while (result == -Errno.EINTR);
      return result;
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** posix_fadvise(2), a hint: what it answers does not matter. */
  public static void advise(int descriptor, long offset, long length, int advice) {
    MemorySegment captured = LibC.captured();
    try {
      long _ =
          (long)
              POSIX_FADVISE.invokeExact(captured, (long) descriptor, offset, length, (long) advice);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }
}
