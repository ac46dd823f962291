package io.emberfs.fuse.channel;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.ffi.NativeMemory;
import io.emberfs.fuse.dispatch.ReplyChannel;
import io.emberfs.fuse.dispatch.RequestMeters;
import io.emberfs.fuse.dispatch.WireRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The bounded pool of requests with their memory, one mapping cut into equal parts. The memory of a
 * request costs nothing until the request is used for the first time; the one that came back last
 * is given out first, so few are used while few are deferred.
 *
 * <p>Receivers take one for as long as they live and another whenever one is deferred: the lock is
 * never taken for a request that is answered at once.
 */
final class RequestBuffers implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;
  private final int requestSizeMax;
  private final long memorySize;
  private final int countMax;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final ArrayDeque<WireRequest> free = new ArrayDeque<>();

  @GuardedBy("lock")
  private int made;

  /**
   * @param requestSizeMax bytes of the largest read or write, whole pages
   * @param countMax requests in use at a time
   */
  RequestBuffers(int requestSizeMax, int countMax) {
    this.requestSizeMax = requestSizeMax;
    this.memorySize = WireRequest.memorySize(requestSizeMax);
    this.countMax = countMax;
    this.memory = NativeMemory.map(memorySize * countMax, arena);
  }

  /** Bytes of the largest read or write. */
  int requestSizeMax() {
    return requestSizeMax;
  }

  /** Requests in use at a time, at most. */
  int countMax() {
    return countMax;
  }

  /** Takes a request; waits until there is one. */
  WireRequest acquire(ReplyChannel channel, RequestMeters meters) {
    lock.lock();
    try {
      while (free.isEmpty() && made == countMax) {
        changed.awaitUninterruptibly();
      }
      if (!free.isEmpty()) {
        return free.pop();
      }
      MemorySegment part = memory.asSlice(made * memorySize, memorySize);
      made++;
      return new WireRequest(part, channel, meters);
    } finally {
      lock.unlock();
    }
  }

  /** Gives a request back. */
  void release(WireRequest request) {
    lock.lock();
    try {
      free.push(request);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until every request is back; false at the time-out. */
  boolean awaitAllFree(Duration timeout) {
    lock.lock();
    try {
      long remaining = timeout.toNanos();
      while (free.size() < made) {
        if (remaining <= 0) {
          return false;
        }
        remaining = changed.awaitNanos(remaining);
      }
      return true;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Frees the memory. Only when every request is back and no receiver is left. */
  @Override
  public void close() {
    arena.close();
  }
}
