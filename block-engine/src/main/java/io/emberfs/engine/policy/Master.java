package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * Follows the policy that would have missed least lately, as adaptive caching does (Gramacy,
 * Warmuth, Brandt, Ari: "Adaptive caching by refetching", NIPS 2002). Each expert manages one of
 * the {@link ShadowCaches} of a sample of the keys, chosen by their hash and thinned out as the
 * cache grows (Waldspurger, Park, Garthwaite, Ahmad: "Efficient MRC construction with SHARDS", FAST
 * 2015). The blocks themselves stand in the order of their last use and in two queues; the leading
 * expert says which of both decides who leaves, and by which rule.
 *
 * <p>The first expert is LRU, and it is more than one of several: whenever the real cache has
 * missed more than LRU alone would have, by half a per cent, LRU leads until that is made up for.
 * It does not lead at the start, when all have missed alike, for it would lose everything to a
 * first scan.
 *
 * <p>Prefetched blocks that nobody asked for yet are no access: they wait in a queue of their own,
 * leave first once they fill a twentieth of the cache or are as old as it, and become newcomers
 * with their first use.
 */
public final class Master implements ReplacementPolicy {
  /** What each slot takes once it was used. */
  static final int BYTES_PER_SLOT = 2 * SlotLists.BYTES_PER_SLOT;

  private static final int LRU = 0;

  private static final int FIRST_LEADER = 1;

  /** What the queues do while each expert leads; what LRU needs of them is to stay ready. */
  private static final QueueRule[] RULES = {
    QueueRule.TWO_Q, QueueRule.S3_FIFO, QueueRule.TWO_Q, QueueRule.SHORT_TWO_Q
  };

  private static final int PREFETCHED = 0;
  private static final int USED = 1;
  private static final int LIST_COUNT = 2;

  /** Prefetched blocks are due when they are more than one in this many. */
  private static final int PREFETCHED_DIVISOR = 20;

  /** A shadow of more keys would hardly judge better. */
  private static final int SHADOW_KEYS_MAX = 2048;

  /** A miss weighs half as much as one that comes about this many misses later, in shadow sizes. */
  private static final double MEMORY_SHADOW_SIZES = 8;

  private static final double MEMORY_MISSES_MIN = 200;
  private static final double WEIGHT_MAX = 1e200;

  /** Another expert takes the lead when its weighted misses are below this share. */
  private static final double LEAD = 0.99;

  /** Misses that are allowed for each of LRU's. */
  private static final double LRU_MARGIN = 1.005;

  private final SlotView view;
  private final ShadowCaches shadows;
  private final double[] weightedMisses = new double[RULES.length];

  /** Prefetched blocks by arrival, which the numbers count, the others by their last use. */
  private final SlotLists order;

  private final RuledQueues queues;

  /** One key in two to the power of this is in the sample: those with as many zeros in front. */
  private int sampleShift;

  /**
   * Blocks in use when one had to leave last. Until one had to, without a bound: shadows that gave
   * up keys while the cache is filling would judge a cache that it never was.
   */
  private int capacity = Integer.MAX_VALUE;

  private int arrivalCount;
  private int leader = FIRST_LEADER;
  private long misses;
  private long lruMisses;
  private double weight = 1;

  /**
   * @param slotCount slots are numbered from 0 to one less
   * @param view answers for known slots
   */
  public Master(int slotCount, SlotView view) {
    this.view = view;
    shadows = new ShadowCaches(shadowKeys(slotCount), RULES);
    order = new SlotLists(slotCount, LIST_COUNT);
    queues = new RuledQueues(slotCount, view, RULES[leader]);
  }

  private static int shadowKeys(int slotCount) {
    return Math.min(slotCount, SHADOW_KEYS_MAX);
  }

  /** Heap bytes of shadows and ghosts for this many slots or fewer, at most. */
  static long bytesFor(int slotCount) {
    return ShadowCaches.bytesFor(shadowKeys(slotCount)) + GhostTable.bytesFor(slotCount);
  }

  @Override
  public void onInsert(int slot) {
    order.setNumber(slot, arrivalCount++);
    if (view.isPrefetched(slot)) {
      order.add(PREFETCHED, slot);
    } else {
      enter(slot);
      judge(slot, true);
    }
  }

