package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * On which CPUs a thread may run (sched_setaffinity(2)), and how many there can be.
 *
 * <p>A thread that is started by a pinned one is pinned as well, until it says {@link
 * #followProcess}.
 */
public final class CpuAffinity {
  /** Room for eight thousand CPUs: the kernel wants as many bits as it was built for. */
  private static final int MASK_BYTES = 1024;

  private static final long THIS_THREAD = 0;
  private static final Path POSSIBLE = Path.of("/sys/devices/system/cpu/possible");

  private static final MethodHandle SET = LibC.link("sched_setaffinity", 3);
  private static final MethodHandle GET = LibC.link("sched_getaffinity", 3);

  private CpuAffinity() {}

  /**
   * Keeps the calling thread on one CPU.
   *
   * @return 0, or the negated errno: EINVAL where this process may not use that CPU
   */
  public static int pinTo(int cpu) {
    if (cpu < 0 || cpu >= MASK_BYTES * Byte.SIZE) {
      return -Errno.EINVAL;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate(MASK_BYTES, Long.BYTES);
      mask.set(JAVA_BYTE, cpu / Byte.SIZE, (byte) (1 << cpu % Byte.SIZE));
      return set(mask, MASK_BYTES);
    }
  }

  /**
   * Lets the calling thread run where the process's first thread may, which nobody pins.
   *
   * @return 0, or the negated errno
   */
  public static int followProcess() {
    MemorySegment captured = LibC.captured();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate(MASK_BYTES, Long.BYTES);
      // The C function answers 0 and leaves the bytes beyond the kernel's mask as they are.
      int result =
          LibC.intOrErrno(
              (long)
                  GET.invokeExact(
                      captured, ProcessHandle.current().pid(), (long) MASK_BYTES, mask.address()),
              captured);
      return result < 0 ? result : set(mask, MASK_BYTES);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * CPUs that this machine can ever have, which may be more than are there.
   *
   * @throws BackingException if the kernel does not tell
   */
  public static int possibleCount() {
    try {
      return countOf(Files.readString(POSSIBLE));
    } catch (IOException | NumberFormatException failed) {
      throw new BackingException(Errno.EIO, "read", POSSIBLE + ": " + failed.getMessage());
    }
  }

  /** The length of a list such as {@code 0-3,8,10-11}. */
  static int countOf(String list) {
    int count = 0;
    for (String part : list.strip().split(",", -1)) {
      int dash = part.indexOf('-');
      int first = Integer.parseInt(dash < 0 ? part : part.substring(0, dash));
      int last = dash < 0 ? first : Integer.parseInt(part.substring(dash + 1));
      count += last - first + 1;
    }
    return count;
  }

  private static int set(MemorySegment mask, int byteCount) {
    MemorySegment captured = LibC.captured();
    try {
      return LibC.intOrErrno(
          (long) SET.invokeExact(captured, THIS_THREAD, (long) byteCount, mask.address()),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }
}
