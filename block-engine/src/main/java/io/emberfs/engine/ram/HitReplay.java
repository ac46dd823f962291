package io.emberfs.engine.ram;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.Meters;
import io.emberfs.core.ReplacementPolicy;
import java.lang.foreign.Arena;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings hits to the replacement policy in batches, so that a hit takes no lock, and finds out
 * which compressed blocks are used enough to be plain again.
 *
 * <table>
 * <caption>Access</caption>
 * <tr><th>field<th>access<th>guard of writes<th>who reads
 * <tr><td>rings<td>see there<td>none; drained under {@code lock}<td>see there
 * <tr><td>policy, expansions<td>plain<td>{@code lock}<td>under the lock
 * </table>
 */
final class HitReplay {
  private static final int EXPANSIONS_WAITING_MAX = 64;

  private final ReentrantLock lock;
  private final EntryTable table;
  private final BlockPlacement placement;
  private final Meters.Counter lostHits;
  private final HitRings rings = new HitRings();
  private final IntConsumer replay = this::replay;

  @GuardedBy("lock")
  private final ReplacementPolicy policy;

  /** Slots of compressed blocks; hints, so a full queue loses some and stale ones are harmless. */
  @GuardedBy("lock")
  private final SlotQueue expansions;

  HitReplay(
      ReentrantLock lock,
      EntryTable table,
      BlockPlacement placement,
      ReplacementPolicy policy,
      Meters meters,
      Arena arena) {
    this.lock = lock;
    this.table = table;
    this.placement = placement;
    this.policy = policy;
    lostHits = meters.counter("ram.lostHits");
    expansions = new SlotQueue(EXPANSIONS_WAITING_MAX, arena);
  }

  /** Notes a hit; replays those noted if it is time and the lock is free. Never waits. */
  void record(int slot) {
    HitRings.Recorded recorded = rings.record(slot);
    if (recorded == HitRings.Recorded.KEPT) {
      return;
    }
    if (recorded == HitRings.Recorded.LOST) {
      lostHits.increment();
    }
    if (lock.tryLock()) {
      try {
        rings.drain(replay);
      } finally {
        lock.unlock();
      }
    }
  }

  /** Replays the hits noted. */
  void drain() {
    lock.lock();
    try {
      rings.drain(replay);
    } finally {
      lock.unlock();
    }
  }

  /** Asks for a compressed block to be made plain. Under the lock. */
  @SuppressWarnings("GuardedBy") // the lock is the caller's, and the same
  void requestExpansion(int slot) {
    assert lock.isHeldByCurrentThread();
    boolean _ = expansions.add(slot);
  }

  /** The next compressed block that is to be made plain; null if there is none. */
  @Nullable Chosen nextExpansion() {
    lock.lock();
    try {
      for (int slot = expansions.poll(); slot != SlotQueue.NONE; slot = expansions.poll()) {
        if (table.hasFlag(slot, EntryTable.LIVE) && !placement.isPlain(slot)) {
          return new Chosen(slot, table.stamp(slot));
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Called under the lock, by the rings. A slot may have another tenant by now; no harm.
   *
   * <p>The first use of a prefetched block is what another block is read for: it came in time, but
   * nobody came back to it. Were it used for that, every block that a scan passes would be.
   */
  @SuppressWarnings("GuardedBy") // the rings call it within drain and record
  private void replay(int slot) {
    assert lock.isHeldByCurrentThread();
    if (!table.hasFlag(slot, EntryTable.LIVE)) {
      return;
    }
    policy.onHit(slot);
    if (table.hasFlag(slot, EntryTable.UNTRIED)) {
      table.clearFlags(slot, EntryTable.UNTRIED);
    } else if (placement.isPlain(slot)) {
      table.raiseFlags(slot, EntryTable.USED);
    } else if (table.hasFlag(slot, EntryTable.USED_WARM)) {
      table.clearFlags(slot, EntryTable.USED_WARM);
      requestExpansion(slot);
    } else {
      table.raiseFlags(slot, EntryTable.USED_WARM);
    }
  }
}