  @Override
  public void onHit(int slot) {
    if (order.isIn(PREFETCHED, slot)) {
      firstUse(slot);
    } else if (order.isIn(USED, slot)) {
      order.moveTo(USED, slot);
      queues.onHit(slot);
      judge(slot, false);
    }
  }

  @Override
  public void onRemove(int slot) {
    if (order.isIn(USED, slot)) {
      queues.onRemove(slot);
      long keyHash = view.keyHash(slot);
      if (isSampled(keyHash)) {
        shadows.forget(keyHash);
      }
    }
    order.remove(slot);
  }

  @Override
  public int victim() {
    capacity = order.size(USED);
    int slot = takeDuePrefetched();
    if (slot != SlotLists.NONE || size() == 0) {
      return slot;
    }
    chooseLeader();
    if (leader == LRU) {
      slot = order.oldest(USED);
      queues.leave(slot);
    } else {
      slot = queues.victim();
    }
    order.remove(slot);
    return slot;
  }

  /** No access, so no expert hears of it. */
  @Override
  public void onReturn(int slot) {
    order.setNumber(slot, arrivalCount++);
    order.add(USED, slot);
    queues.onReturn(slot);
  }

  @Override
  public int size() {
    return order.sizeOfAll();
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    if (leader == LRU ? order.visit(USED, visitor) : queues.visit(visitor)) {
      order.visit(PREFETCHED, visitor);
    }
  }

  private void enter(int slot) {
    order.add(USED, slot);
    queues.onInsert(slot);
  }

  /**
   * The prefetch was right, and is from here on as good as a read. It is judged as a miss, which it
   * would have been: else good prefetching would pay for a bad choice of victims, and LRU would
   * never be called back.
   */
  private void firstUse(int slot) {
    order.remove(slot);
    enter(slot);
    judge(slot, true);
  }

  private boolean isSampled(long keyHash) {
    return Long.numberOfLeadingZeros(keyHash) >= sampleShift;
  }

  private void judge(int slot, boolean isMiss) {
    long keyHash = view.keyHash(slot);
    if (!isSampled(keyHash)) {
      return;
    }
    int used = order.size(USED);
    if (used >>> sampleShift > SHADOW_KEYS_MAX) {
      thinOutSample();
    }
    misses += isMiss ? 1 : 0;
    int shadowSize = Math.max(used, capacity) >>> sampleShift;
    int missed = shadows.access(keyHash, shadowSize);
    if (missed == 0) {
      return;
    }
    if ((missed & 1 << LRU) != 0) {
      lruMisses++;
      weight *= 1 + 1 / Math.max(MEMORY_MISSES_MIN, MEMORY_SHADOW_SIZES * shadowSize);
    }
    for (int i = 0; i < weightedMisses.length; i++) {
      weightedMisses[i] += (missed & 1 << i) == 0 ? 0 : weight;
    }
    if (weight > WEIGHT_MAX) {
      for (int i = 0; i < weightedMisses.length; i++) {
        weightedMisses[i] /= weight;
      }
      weight = 1;
    }
  }

  /** Half the sample has to do; each miss of what stays stands for two. */
  private void thinOutSample() {
    sampleShift++;
    shadows.keepOnly(sampleShift);
    misses /= 2;
    lruMisses /= 2;
    weight *= 2;
  }

  private void chooseLeader() {
    int best = leader;
    for (int i = 0; i < weightedMisses.length; i++) {
      best = weightedMisses[i] < weightedMisses[best] ? i : best;
    }
    int before = leader;
    if (weightedMisses[best] < weightedMisses[leader] * LEAD) {
      leader = best;
    }
    if (misses > lruMisses * LRU_MARGIN) {
      leader = LRU;
    }
    if (leader != before) {
      queues.follow(RULES[leader]);
    }
  }

  /** A prefetched block that has to leave, or NONE. */
  private int takeDuePrefetched() {
    for (int slot = order.oldest(PREFETCHED);
        slot != SlotLists.NONE;
        slot = order.oldest(PREFETCHED)) {
      int waiting = order.size(PREFETCHED);
      boolean isDue =
          (long) waiting * PREFETCHED_DIVISOR > size()
              || waiting == size()
              || arrivalCount - order.number(slot) > size();
      if (!isDue) {
        return SlotLists.NONE;
      }
      if (view.isPrefetched(slot)) {
        order.remove(slot);
        return slot;
      }
      firstUse(slot); // used, but the news of it was lost on the way
    }
    return SlotLists.NONE;
  }
}
