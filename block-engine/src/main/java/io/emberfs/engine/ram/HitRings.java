package io.emberfs.engine.ram;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.IntConsumer;

/**
 * Hits on their way to the replacement policy: a few rings of slot numbers, chosen by thread, each
 * with room for a fixed number. Recording never waits: where a ring is full, or two threads want
 * the same place, the hit is lost, which costs the policy a little knowledge.
 *
 * <table>
 * <caption>Access</caption>
 * <tr><th>field<th>access<th>guard of writes<th>who reads
 * <tr><td>tails<td>CAS<td>none<td>recorders and the drain
 * <tr><td>heads<td>release to write, acquire to read<td>one drain at a time (the tier's lock)
 *     <td>recorders, before they take a place
 * <tr><td>places<td>release to write, acquire to read<td>who took the place; the drain empties it
 *     <td>the drain, which stops at one not yet written
 * </table>
 */
final class HitRings {
  private static final int RING_COUNT = 16;
  private static final int RING_SIZE = 128;

  /** Entries between two counters, so that rings do not share cache lines. */
  private static final int STRIDE = 16;

  /** What all rings need. */
  static final int BYTES = RING_COUNT * (RING_SIZE + 2 * STRIDE) * Integer.BYTES;

  private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

  private final int[] tails = new int[RING_COUNT * STRIDE];
  private final int[] heads = new int[RING_COUNT * STRIDE];
  private final int[] places = new int[RING_COUNT * RING_SIZE];

  /** What became of a hit. */
  enum Recorded {
    KEPT,
    /** Kept, and it is time to drain. */
    HALF_FULL,
    LOST
  }

  /** Notes a hit. Any thread, never waits, allocates nothing. */
  Recorded record(int slot) {
    int ring = (int) (Thread.currentThread().threadId() & (RING_COUNT - 1));
    int tail = (int) INTS.getOpaque(tails, ring * STRIDE);
    int waiting = tail - (int) INTS.getAcquire(heads, ring * STRIDE);
    if (waiting >= RING_SIZE || !INTS.compareAndSet(tails, ring * STRIDE, tail, tail + 1)) {
      return Recorded.LOST;
    }
    INTS.setRelease(places, place(ring, tail), slot + 1);
    return waiting >= RING_SIZE / 2 ? Recorded.HALF_FULL : Recorded.KEPT;
  }

  /** Hands out and forgets what was recorded; one caller at a time. */
  void drain(IntConsumer slots) {
    for (int ring = 0; ring < RING_COUNT; ring++) {
      int head = heads[ring * STRIDE];
      int tail = (int) INTS.getAcquire(tails, ring * STRIDE);
      for (; head != tail; head++) {
        int kept = (int) INTS.getAcquire(places, place(ring, head));
        if (kept == 0) {
          break; // taken, not written yet: its turn comes next time
        }
        INTS.setOpaque(places, place(ring, head), 0);
        slots.accept(kept - 1);
      }
      INTS.setRelease(heads, ring * STRIDE, head);
    }
  }

  private static int place(int ring, int position) {
    return ring * RING_SIZE + (position & (RING_SIZE - 1));
  }
}
