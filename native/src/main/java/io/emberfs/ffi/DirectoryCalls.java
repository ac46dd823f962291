package io.emberfs.ffi;

import io.emberfs.core.Errno;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Calls that make, move, remove and list names, each relative to a directory's descriptor.
 *
 * <p>A name is a single one, its bytes without zero: the caller has checked it. Each call returns
 * what the C function returns, or the negated errno. Any thread; any call may block.
 */
public final class DirectoryCalls {
  private static final int AT_FDCWD = -100;
  private static final int AT_SYMLINK_FOLLOW = 0x400;
  private static final int AT_REMOVEDIR = 0x200;

  private static final MethodHandle MKDIRAT = LibC.link("mkdirat", 3);
  private static final MethodHandle MKNODAT = LibC.link("mknodat", 4);
  private static final MethodHandle SYMLINKAT = LibC.link("symlinkat", 3);
  private static final MethodHandle LINKAT = LibC.link("linkat", 5);
  private static final MethodHandle UNLINKAT = LibC.link("unlinkat", 3);
  private static final MethodHandle RENAMEAT2 = LibC.link("renameat2", 5);
  private static final MethodHandle READLINKAT = LibC.link("readlinkat", 4);
  private static final MethodHandle GETDENTS64 = LibC.link("getdents64", 3);

  private DirectoryCalls() {}

  /** mkdirat(2). */
  public static int makeDirectory(int directory, byte[] name, int mode) {
    MemorySegment captured = LibC.captured();
    long path = Scratch.mine().path(name);
    try {
      return LibC.intOrErrno(
          (long) MKDIRAT.invokeExact(captured, (long) directory, path, (long) mode), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * mknodat(2).
   *
   * @param rdev device number in the kernel's 32-bit encoding, which is the lower half of dev_t
   */
  public static int makeNode(int directory, byte[] name, int mode, int rdev) {
    MemorySegment captured = LibC.captured();
    long path = Scratch.mine().path(name);
    long device = Integer.toUnsignedLong(rdev);
    try {
      return LibC.intOrErrno(
          (long) MKNODAT.invokeExact(captured, (long) directory, path, (long) mode, device),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** symlinkat(2); a target too long for the kernel is ENAMETOOLONG. */
  public static int makeSymbolicLink(byte[] target, int directory, byte[] name) {
    if (target.length >= Scratch.PATH_BYTES) {
      return -Errno.ENAMETOOLONG;
    }
    MemorySegment captured = LibC.captured();
    Scratch scratch = Scratch.mine();
    long targetPath = scratch.otherPath(target);
    long path = scratch.path(name);
    try {
      return LibC.intOrErrno(
          (long) SYMLINKAT.invokeExact(captured, targetPath, (long) directory, path), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * linkat(2) of the inode behind a descriptor, a link's own included. Through its path in /proc:
   * needs no capability.
   */
  public static int link(int descriptor, int directory, byte[] name) {
    MemorySegment captured = LibC.captured();
    Scratch scratch = Scratch.mine();
    long source = scratch.descriptorPath(descriptor);
    long path = scratch.otherPath(name);
    try {
      return LibC.intOrErrno(
          (long)
              LINKAT.invokeExact(
                  captured,
                  (long) AT_FDCWD,
                  source,
                  (long) directory,
                  path,
                  (long) AT_SYMLINK_FOLLOW),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** unlinkat(2) of a name that is not a directory. */
  public static int unlink(int directory, byte[] name) {
    return unlink(directory, name, 0);
  }

  /** unlinkat(2) of an empty directory. */
  public static int removeDirectory(int directory, byte[] name) {
    return unlink(directory, name, AT_REMOVEDIR);
  }

  private static int unlink(int directory, byte[] name, int flags) {
    MemorySegment captured = LibC.captured();
    long path = Scratch.mine().path(name);
    try {
      return LibC.intOrErrno(
          (long) UNLINKAT.invokeExact(captured, (long) directory, path, (long) flags), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** renameat2(2). */
  public static int rename(
      int directory, byte[] name, int newDirectory, byte[] newName, int flags) {
    MemorySegment captured = LibC.captured();
    Scratch scratch = Scratch.mine();
    long path = scratch.path(name);
    long newPath = scratch.otherPath(newName);
    try {
      return LibC.intOrErrno(
          (long)
              RENAMEAT2.invokeExact(
                  captured, (long) directory, path, (long) newDirectory, newPath, (long) flags),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * readlinkat(2) of the symbolic link behind an O_PATH descriptor; returns the bytes put into
   * {@code target}.
   */
  public static long readLink(int descriptor, ValueBuffer target) {
    MemorySegment captured = LibC.captured();
    try {
      return LibC.orErrno(
          (long)
              READLINKAT.invokeExact(
                  captured,
                  (long) descriptor,
                  Scratch.EMPTY_PATH,
                  target.address(),
                  (long) ValueBuffer.BYTES),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** getdents64(2) into {@code buffer}; 0 at the end. */
  public static long entries(int descriptor, MemorySegment buffer) {
    MemorySegment captured = LibC.captured();
    try {
      return LibC.orErrno(
          (long)
              GETDENTS64.invokeExact(
                  captured, (long) descriptor, buffer.address(), buffer.byteSize()),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }
}
