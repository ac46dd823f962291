package io.emberfs.app.daemon;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How long loops that found nothing to do wait before they look again: their own short time while
 * there is work anywhere, and a long one when there was none for a second, so that an idle mount
 * leaves the machine alone. Work wakes all of them. Any thread.
 */
final class Pace {
  static final long RESTING_MILLIS = 200;

  private static final long AWAKE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How stale the note may be: a busy mount does not write it for each task. */
  private static final long NOTE_NANOS = AWAKE_NANOS / 16;

  private final LongSupplier nanoClock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile long workedNanos;

  @GuardedBy("lock")
  private boolean isClosed;

  /**
   * @param nanoClock as {@link System#nanoTime}
   */
  Pace(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    workedNanos = nanoClock.getAsLong();
  }

  /** Says that there was, or is, work; wakes who rests. */
  void worked() {
    long now = nanoClock.getAsLong();
    long sinceNanos = now - workedNanos;
    if (sinceNanos < NOTE_NANOS) {
      return;
    }
    // Before the lock: who is about to rest sees it, who rests already is woken.
    workedNanos = now;
    if (sinceNanos >= AWAKE_NANOS) {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Milliseconds until a loop looks again. */
  long restMillis(long idleMillis) {
    return nanoClock.getAsLong() - workedNanos < AWAKE_NANOS
        ? idleMillis
        : Math.max(idleMillis, RESTING_MILLIS);
  }

  /**
   * Waits until a loop is to look again.
   *
   * @param idleMillis its own short time
   * @return whether it is to end instead
   */
  boolean rest(long idleMillis) {
    lock.lock();
    try {
      if (!isClosed && idleMillis > 0) {
        boolean _ = changed.await(restMillis(idleMillis), TimeUnit.MILLISECONDS);
      }
      return isClosed;
    } catch (InterruptedException interrupt) {
      // Nobody interrupts these threads to end them: close() does that.
      return isClosed;
    } finally {
      lock.unlock();
    }
  }

  /** Ends all loops. */
  void close() {
    lock.lock();
    try {
      isClosed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
