package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The native memory that one thread needs to pass names and small structures to the C library, so
 * that no call allocates.
 *
 * <p>Freed with its thread. What a call left in it is read before the thread's next call.
 */
final class Scratch {
  /** PATH_MAX of linux/limits.h, its closing zero included. */
  static final int PATH_BYTES = 4096;

  private static final int STRUCT_BYTES = 256;
  private static final int DECIMAL = 10;
  private static final byte[] DESCRIPTOR_FOLDER = {
    '/', 'p', 'r', 'o', 'c', '/', 's', 'e', 'l', 'f', '/', 'f', 'd', '/'
  };

  private static final ThreadLocal<Scratch> MINE = ThreadLocal.withInitial(Scratch::new);

  /** An empty path, for calls with AT_EMPTY_PATH. */
  static final long EMPTY_PATH = Arena.global().allocate(1).address();

  private final MemorySegment firstPath;
  private final MemorySegment secondPath;

  /** Room for one structure of the kernel; aligned for longs. */
  final MemorySegment struct;

  private Scratch() {
    Arena arena = Arena.global();
    firstPath = arena.allocate(PATH_BYTES);
    secondPath = arena.allocate(PATH_BYTES);
    struct = arena.allocate(STRUCT_BYTES, Long.BYTES);
  }

  /**
   * The calling thread's; never freed, for emberfs has a bounded number of threads that live as
   * long as the mount.
   */
  static Scratch mine() {
    return MINE.get();
  }

  /**
   * Address of these bytes with a closing zero. Bytes without zero, fewer than {@link #PATH_BYTES}.
   */
  long path(byte[] bytes) {
    return terminated(firstPath, bytes);
  }

  /** As {@link #path}, for the second path of a call. */
  long otherPath(byte[] bytes) {
    return terminated(secondPath, bytes);
  }

  /**
   * Address of the path of an open descriptor: the one magic link that is followed anywhere, since
   * it is made from a number and not from a name.
   */
  long descriptorPath(int descriptor) {
    MemorySegment.copy(DESCRIPTOR_FOLDER, 0, firstPath, JAVA_BYTE, 0, DESCRIPTOR_FOLDER.length);
    int end = DESCRIPTOR_FOLDER.length;
    for (int rest = descriptor; rest >= DECIMAL; rest /= DECIMAL) {
      end++;
    }
    firstPath.set(JAVA_BYTE, end + 1, (byte) 0);
    for (int rest = descriptor; end >= DESCRIPTOR_FOLDER.length; rest /= DECIMAL) {
      firstPath.set(JAVA_BYTE, end--, (byte) ('0' + rest % DECIMAL));
    }
    return firstPath.address();
  }

  private static long terminated(MemorySegment target, byte[] bytes) {
    if (bytes.length >= PATH_BYTES) {
      throw new IllegalArgumentException("a path of " + bytes.length + " bytes");
    }
    MemorySegment.copy(bytes, 0, target, JAVA_BYTE, 0, bytes.length);
    target.set(JAVA_BYTE, bytes.length, (byte) 0);
    return target.address();
  }
}
