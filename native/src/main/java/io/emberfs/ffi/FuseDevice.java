package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

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

  private static final MethodHandle OPEN = LibC.link("open", 2, LibC.returnsInt(ADDRESS, JAVA_INT));
  private static final MethodHandle IOCTL =
      LibC.link("ioctl", 2, LibC.returnsInt(JAVA_INT, JAVA_LONG, ADDRESS));
  private static final MethodHandle READ =
      LibC.link("read", -1, LibC.returnsLong(JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle WRITE =
      LibC.link("write", -1, LibC.returnsLong(JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle WRITEV =
      LibC.link("writev", -1, LibC.returnsLong(JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle CLOSE = LibC.link("close", -1, LibC.returnsInt(JAVA_INT));

  private FuseDevice() {}

  /** Opens the device, not yet part of any connection. */
  public static int open() {
    MemorySegment captured = LibC.captured();
    try (Arena arena = Arena.ofConfined()) {
      return LibC.orErrno(
          (int) OPEN.invokeExact(captured, arena.allocateFrom(PATH), O_RDWR_CLOEXEC), captured);
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
          LibC.orErrno((int) IOCTL.invokeExact(captured, clone, IOC_CLONE, argument), captured);
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
          LibC.orErrno((long) READ.invokeExact(captured, descriptor, address, capacity), captured);
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
              (long) WRITE.invokeExact(captured, descriptor, address, byteCount), captured);
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
              (long) WRITEV.invokeExact(captured, descriptor, iovecAddress, count), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** Closes a descriptor. The connection ends with its last one. */
  public static void close(int descriptor) {
    MemorySegment captured = LibC.captured();
    try {
      int _ = (int) CLOSE.invokeExact(captured, descriptor);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }
}
