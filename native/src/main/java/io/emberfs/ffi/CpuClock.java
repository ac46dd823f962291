package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * CPU time used so far, in nanoseconds (clock_gettime(2)). Java's management beans know it too;
 * their classes would be a tenth of a mount's start.
 */
public final class CpuClock {
  // Values of linux/time.h.
  private static final long PROCESS = 2;
  private static final long THREAD = 3;

  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private static final MethodHandle CLOCK_GETTIME = LibC.link("clock_gettime", 2);

  private CpuClock() {}

  /** Of all threads of this process. */
  public static long processNanos() {
    return nanos(PROCESS);
  }

  /** Of the calling thread. */
  public static long threadNanos() {
    return nanos(THREAD);
  }

  /** Of any clock that cannot fail. */
  static long nanos(long clock) {
    MemorySegment captured = LibC.captured();
    MemorySegment time = Scratch.mine().struct;
    try {
      // Cannot fail for the clocks of this package.
      long _ = (long) CLOCK_GETTIME.invokeExact(captured, clock, time.address());
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
    return time.getAtIndex(JAVA_LONG, 0) * NANOS_PER_SECOND + time.getAtIndex(JAVA_LONG, 1);
  }
}
