package io.emberfs.testkit;

import io.emberfs.core.Clock;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that stands still until a test turns it. Any thread. */
public final class FakeClock implements Clock {
  private static final long START_WALL_NANOS = 1_700_000_000_000_000_000L;

  private final AtomicLong nanos = new AtomicLong();

  @Override
  public long nanoTime() {
    return nanos.get();
  }

  @Override
  public long wallNanos() {
    return START_WALL_NANOS + nanos.get();
  }

  /** Turns the clock on by this much. */
  public void advanceNanos(long by) {
    nanos.addAndGet(by);
  }
}
