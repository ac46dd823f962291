package io.emberfs.ffi;

import io.emberfs.core.Clock;

/**
 * The clock whose wall time is the one that the kernel stamps files with: it stands still between
 * two ticks (CLOCK_REALTIME_COARSE, clock_gettime(2)). A finer one would be ahead of it, and a file
 * that is made after another one was written would be the older of the two, for {@code make} a
 * reason to build again.
 */
public final class FileClock implements Clock {
  // Value of linux/time.h.
  private static final long REALTIME_COARSE = 5;

  @Override
  public long nanoTime() {
    return Clock.SYSTEM.nanoTime();
  }

  @Override
  public long wallNanos() {
    return CpuClock.nanos(REALTIME_COARSE);
  }
}
