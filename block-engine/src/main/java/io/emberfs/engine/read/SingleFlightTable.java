package io.emberfs.engine.read;

import io.emberfs.core.BlockKey;
import io.emberfs.core.WriteFence;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The loads under way, so that a missing granule is fetched once: the first to ask leads, those who
 * come meanwhile follow, and look into RAM again when the leader is done. Disjoint granules of a
 * block have leaders of their own.
 *
 * <p>A load that began before an own write ended is not joined: its bytes may be older than a write
 * that was already acknowledged. Bounded by the number of threads that load. Lock: one monitor a
 * stripe, nothing else is called under it but the fence. A leader never waits for another load
 * before it has completed its own, so no circle of waiters can form.
 */
final class SingleFlightTable {
  private static final int STRIPES = 256;

  private final WriteFence fence;
  private final Stripe[] stripes = new Stripe[STRIPES];

  SingleFlightTable(WriteFence fence) {
    this.fence = fence;
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new Stripe();
    }
  }

  /**
   * Asks to load granules of a block.
   *
   * @param sequence the fence's, noted before this call
   * @return a flight that the caller leads and must {@link #complete}, or one to wait for
   */
  Claim claim(
      long fileId,
      long blockIndex,
      long fileGeneration,
      long granules,
      long sequence,
      boolean prefetch) {
    Stripe stripe = stripe(fileId, blockIndex);
    synchronized (stripe) {
      for (Flight f = stripe.first; f != null; f = f.next) {
        if (f.fileId == fileId
            && f.blockIndex == blockIndex
            && f.fileGeneration == fileGeneration
            && (f.granules & granules) != 0
            && fence.isCurrent(fileId, blockIndex, f.sequence)) {
          return new Claim(f, false);
        }
      }
      Flight flight = new Flight(fileId, blockIndex, fileGeneration, granules, sequence, prefetch);
      flight.next = stripe.first;
      stripe.first = flight;
      return new Claim(flight, true);
    }
  }

  /** Ends a load, whatever came of it, and wakes the followers. */
  void complete(Flight flight) {
    Stripe stripe = stripe(flight.fileId, flight.blockIndex);
    synchronized (stripe) {
      Flight before = null;
      for (Flight f = stripe.first; f != null; before = f, f = f.next) {
        if (f == flight) {
          if (before == null) {
            stripe.first = f.next;
          } else {
            before.next = f.next;
          }
          break;
        }
      }
    }
    flight.done.countDown();
  }

  private Stripe stripe(long fileId, long blockIndex) {
    return stripes[(int) BlockKey.hash(fileId, blockIndex) & (STRIPES - 1)];
  }

  /** A flight and whether the asker leads it. */
  record Claim(Flight flight, boolean isLeader) {}

  private static final class Stripe {
    @Nullable Flight first;
  }

  /** One load under way. */
  static final class Flight {
    final long fileId;
    final long blockIndex;
    final long fileGeneration;
    final long granules;
    final long sequence;
    final boolean prefetch;
    private final CountDownLatch done = new CountDownLatch(1);
    private @Nullable Flight next;

    Flight(
        long fileId,
        long blockIndex,
        long fileGeneration,
        long granules,
        long sequence,
        boolean prefetch) {
      this.fileId = fileId;
      this.blockIndex = blockIndex;
      this.fileGeneration = fileGeneration;
      this.granules = granules;
      this.sequence = sequence;
      this.prefetch = prefetch;
    }

    /** Waits for the leader, which completes in a finally. */
    void await() {
      boolean interrupted = false;
      while (true) {
        try {
          done.await();
          break;
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
