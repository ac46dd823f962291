package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache eviction", SOSP
 * 2023): newcomers are on probation in a small queue; those used more than once there move to the
 * main queue, the others leave and are remembered as ghosts; a ghost that comes back goes to the
 * main queue at once.
 *
 * <p>Prefetched blocks that nobody asked for yet have a queue of their own within the probation
 * share, so that a wrong prediction cannot push out what was asked for: once they fill half of that
 * share, the oldest of them leaves first; below that, the older of both queues' heads leaves. They
 * leave no ghost. The first use turns one into a newcomer.
 *
 * <p>Shares are of the blocks known, because a tier of partly valid blocks is full at different
 * numbers of them.
 */
public final class S3Fifo implements ReplacementPolicy {
  private static final int PREFETCHED = 0;
  private static final int SMALL = 1;
  private static final int MAIN = 2;
  private static final int LIST_COUNT = 3;

  /** The probation queues together are due when they hold more than one block in this many. */
  private static final int PROBATION_DIVISOR = 10;

  private static final int USE_COUNT_MAX = 3;
  private static final int USES_FOR_MAIN = 2;

  private final SlotView view;

  /** Uses are marks, arrivals numbers. */
  private final SlotLists lists;

  private final GhostTable ghosts;
  private int arrivalCount;

  /**
   * @param slotCount slots are numbered from 0 to one less
   * @param view answers for known slots
   */
  public S3Fifo(int slotCount, SlotView view) {
    this.view = view;
    lists = new SlotLists(slotCount, LIST_COUNT);
    ghosts = new GhostTable(slotCount);
  }

  @Override
  public void onInsert(int slot) {
    lists.setMark(slot, 0);
    lists.setNumber(slot, arrivalCount++);
    lists.add(queueOfNewcomer(slot), slot);
  }

  @Override
  public void onHit(int slot) {
    if (!lists.isInAny(slot)) {
      return;
    }
    if (lists.isIn(PREFETCHED, slot)) {
      putOnProbation(slot);
    } else if (lists.mark(slot) < USE_COUNT_MAX) {
      lists.setMark(slot, lists.mark(slot) + 1);
    }
  }

  @Override
  public void onRemove(int slot) {
    lists.remove(slot);
  }

  @Override
  public int victim() {
    while (size() > 0) {
      int slot = isProbationDue() ? victimOnProbation() : victimInMain();
      if (slot != SlotLists.NONE) {
        return slot;
      }
    }
    return SlotLists.NONE;
  }

  @Override
  public void onReturn(int slot) {
    ghosts.forget(view.keyHash(slot));
    lists.setMark(slot, 0);
    lists.add(MAIN, slot);
  }

  @Override
  public int size() {
    return lists.sizeOfAll();
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    for (int list = MAIN; list >= PREFETCHED && lists.visit(list, visitor); list--) {
      // until the visitor has enough
    }
  }

  private int queueOfNewcomer(int slot) {
    if (view.isPrefetched(slot)) {
      return PREFETCHED;
    }
    return ghosts.take(view.keyHash(slot), size()) ? MAIN : SMALL;
  }

  private void putOnProbation(int slot) {
    lists.setNumber(slot, arrivalCount++);
    lists.moveTo(SMALL, slot);
  }

  private boolean isProbationDue() {
    long onProbation = lists.size(PREFETCHED) + lists.size(SMALL);
    return lists.size(MAIN) == 0 || onProbation * PROBATION_DIVISOR > size();
  }

  /** One step in the probation queues: a slot that leaves, or NONE if one moved on. */
  private int victimOnProbation() {
    int prefetched = lists.oldest(PREFETCHED);
    if (prefetched != SlotLists.NONE && isPrefetchedDue(prefetched)) {
      if (!view.isPrefetched(prefetched)) {
        putOnProbation(prefetched); // used, but the news of it was lost on the way
        return SlotLists.NONE;
      }
      lists.remove(prefetched);
      return prefetched;
    }
    int slot = lists.oldest(SMALL);
    if (lists.mark(slot) >= USES_FOR_MAIN) {
      lists.setMark(slot, 0);
      lists.moveTo(MAIN, slot);
      return SlotLists.NONE;
    }
    lists.remove(slot);
    ghosts.add(view.keyHash(slot));
    return slot;
  }

  private boolean isPrefetchedDue(int prefetched) {
    int small = lists.oldest(SMALL);
    return small == SlotLists.NONE
        || (long) lists.size(PREFETCHED) * PROBATION_DIVISOR * 2 > size()
        || lists.number(prefetched) - lists.number(small) < 0;
  }

  /** One step in the main queue: a slot that leaves, or NONE if a used one got another round. */
  private int victimInMain() {
    int slot = lists.oldest(MAIN);
    int useCount = lists.mark(slot);
    if (useCount > 0) {
      lists.setMark(slot, useCount - 1);
      lists.moveTo(MAIN, slot);
      return SlotLists.NONE;
    }
    lists.remove(slot);
    return slot;
  }
}
