package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;
import java.util.List;

/**
 * Follows the policy that would have missed least lately (Gramacy, Warmuth, Brandt, Ari: "Adaptive
 * caching by refetching", NIPS 2002). Each expert manages a {@link VirtualCache} of keys that sees
 * every access; the victim is a block that the leading expert would not have any more.
 *
 * <p>The first expert is LRU, and it is more than one of several: whenever the real cache has
 * missed more than LRU alone would have, by half a per cent, LRU leads until that is made up for.
 *
 * <p>Prefetched blocks that nobody asked for yet are no access: they wait in a queue of their own,
 * leave first once they fill a twentieth of the cache or are as old as it, and become accesses with
 * their first use.
 */
public final class Master implements ReplacementPolicy {
  private static final int LRU = 0;
  private static final int PREFETCHED = 0;

  /** Prefetched blocks are due when they are more than one in this many. */
  private static final int PREFETCHED_DIVISOR = 20;

  /** A miss weighs half as much as one that comes this many cache sizes of accesses later... */
  private static final double MEMORY_CACHE_SIZES = 2;

  /** ...or this many accesses, for very small caches. */
  private static final double MEMORY_ACCESSES_MIN = 400;

  private static final double WEIGHT_MAX = 1e200;

  /** Another expert takes the lead when its weighted misses are below this share. */
  private static final double LEAD = 0.99;

  /** Misses that are allowed for each of LRU's. */
  private static final double LRU_MARGIN = 1.005;

  private final SlotView view;
  private final VirtualCache[] experts;
  private final double[] weightedMisses;
  private final SlotLists prefetched;
  private final boolean[] known;
  private final int[] arrivals;
  private int arrivalCount;
  private int count;
  private int leader = LRU;
  private long misses;
  private long lruMisses;
  private double weight = 1;

  /**
   * @param slotCount slots are numbered from 0 to one less
   * @param view answers for known slots
   */
  public Master(int slotCount, SlotView view) {
    this.view = view;
    List<VirtualCache> virtual =
        List.of(
            new VirtualCache(slotCount, (entryCount, _) -> new Lru(entryCount)),
            new VirtualCache(slotCount, S3Fifo::new),
            new VirtualCache(slotCount, TwoQ::new),
            new VirtualCache(slotCount, Lirs::new));
    experts = virtual.toArray(VirtualCache[]::new);
    weightedMisses = new double[experts.length];
    prefetched = new SlotLists(slotCount, 1);
    known = new boolean[slotCount];
    arrivals = new int[slotCount];
  }

  @Override
  public void onInsert(int slot) {
    known[slot] = true;
    count++;
    arrivals[slot] = arrivalCount++;
    if (view.isPrefetched(slot)) {
      prefetched.add(PREFETCHED, slot);
    } else {
      misses++;
      access(slot);
    }
  }

  @Override
  public void onHit(int slot) {
    if (known[slot]) {
      if (prefetched.isInAny(slot)) {
        prefetched.remove(slot);
      }
      access(slot);
    }
  }

  @Override
  public void onRemove(int slot) {
    known[slot] = false;
    count--;
    if (prefetched.isInAny(slot)) {
      prefetched.remove(slot);
      return;
    }
    for (VirtualCache expert : experts) {
      expert.forget(slot);
    }
  }

  @Override
  public int victim() {
    int slot = takeDuePrefetched();
    if (slot != SlotLists.NONE || count == 0) {
      return slot;
    }
    chooseLeader();
    slot = experts[leader].victim();
    for (VirtualCache expert : experts) {
      expert.left(slot);
    }
    known[slot] = false;
    count--;
    return slot;
  }

  @Override
  public int size() {
    return count;
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    if (experts[leader].forEach(visitor)) {
      prefetched.visit(PREFETCHED, visitor);
    }
  }

  private void access(int slot) {
    long keyHash = view.keyHash(slot);
    int capacity = count - prefetched.size(PREFETCHED);
    weight *= 1 + 1 / Math.max(MEMORY_ACCESSES_MIN, MEMORY_CACHE_SIZES * capacity);
    for (int i = 0; i < experts.length; i++) {
      if (!experts[i].access(keyHash, slot, capacity)) {
        weightedMisses[i] += weight;
        lruMisses += i == LRU ? 1 : 0;
      }
    }
    if (weight > WEIGHT_MAX) {
      for (int i = 0; i < experts.length; i++) {
        weightedMisses[i] /= weight;
      }
      weight = 1;
    }
  }

  private void chooseLeader() {
    int best = leader;
    for (int i = 0; i < experts.length; i++) {
      best = weightedMisses[i] < weightedMisses[best] ? i : best;
    }
    if (weightedMisses[best] < weightedMisses[leader] * LEAD) {
      leader = best;
    }
    if (misses > lruMisses * LRU_MARGIN) {
      leader = LRU;
    }
  }

  /** A prefetched block that has to leave, or NONE. */
  private int takeDuePrefetched() {
    for (int slot = prefetched.oldest(PREFETCHED);
        slot != SlotLists.NONE;
        slot = prefetched.oldest(PREFETCHED)) {
      int waiting = prefetched.size(PREFETCHED);
      boolean isDue =
          (long) waiting * PREFETCHED_DIVISOR > count
              || waiting == count
              || arrivalCount - arrivals[slot] > count;
      if (!isDue) {
        return SlotLists.NONE;
      }
      prefetched.remove(slot);
      if (view.isPrefetched(slot)) {
        known[slot] = false;
        count--;
        return slot;
      }
      access(slot); // used, but the news of it was lost on the way
    }
    return SlotLists.NONE;
  }
}
