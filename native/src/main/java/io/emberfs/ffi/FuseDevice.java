package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The FUSE device: open, clone, read, write, close. Every call returns what the C function returns,
 * or the negated errno.
 *
 * <p>Descriptors belong to the caller. {@link #read} blocks until a request comes or the connection
 * ends; the other calls do not wait for a file system. No call allocates but {@link #open} and
 * {@link #cloneOf}.
 */
public final class FuseDevice {
  private static final String PATH = "/dev/fuse";
  private static final int O_RDWR_CLOEXEC = 2 | 02000000;

  /** FUSE_DEV_IOC_CLONE of linux/fuse.h: _IOR(229, 0, uint32_t). */
  private static final long IOC_CLONE = 0x8004e500L;

  /** Bytes of one struct iovec: address and length. */
  public static final int IOVEC_SIZE = 16;

  private static final MethodHandle OPEN = LibC.link("open", 2, 2);
  private static final MethodHandle IOCTL = LibC.link("ioctl", 3, 2);
  private static final MethodHandle READ = LibC.link("read", 3);
  private static final MethodHandle WRITE = LibC.link("write", 3);
  private static final MethodHandle WRITEV = LibC.link("writev", 3);
  private static final MethodHandle CLOSE = LibC.link("close", 1);

  private FuseDevice() {}

  /** Opens the device, not yet part of any connection. */
  public static int open() {
    MemorySegment captured = LibC.captured();
    try (Arena arena = Arena.ofConfined()) {
      return LibC.intOrErrno(
          (long)
              OPEN.invokeExact(captured, arena.allocateFrom(PATH).address(), (long) O_RDWR_CLOEXEC),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * Opens the device once more as part of the connection of {@code descriptor}. A reply must be
   * written to the descriptor that its request was read from.
   */
  public static int cloneOf(int descriptor) {
    int clone = open();
    if (clone < 0) {
      return clone;
    }
    MemorySegment captured = LibC.captured();
    int result;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment argument = arena.allocateFrom(JAVA_INT, descriptor);
      result =
          LibC.intOrErrno(
              (long) IOCTL.invokeExact(captured, (long) clone, IOC_CLONE, argument.address()),
              captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
    if (result < 0) {
      close(clone);
      return result;
    }
    return clone;
  }

  /**
   * Reads one request; blocks until there is one.
   *
   * @param address native memory of the caller's, at least {@code capacity} bytes
   * @return bytes of the request, never a part of one
   */
  public static int read(int descriptor, long address, long capacity) {
    MemorySegment captured = LibC.captured();
    try {
      return (int)
          LibC.orErrno(
              (long) READ.invokeExact(captured, (long) descriptor, address, capacity), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** Writes one reply or notification whole. */
  public static int write(int descriptor, long address, long byteCount) {
    MemorySegment captured = LibC.captured();
    try {
      return (int)
          LibC.orErrno(
              (long) WRITE.invokeExact(captured, (long) descriptor, address, byteCount), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * Writes one reply out of several parts.
   *
   * @param iovecAddress {@code count} times address and length, {@link #IOVEC_SIZE} bytes each
   */
  public static int writeGather(int descriptor, long iovecAddress, int count) {
    MemorySegment captured = LibC.captured();
    try {
      return (int)
          LibC.orErrno(
              (long) WRITEV.invokeExact(captured, (long) descriptor, iovecAddress, (long) count),
              captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** Closes a descriptor. The connection ends with its last one. */
  public static void close(int descriptor) {
    MemorySegment captured = LibC.captured();
    try {
      long _ = (long) CLOSE.invokeExact(captured, (long) descriptor);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }
}
