package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Calls that change an inode's owner, mode, times and extended attributes, on a descriptor of any
 * kind, O_PATH included.
 *
 * <p>None of them follows a link. Each returns what the C function returns, or the negated errno.
 * Any thread; any call may block.
 */
public final class InodeCalls {
  /** A time that stays as it is (UTIME_OMIT). */
  public static final long OMIT = Long.MAX_VALUE;

  /** The time of the call (UTIME_NOW). */
  public static final long NOW = Long.MIN_VALUE;

  /** An owner or group that stays as it is. */
  public static final int SAME_OWNER = -1;

  private static final int E2BIG = 7;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final long UTIME_NOW = 0x3fffffff;
  private static final long UTIME_OMIT = 0x3ffffffe;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private static final MethodHandle FCHOWNAT = LibC.link("fchownat", 5);
  private static final MethodHandle CHMOD = LibC.link("chmod", 2);
  private static final MethodHandle UTIMENSAT = LibC.link("utimensat", 4);
  private static final MethodHandle GETXATTR = LibC.link("getxattr", 4);
  private static final MethodHandle SETXATTR = LibC.link("setxattr", 5);
  private static final MethodHandle LISTXATTR = LibC.link("listxattr", 3);
  private static final MethodHandle REMOVEXATTR = LibC.link("removexattr", 2);

  private InodeCalls() {}

  /** fchownat(2); {@link #SAME_OWNER} leaves a part as it is. */
  public static int changeOwner(int descriptor, int uid, int gid) {
    MemorySegment captured = LibC.captured();
    try {
      return LibC.intOrErrno(
          (long)
              FCHOWNAT.invokeExact(
                  captured,
                  (long) descriptor,
                  Scratch.EMPTY_PATH,
                  (long) uid,
                  (long) gid,
                  (long) (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** chmod(2); a symbolic link has no mode of its own, the caller refuses it. */
  public static int changeMode(int descriptor, int mode) {
    MemorySegment captured = LibC.captured();
    long path = Scratch.mine().descriptorPath(descriptor);
    try {
      return LibC.intOrErrno((long) CHMOD.invokeExact(captured, path, (long) mode), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** utimensat(2), in nanoseconds since 1970, {@link #NOW} or {@link #OMIT}. */
  public static int changeTimes(int descriptor, long atimeNanos, long mtimeNanos) {
    MemorySegment captured = LibC.captured();
    MemorySegment times = Scratch.mine().struct;
    putTime(times, 0, atimeNanos);
    putTime(times, 2, mtimeNanos);
    try {
      return LibC.intOrErrno(
          (long)
              UTIMENSAT.invokeExact(
                  captured,
                  (long) descriptor,
                  Scratch.EMPTY_PATH,
                  times.address(),
                  (long) (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  private static void putTime(MemorySegment times, int index, long nanos) {
    long seconds = nanos == OMIT || nanos == NOW ? 0 : Math.floorDiv(nanos, NANOS_PER_SECOND);
    long rest =
        nanos == OMIT
            ? UTIME_OMIT
            : nanos == NOW ? UTIME_NOW : Math.floorMod(nanos, NANOS_PER_SECOND);
    times.setAtIndex(JAVA_LONG, index, seconds);
    times.setAtIndex(JAVA_LONG, index + 1, rest);
  }

  /** getxattr(2); returns the bytes put into {@code target}. */
  public static long extendedAttribute(int descriptor, byte[] name, ValueBuffer target) {
    MemorySegment captured = LibC.captured();
    Scratch scratch = Scratch.mine();
    long path = scratch.descriptorPath(descriptor);
    long namePath = scratch.otherPath(name);
    try {
      return LibC.orErrno(
          (long)
              GETXATTR.invokeExact(
                  captured, path, namePath, target.address(), (long) ValueBuffer.BYTES),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** listxattr(2); returns the bytes put into {@code target}. */
  public static long extendedAttributeNames(int descriptor, ValueBuffer target) {
    MemorySegment captured = LibC.captured();
    long path = Scratch.mine().descriptorPath(descriptor);
    try {
      return LibC.orErrno(
          (long) LISTXATTR.invokeExact(captured, path, target.address(), (long) ValueBuffer.BYTES),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** setxattr(2); a value longer than {@link ValueBuffer#BYTES} is E2BIG, as the kernel has it. */
  public static int setExtendedAttribute(int descriptor, byte[] name, byte[] value, int flags) {
    if (value.length > ValueBuffer.BYTES) {
      return -E2BIG;
    }
    MemorySegment captured = LibC.captured();
    Scratch scratch = Scratch.mine();
    long path = scratch.descriptorPath(descriptor);
    long namePath = scratch.otherPath(name);
    ValueBuffer buffer = ValueBuffer.ofThread();
    buffer.put(value);
    try {
      return LibC.intOrErrno(
          (long)
              SETXATTR.invokeExact(
                  captured, path, namePath, buffer.address(), (long) value.length, (long) flags),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** removexattr(2). */
  public static int removeExtendedAttribute(int descriptor, byte[] name) {
    MemorySegment captured = LibC.captured();
    Scratch scratch = Scratch.mine();
    long path = scratch.descriptorPath(descriptor);
    long namePath = scratch.otherPath(name);
    try {
      return LibC.intOrErrno((long) REMOVEXATTR.invokeExact(captured, path, namePath), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }
}
