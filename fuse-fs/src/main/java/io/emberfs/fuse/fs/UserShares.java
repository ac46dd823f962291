package io.emberfs.fuse.fs;

import com.google.errorprone.annotations.ThreadSafe;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.Workers;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one user from taking every worker: whoever has a hundred threads waiting for a slow backing
 * leaves some workers to the others. What is above a user's share waits until a task of the same
 * user has ended, in the order of calls; there are never more of these than the transport has
 * requests in flight. Root, who can stop the daemon, has no bound.
 */
@ThreadSafe
final class UserShares {
  private static final int ROOT = 0;

  private final Workers workers;
  private final int perUserMax;

  /** Users with a task that runs or waits. */
  @GuardedBy("this")
  private final Map<Integer, Share> shares = new HashMap<>();

  /** Of one user. */
  private static final class Share {
    /** Tasks that the workers have. */
    int given;

    final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  }

  /**
   * @param perUserMax tasks that the workers have of one user at a time, at most
   */
  UserShares(Workers workers, int perUserMax) {
    if (perUserMax <= 0) {
      throw new IllegalArgumentException("a share of " + perUserMax + " workers");
    }
    this.workers = workers;
    this.perUserMax = perUserMax;
  }

  /** Runs a task for a user on a worker; false if the workers' queue is full. */
  boolean execute(int uid, Runnable task) {
    if (uid == ROOT) {
      return workers.execute(task);
    }
    synchronized (this) {
      Share share = shares.computeIfAbsent(uid, _ -> new Share());
      if (share.given == perUserMax) {
        share.waiting.add(task);
        return true;
      }
      share.given++;
    }
    boolean isTaken = false;
    try {
      isTaken = workers.execute(() -> run(uid, task));
    } finally {
      if (!isTaken) {
        passOn(uid);
      }
    }
    return isTaken;
  }

  private void run(int uid, Runnable task) {
    try {
      task.run();
    } finally {
      passOn(uid);
    }
  }

  /** At the end of the queue, behind what others have waiting there. */
  private void passOn(int uid) {
    Runnable next = ended(uid);
    if (next != null && !workers.execute(() -> run(uid, next))) {
      run(uid, next);
    }
  }

  /** One task less; the next one that has waited, which takes its place. */
  private synchronized @Nullable Runnable ended(int uid) {
    Share share = shares.get(uid);
    if (share == null) {
      throw new IllegalStateException("user " + uid + " has no task");
    }
    Runnable next = share.waiting.poll();
    if (next == null) {
      share.given--;
      if (share.given == 0) {
        shares.remove(uid);
      }
    }
    return next;
  }

  /** Users who have a task now. */
  synchronized int userCount() {
    return shares.size();
  }
}
