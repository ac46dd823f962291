package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Calls that tell which file system and which inode a descriptor belongs to, and the process's
 * bound on descriptors.
 *
 * <p>Any thread; any call but those on the bound may block.
 */
public final class FileSystemCalls {
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int RLIMIT_NOFILE = 7;

  /** FS_IOC_GETFSUUID of linux/fs.h; structure fsuuid2: a length and 16 bytes. */
  private static final long FS_IOC_GETFSUUID = 0x80111500L;

  private static final int UUID_BYTES = 16;

  // struct file_handle of linux/fcntl.h.
  private static final int HANDLE_BYTES = 0;
  private static final int HANDLE_TYPE = 4;
  private static final int HANDLE_CONTENT = 8;
  private static final int HANDLE_BYTES_MAX = 128;
  private static final int MOUNT_ID = HANDLE_CONTENT + HANDLE_BYTES_MAX;

  private static final long HASH_START = 0xcbf29ce484222325L;
  private static final long HASH_PRIME = 0x100000001b3L;

  private static final MethodHandle IOCTL = LibC.link("ioctl", 3, 2);
  private static final MethodHandle NAME_TO_HANDLE_AT = LibC.link("name_to_handle_at", 5);
  private static final MethodHandle GETRLIMIT = LibC.link("getrlimit", 2);
  private static final MethodHandle SETRLIMIT = LibC.link("setrlimit", 2);

  private FileSystemCalls() {}

  /**
   * A hash of the file system's UUID; 0 where it has none. The descriptor is open for reading, not
   * O_PATH.
   */
  public static long uuidHash(int descriptor) {
    MemorySegment captured = LibC.captured();
    MemorySegment struct = Scratch.mine().struct;
    int result;
    try {
      result =
          LibC.intOrErrno(
              (long)
                  IOCTL.invokeExact(
                      captured, (long) descriptor, FS_IOC_GETFSUUID, struct.address()),
              captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
    int length = struct.get(JAVA_BYTE, 0);
    return result < 0 || length <= 0 || length > UUID_BYTES ? 0 : hash(struct, 1, length);
  }

  /**
   * A hash of the kernel's handle of an inode (name_to_handle_at(2)), which tells apart two inodes
   * of one number; needs no capability.
   *
   * @return 0 where the file system has no handles
   */
  public static long handleHash(int descriptor) {
    // The type counts: it says how the bytes are meant.
    int length = readHandle(descriptor) - HANDLE_TYPE;
    return length <= 0 ? 0 : hash(Scratch.mine().struct, HANDLE_TYPE, length);
  }

  /** The kernel's handle of an inode (struct file_handle); empty where the file system has none. */
  public static byte[] handle(int descriptor) {
    int length = readHandle(descriptor);
    return Scratch.mine().struct.asSlice(0, length).toArray(JAVA_BYTE);
  }

  /** Bytes of the handle, which then lies in the scratch memory; 0 if there is none. */
  private static int readHandle(int descriptor) {
    MemorySegment captured = LibC.captured();
    MemorySegment struct = Scratch.mine().struct;
    long address = struct.address();
    struct.set(JAVA_INT, HANDLE_BYTES, HANDLE_BYTES_MAX);
    int result;
    try {
      result =
          LibC.intOrErrno(
              (long)
                  NAME_TO_HANDLE_AT.invokeExact(
                      captured,
                      (long) descriptor,
                      Scratch.EMPTY_PATH,
                      address,
                      address + MOUNT_ID,
                      (long) AT_EMPTY_PATH),
              captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
    int byteCount = struct.get(JAVA_INT, HANDLE_BYTES);
    return result < 0 || byteCount > HANDLE_BYTES_MAX ? 0 : HANDLE_CONTENT + byteCount;
  }

  /** Raises the process's soft limit of descriptors to the hard one and returns what holds then. */
  public static long raiseDescriptorLimit() {
    MemorySegment captured = LibC.captured();
    MemorySegment limit = Scratch.mine().struct;
    try {
      if (LibC.intOrErrno(
              (long) GETRLIMIT.invokeExact(captured, (long) RLIMIT_NOFILE, limit.address()),
              captured)
          < 0) {
        throw new AssertionError("getrlimit of a valid resource failed");
      }
      long soft = limit.getAtIndex(JAVA_LONG, 0);
      long hard = limit.getAtIndex(JAVA_LONG, 1);
      limit.setAtIndex(JAVA_LONG, 0, hard);
      int raised =
          LibC.intOrErrno(
              (long) SETRLIMIT.invokeExact(captured, (long) RLIMIT_NOFILE, limit.address()),
              captured);
      long holds = raised < 0 ? soft : hard;
      // RLIM_INFINITY has all bits set.
      return holds < 0 ? Long.MAX_VALUE : holds;
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** FNV-1a, then mixed so that short inputs use all bits; never 0, which means none. */
  private static long hash(MemorySegment bytes, int offset, int length) {
    long hash = HASH_START;
    for (int i = 0; i < length; i++) {
      hash = (hash ^ bytes.get(JAVA_BYTE, offset + i)) * HASH_PRIME;
    }
    hash ^= hash >>> (Integer.SIZE - 1);
    return hash == 0 ? 1 : hash;
  }
}
