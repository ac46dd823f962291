package io.emberfs.engine.prefetch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Candidates that wait to be fetched: the most probable first, of equal ones the oldest. Bounded;
 * no block waits twice. A candidate that demand overtakes is cut, one that waited for too many
 * accesses is dropped. Any thread; one lock, held for a walk over the few candidates and never
 * across a call out.
 */
final class PrefetchQueue {
  /** Accesses after which a waiting candidate is too old to be worth its bytes. */
  private static final long STALE_ACCESSES = 4096;

  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final List<Waiting> waiting;

  @GuardedBy("lock")
  private long accessCount;

  /**
   * Blocks in a row that a model proposes.
   *
   * @param component which model
   * @param probability that all of them will be used, 0 to 1
   */
  record Candidate(
      long fileId, long firstBlockIndex, int blockCount, int component, float probability) {
    long endBlockIndex() {
      return firstBlockIndex + blockCount;
    }

    Candidate part(long first, long end) {
      return new Candidate(fileId, first, (int) (end - first), component, probability);
    }
  }

  private record Waiting(Candidate candidate, long since) {}

  /**
   * @param capacity candidates that wait at most
   */
  PrefetchQueue(int capacity) {
    this.capacity = capacity;
    this.waiting = new ArrayList<>(capacity + 1);
  }

  /**
   * Adds what of a candidate does not wait already.
   *
   * @return the candidate for which there was no room: this one, a worse one that gave way, or null
   */
  @Nullable Candidate offer(Candidate candidate) {
    lock.lock();
    try {
      Candidate rest = withoutWaiting(candidate);
      if (rest == null) {
        return null;
      }
      int at = waiting.size();
      while (at > 0 && waiting.get(at - 1).candidate().probability() < rest.probability()) {
        at--;
      }
      waiting.add(at, new Waiting(rest, accessCount));
      return waiting.size() > capacity ? waiting.removeLast().candidate() : null;
    } finally {
      lock.unlock();
    }
  }

  /** Takes the best candidate, or its first {@code maxBlocks} blocks; null if none waits. */
  @Nullable Candidate take(int maxBlocks) {
    lock.lock();
    try {
      if (waiting.isEmpty()) {
        return null;
      }
      Waiting best = waiting.removeFirst();
      Candidate candidate = best.candidate();
      if (candidate.blockCount() <= maxBlocks) {
        return candidate;
      }
      long cut = candidate.firstBlockIndex() + maxBlocks;
      waiting.addFirst(new Waiting(candidate.part(cut, candidate.endBlockIndex()), best.since()));
      return candidate.part(candidate.firstBlockIndex(), cut);
    } finally {
      lock.unlock();
    }
  }

  /** Demand asked for these blocks: at the edges of candidates they are cut off. */
  void demanded(long fileId, long firstBlockIndex, long endBlockIndex) {
    lock.lock();
    try {
      accessCount++;
      for (int i = waiting.size() - 1; i >= 0; i--) {
        Candidate candidate = waiting.get(i).candidate();
        if (candidate.fileId() != fileId
            || candidate.endBlockIndex() <= firstBlockIndex
            || endBlockIndex <= candidate.firstBlockIndex()) {
          continue;
        }
        Candidate rest = without(candidate, firstBlockIndex, endBlockIndex);
        if (rest == null) {
          waiting.remove(i);
        } else {
          waiting.set(i, new Waiting(rest, waiting.get(i).since()));
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Drops what waits of a file. */
  void drop(long fileId) {
    lock.lock();
    try {
      waiting.removeIf(w -> w.candidate().fileId() == fileId);
    } finally {
      lock.unlock();
    }
  }

  /** Drops what waited for too long, and returns it. */
  List<Candidate> dropStale() {
    lock.lock();
    try {
      List<Candidate> stale = new ArrayList<>();
      for (int i = waiting.size() - 1; i >= 0; i--) {
        if (accessCount - waiting.get(i).since() > STALE_ACCESSES) {
          stale.add(waiting.remove(i).candidate());
        }
      }
      return stale;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private @Nullable Candidate withoutWaiting(Candidate candidate) {
    Candidate rest = candidate;
    for (Waiting w : waiting) {
      Candidate other = w.candidate();
      if (other.fileId() == rest.fileId()
          && other.firstBlockIndex() < rest.endBlockIndex()
          && rest.firstBlockIndex() < other.endBlockIndex()) {
        rest = without(rest, other.firstBlockIndex(), other.endBlockIndex());
        if (rest == null) {
          return null;
        }
      }
    }
    return rest;
  }

  /**
   * A candidate less an overlapping range; of one with the range in its middle the front remains.
   * Null if nothing does.
   */
  private static @Nullable Candidate without(Candidate candidate, long first, long end) {
    if (first > candidate.firstBlockIndex()) {
      return candidate.part(candidate.firstBlockIndex(), first);
    }
    return end < candidate.endBlockIndex() ? candidate.part(end, candidate.endBlockIndex()) : null;
  }
}
