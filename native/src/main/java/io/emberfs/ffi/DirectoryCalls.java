package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

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

  private static final MethodHandle MKDIRAT =
      LibC.link("mkdirat", -1, LibC.returnsInt(JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle MKNODAT =
      LibC.link("mknodat", -1, LibC.returnsInt(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG));
  private static final MethodHandle SYMLINKAT =
      LibC.link("symlinkat", -1, LibC.returnsInt(JAVA_LONG, JAVA_INT, JAVA_LONG));
  private static final MethodHandle LINKAT =
      LibC.link("linkat", -1, LibC.returnsInt(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle UNLINKAT =
      LibC.link("unlinkat", -1, LibC.returnsInt(JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle RENAMEAT2 =
      LibC.link(
          "renameat2", -1, LibC.returnsInt(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle READLINKAT =
      LibC.link("readlinkat", -1, LibC.returnsLong(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle GETDENTS64 =
      LibC.link("getdents64", -1, LibC.returnsLong(JAVA_INT, JAVA_LONG, JAVA_LONG));

  private DirectoryCalls() {}

  /** mkdirat(2). */
  public static int makeDirectory(int directory, byte[] name, int mode) {
    MemorySegment captured = LibC.captured();
    long path = Scratch.mine().path(name);
    try {
      return LibC.orErrno((int) MKDIRAT.invokeExact(captured, directory, path, mode), captured);
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
      return LibC.orErrno(
          (int) MKNODAT.invokeExact(captured, directory, path, mode, device), captured);
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
      return LibC.orErrno(
          (int) SYMLINKAT.invokeExact(captured, targetPath, directory, path), captured);
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
      return LibC.orErrno(
          (int) LINKAT.invokeExact(captured, AT_FDCWD, source, directory, path, AT_SYMLINK_FOLLOW),
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
      return LibC.orErrno((int) UNLINKAT.invokeExact(captured, directory, path, flags), captured);
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
      return LibC.orErrno(
          (int) RENAMEAT2.invokeExact(captured, directory, path, newDirectory, newPath, flags),
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
                  descriptor,
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
          (long) GETDENTS64.invokeExact(captured, descriptor, buffer.address(), buffer.byteSize()),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }
}
