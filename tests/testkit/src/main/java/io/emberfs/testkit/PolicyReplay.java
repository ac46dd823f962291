package io.emberfs.testkit;

import io.emberfs.core.BlockKey;
import io.emberfs.core.ReplacementPolicy;
import io.emberfs.core.ReplacementPolicy.SlotView;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiFunction;

/** A cache of keys under a policy: what hits and what misses, access by access. */
public final class PolicyReplay {
  /** Stands for an access that found its key. */
  public static final char HIT = 'h';

  /** Stands for an access that did not. */
  public static final char MISS = 'm';

  private final ReplacementPolicy policy;
  private final long[] keys;
  private final boolean[] prefetched;
  private final Map<Long, Integer> slots = new HashMap<>();
  private final Deque<Integer> free = new ArrayDeque<>();

  private PolicyReplay(int slotCount, BiFunction<Integer, SlotView, ReplacementPolicy> maker) {
    keys = new long[slotCount];
    prefetched = new boolean[slotCount];
    for (int slot = 0; slot < slotCount; slot++) {
      free.add(slot);
    }
    policy =
        maker.apply(
            slotCount,
            new SlotView() {
              @Override
              public long keyHash(int slot) {
                return BlockKey.hash(1, keys[slot]);
              }

              @Override
              public boolean isPrefetched(int slot) {
                return prefetched[slot];
              }
            });
  }

  /** An empty cache of this many keys. */
  public static PolicyReplay of(
      int slotCount, BiFunction<Integer, SlotView, ReplacementPolicy> maker) {
    return new PolicyReplay(slotCount, maker);
  }

  /** Accesses keys; one letter for each, {@link #HIT} or {@link #MISS}. */
  public String run(long... accessed) {
    StringBuilder outcome = new StringBuilder(accessed.length);
    for (long key : accessed) {
      Integer slot = slots.get(key);
      outcome.append(slot == null ? MISS : HIT);
      if (slot == null) {
        insert(key, false);
      } else {
        prefetched[slot] = false;
        policy.onHit(slot);
      }
    }
    return outcome.toString();
  }

  /** Asks for a victim, which then stays after all. */
  public void spare() {
    policy.onReturn(policy.victim());
  }

  /** A prefetch brings keys that are not here. */
  public void bring(long... fetched) {
    for (long key : fetched) {
      if (!slots.containsKey(key)) {
        insert(key, true);
      }
    }
  }

  private void insert(long key, boolean byPrefetch) {
    if (free.isEmpty()) {
      int victim = policy.victim();
      slots.remove(keys[victim]);
      free.add(victim);
    }
    int slot = free.remove();
    keys[slot] = key;
    slots.put(key, slot);
    prefetched[slot] = byPrefetch;
    policy.onInsert(slot);
  }
}
