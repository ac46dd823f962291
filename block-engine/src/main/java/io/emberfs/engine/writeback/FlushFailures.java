package io.emberfs.engine.writeback;

/** Failed flushes of one file. Read by any thread, changed under the file's lock. */
final class FlushFailures {
  private static final long RETRY_NANOS_MIN = 250_000_000;
  private static final long RETRY_NANOS_MAX = 30_000_000_000L;

  private volatile int count;
  private volatile int lastErrno;
  private volatile int inRow;
  private volatile long retryNanos;

  /** Since the start. */
  int count() {
    return count;
  }

  /** Of the last one. */
  int lastErrno() {
    return lastErrno;
  }

  /** Whether the last flush failed. */
  boolean isStuck() {
    return inRow > 0;
  }

  /** Whether enough time has passed since the last one. */
  boolean mayTry(long nanos) {
    return inRow == 0 || nanos - retryNanos >= 0;
  }

  void failed(int errno, long nanos) {
    lastErrno = errno;
    count++;
    inRow++;
    putOff(nanos);
  }

  /** Nobody tries again for a while, the longer the more failed in a row. */
  void putOff(long nanos) {
    retryNanos = nanos + Math.min(RETRY_NANOS_MAX, RETRY_NANOS_MIN << Math.min(inRow, 10));
  }

  /** A flush succeeded, or none is needed. */
  void ended() {
    inRow = 0;
  }
}
