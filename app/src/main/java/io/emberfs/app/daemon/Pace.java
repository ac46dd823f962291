package io.emberfs.app.daemon;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * How long resting loops that found nothing to do wait before they look again: their own short time
 * while there is work anywhere, and a long one when there was none for a second, so that an idle
 * mount leaves the machine alone. Work wakes all of them. Any thread.
 */
final class Pace {
  static final long RESTING_MILLIS = 1_000;

  private static final long AWAKE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How stale the note may be: a busy mount does not write it for each task. */
  private static final long NOTE_NANOS = AWAKE_NANOS / 16;

  private final LongSupplier nanoClock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile long workedNanos;

  /** Written under the lock, so that nobody begins a rest after it. */
  private volatile boolean isClosed;

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
   * Waits until a resting loop is to look again: its own time, or longer; work ends a long rest.
   *
   * @return whether it is to end instead
   */
  boolean rest(long idleMillis) {
    lock.lock();
    try {
      if (!isClosed) {
        boolean _ = changed.await(restMillis(idleMillis), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException interrupt) {
      // Nobody interrupts these threads to end them: close() does that.
    } finally {
      lock.unlock();
    }
    return isClosed;
  }

  /**
   * Waits for this time, whatever the others do.
   *
   * @return whether the loop is to end instead
   */
  boolean pause(long millis) {
    try {
      return closing.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupt) {
      return isClosed;
    }
  }

  /** Whether all loops are to end. */
  boolean isClosed() {
    return isClosed;
  }

  /** Ends all loops. */
  void close() {
    closing.countDown();
    lock.lock();
    try {
      isClosed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
