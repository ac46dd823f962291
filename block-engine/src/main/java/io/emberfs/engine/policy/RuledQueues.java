package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * Newcomers, the main queue and ghosts, by a rule that may change while they are in use: what each
 * block has proved until then stays proved. Prefetched blocks are like any others here.
 */
final class RuledQueues implements ReplacementPolicy {
  private static final int NEWCOMERS = 0;
  private static final int MAIN = 1;
  private static final int LIST_COUNT = 2;
  private static final int USE_COUNT_MAX = 3;

  private final SlotView view;

  /** Uses are marks, numbers tell which of the newcomers a slot was. */
  private final SlotLists queues;

  private final GhostTable ghosts;
  private int newcomerCount;
  private QueueRule rule;

  /**
   * @param slotCount slots are numbered from 0 to one less
   * @param view answers for known slots
   */
  RuledQueues(int slotCount, SlotView view, QueueRule rule) {
    this.view = view;
    this.rule = rule;
    queues = new SlotLists(slotCount, LIST_COUNT);
    ghosts = new GhostTable(slotCount);
  }

  /** From now on, another rule. */
  void follow(QueueRule other) {
    rule = other;
  }

  @Override
  public void onInsert(int slot) {
    boolean isBack = ghosts.take(view.keyHash(slot), size() / rule.ghostDivisor());
    queues.setMark(slot, 0);
    if (!isBack) {
      queues.setNumber(slot, newcomerCount++);
    }
    queues.add(isBack ? MAIN : NEWCOMERS, slot);
  }

  @Override
  public void onHit(int slot) {
    if (!queues.isInAny(slot)) {
      return;
    }
    int useCount = queues.mark(slot);
    if (useCount < USE_COUNT_MAX) {
      queues.setMark(slot, useCount + 1);
    }
    if (queues.isIn(NEWCOMERS, slot)) {
      if (wouldHaveLeft(slot)) {
        queues.setMark(slot, 0);
        queues.moveTo(MAIN, slot);
      }
    } else if (rule.mainByRecency()) {
      queues.moveTo(MAIN, slot);
    }
  }

  @Override
  public void onRemove(int slot) {
    queues.remove(slot);
  }

  @Override
  public int victim() {
    while (size() > 0) {
      int slot = isNewcomerDue() ? leavingNewcomer() : leavingMain();
      if (slot != SlotLists.NONE) {
        return slot;
      }
    }
    return SlotLists.NONE;
  }

  @Override
  public void onReturn(int slot) {
    ghosts.forget(view.keyHash(slot));
    queues.setMark(slot, 0);
    queues.add(MAIN, slot);
  }

  /** A known slot's block leaves, chosen by somebody else. */
  void leave(int slot) {
    if (queues.isIn(NEWCOMERS, slot)) {
      ghosts.add(view.keyHash(slot));
    }
    queues.remove(slot);
  }

  @Override
  public int size() {
    return queues.sizeOfAll();
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    visit(visitor);
  }

  /** As {@link #forEach}; false if the visitor ended the visit. */
  boolean visit(SlotVisitor visitor) {
    return queues.visit(MAIN, visitor) && queues.visit(NEWCOMERS, visitor);
  }

  /**
   * Whether a newcomer that was used is here only because another order than this rule's chose who
   * leaves: to the rule it would be a ghost that comes back.
   */
  private boolean wouldHaveLeft(int slot) {
    return (long) (newcomerCount - queues.number(slot)) * rule.newcomerDivisor() > size();
  }

  private boolean isNewcomerDue() {
    return queues.size(MAIN) == 0
        || (long) queues.size(NEWCOMERS) * rule.newcomerDivisor() > size();
  }

  /** One step among the newcomers: a slot that leaves, or NONE if one moved on. */
  private int leavingNewcomer() {
    int slot = queues.oldest(NEWCOMERS);
    if (queues.mark(slot) >= rule.usesForMain()) {
      queues.setMark(slot, 0);
      queues.moveTo(MAIN, slot);
      return SlotLists.NONE;
    }
    queues.remove(slot);
    ghosts.add(view.keyHash(slot));
    return slot;
  }

  /** One step in the main queue: a slot that leaves, or NONE if a used one got another round. */
  private int leavingMain() {
    int slot = queues.oldest(MAIN);
    int useCount = queues.mark(slot);
    if (!rule.mainByRecency() && useCount > 0) {
      queues.setMark(slot, useCount - 1);
      queues.moveTo(MAIN, slot);
      return SlotLists.NONE;
    }
    queues.remove(slot);
    return slot;
  }
}
