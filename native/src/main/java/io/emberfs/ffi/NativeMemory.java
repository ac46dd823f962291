package io.emberfs.ffi;

import io.emberfs.core.BackingException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Page-aligned anonymous memory (mmap(2)) that costs nothing until it is touched and can be given
 * back in parts.
 *
 * <p>The segment lives as long as its arena, which unmaps it.
 */
public final class NativeMemory {
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x2 | 0x20 | 0x4000;
  private static final int MAP_SHARED_POPULATE = 0x1 | 0x8000;
  private static final int MADV_DONTNEED = 4;

  private static final MethodHandle MMAP = LibC.link("mmap", 6);
  private static final MethodHandle MUNMAP = LibC.link("munmap", 2);
  private static final MethodHandle MADVISE = LibC.link("madvise", 3);

  private NativeMemory() {}

  /**
   * Maps zeroed memory.
   *
   * @param byteSize at least 1; rounded up to whole pages by the kernel
   * @param arena unmaps it when it closes
   * @throws OutOfMemoryError if the kernel refuses
   */
  public static MemorySegment map(long byteSize, Arena arena) {
    long address = map(byteSize, MAP_PRIVATE_ANONYMOUS_NORESERVE, -1, 0);
    if (address < 0) {
      throw new OutOfMemoryError("mmap of " + byteSize + " bytes failed with errno " + -address);
    }
    return MemorySegment.ofAddress(address).reinterpret(byteSize, arena, NativeMemory::unmap);
  }

  /**
   * Maps memory that is shared with the kernel through a descriptor, its pages present at once.
   *
   * @param descriptor may be closed afterwards; the memory stays
   * @param offset as the descriptor's kind defines it
   * @param arena unmaps it when it closes
   * @throws BackingException with the errno of mmap(2)
   */
  static MemorySegment mapShared(int descriptor, long offset, long byteSize, Arena arena) {
    long address = map(byteSize, MAP_SHARED_POPULATE, descriptor, offset);
    if (address < 0) {
      throw new BackingException((int) -address, "mmap", byteSize + " bytes of a descriptor");
    }
    return MemorySegment.ofAddress(address).reinterpret(byteSize, arena, NativeMemory::unmap);
  }

  /**
   * Copies bytes between native addresses, which may overlap. The caller vouches for both ranges;
   * nothing is checked.
   */
  public static void copy(long from, long to, long byteCount) {
    MemorySegment.copy(LibC.MEMORY, from, LibC.MEMORY, to, byteCount);
  }

  private static long map(long byteSize, int flags, int descriptor, long offset) {
    MemorySegment captured = LibC.captured();
    try {
      return LibC.orErrno(
          (long)
              MMAP.invokeExact(
                  captured,
                  0L,
                  byteSize,
                  (long) PROT_READ_WRITE,
                  (long) flags,
                  (long) descriptor,
                  offset),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * Gives the pages of a part of mapped memory back; they read as zeros afterwards. Both bounds on
   * page borders.
   */
  public static void giveBack(MemorySegment part) {
    MemorySegment captured = LibC.captured();
    try {
      long _ =
          (long)
              MADVISE.invokeExact(captured, part.address(), part.byteSize(), (long) MADV_DONTNEED);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  private static void unmap(MemorySegment mapped) {
    MemorySegment captured = LibC.captured();
    try {
      long _ = (long) MUNMAP.invokeExact(captured, mapped.address(), mapped.byteSize());
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }
}
