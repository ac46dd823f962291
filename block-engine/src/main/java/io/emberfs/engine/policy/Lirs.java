package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;

/**
 * LIRS (Jiang, Zhang: "LIRS: an efficient low inter-reference recency set replacement policy",
 * SIGMETRICS 2002): blocks that come back soon after their last use (LIR) keep nearly all room; the
 * others (HIR) pass a short queue. The stack orders blocks by their last use, also some that have
 * left (ghosts), down to the LIR block whose last use is longest ago.
 */
public final class Lirs implements ReplacementPolicy {
  /** What each slot takes in stack and queue once it was used. */
  static final int BYTES_PER_SLOT = 2 * SlotLists.BYTES_PER_SLOT;

  private static final int STACK = 0;
  private static final int QUEUE = 0;

  /** One block in this many is HIR, at least one. */
  private static final int HIR_DIVISOR = 100;

  /** Ghosts for each slot at most. */
  private static final int GHOSTS_PER_SLOT = 2;

  private final SlotView view;
  private final int slotCount;

  /** Nodes below slotCount are slots, the others ghosts. */
  private final SlotLists stack;

  private final SlotLists queue;
  private final SlotLists ghostsByAge;
  private final KeyIndex ghosts;
  private final long[] ghostHashes;
  private final int[] freeGhosts;
  private final boolean[] lir;
  private final boolean[] known;
  private int freeGhostCount;
  private int lirCount;
  private int count;

  /**
   * @param slotCount slots are numbered from 0 to one less
   * @param view answers for known slots
   */
  public Lirs(int slotCount, SlotView view) {
    this.view = view;
    this.slotCount = slotCount;
    int ghostCount = slotCount * GHOSTS_PER_SLOT;
    stack = new SlotLists(slotCount + ghostCount, 1);
    queue = new SlotLists(slotCount, 1);
    ghostsByAge = new SlotLists(ghostCount, 1);
    ghostHashes = new long[ghostCount];
    ghosts = new KeyIndex(ghostHashes);
    freeGhosts = new int[ghostCount];
    lir = new boolean[slotCount];
    known = new boolean[slotCount];
    for (int ghost = 0; ghost < ghostCount; ghost++) {
      freeGhosts[freeGhostCount++] = ghost;
    }
  }

  /** Heap bytes of ghosts and marks for this many slots. */
  static long bytesFor(int slotCount) {
    long bytesPerGhost = 2L * SlotLists.BYTES_PER_SLOT + Long.BYTES + Integer.BYTES;
    int ghostCount = slotCount * GHOSTS_PER_SLOT;
    return 2L * slotCount + ghostCount * bytesPerGhost + KeyIndex.bytesFor(ghostCount);
  }

  @Override
  public void onInsert(int slot) {
    known[slot] = true;
    count++;
    int ghost = ghosts.find(view.keyHash(slot));
    boolean isBack = ghost != KeyIndex.NONE;
    if (isBack) {
      stack.remove(slotCount + ghost);
      forget(ghost);
    }
    lir[slot] = isBack || lirCount < lirTarget();
    stack.add(STACK, slot);
    if (lir[slot]) {
      lirCount++;
      demoteBeyondTarget();
    } else {
      queue.add(QUEUE, slot);
    }
  }

  @Override
  public void onHit(int slot) {
    if (!known[slot]) {
      return;
    }
    if (lir[slot]) {
      stack.moveTo(STACK, slot);
      prune();
    } else if (stack.isInAny(slot)) {
      stack.moveTo(STACK, slot);
      queue.remove(slot);
      lir[slot] = true;
      lirCount++;
      demoteBeyondTarget();
    } else {
      stack.add(STACK, slot);
      queue.moveTo(QUEUE, slot);
    }
  }

  @Override
  public void onRemove(int slot) {
    leave(slot);
    if (stack.isInAny(slot)) {
      stack.remove(slot);
    }
    prune();
  }

  @Override
  public int victim() {
    int slot = queue.oldest(QUEUE);
    if (slot == SlotLists.NONE) {
      prune();
      slot = stack.oldest(STACK);
      if (slot != SlotLists.NONE) {
        onRemove(slot);
      }
      return slot;
    }
    leave(slot);
    if (stack.isInAny(slot)) {
      stack.replace(slot, slotCount + newGhost(view.keyHash(slot)));
    }
    return slot;
  }

  @Override
  public int size() {
    return count;
  }

  @Override
  public void forEach(SlotVisitor visitor) {
    boolean wantsMore = true;
    for (int node = stack.newest(STACK);
        node != SlotLists.NONE && wantsMore;
        node = stack.older(node)) {
      wantsMore = node >= slotCount || !lir[node] || visitor.accept(node);
    }
    if (wantsMore) {
      queue.visit(QUEUE, visitor);
    }
  }

  private int lirTarget() {
    return count - Math.max(1, count / HIR_DIVISOR);
  }

  /** Makes the LIR blocks with the oldest last use HIR until no more are LIR than should be. */
  private void demoteBeyondTarget() {
    prune();
    while (lirCount > Math.max(1, lirTarget())) {
      int bottom = stack.oldest(STACK);
      stack.remove(bottom);
      lir[bottom] = false;
      lirCount--;
      queue.add(QUEUE, bottom);
      prune();
    }
  }

  /** Takes what is no LIR block off the bottom of the stack. */
  private void prune() {
    int bottom = stack.oldest(STACK);
    while (bottom != SlotLists.NONE && (bottom >= slotCount || !lir[bottom])) {
      stack.remove(bottom);
      if (bottom >= slotCount) {
        forget(bottom - slotCount);
      }
      bottom = stack.oldest(STACK);
    }
  }

  private void leave(int slot) {
    known[slot] = false;
    count--;
    if (lir[slot]) {
      lir[slot] = false;
      lirCount--;
    } else {
      queue.remove(slot);
    }
  }

  /** A ghost for a key, the oldest one where there is no other. */
  private int newGhost(long keyHash) {
    int same = ghosts.find(keyHash);
    if (same != KeyIndex.NONE) {
      stack.remove(slotCount + same);
      forget(same);
    }
    if (freeGhostCount == 0) {
      int oldest = ghostsByAge.oldest(0);
      stack.remove(slotCount + oldest);
      forget(oldest);
    }
    int ghost = freeGhosts[--freeGhostCount];
    ghostHashes[ghost] = keyHash;
    ghosts.put(ghost);
    ghostsByAge.add(0, ghost);
    return ghost;
  }

  /** Frees a ghost that is in the stack no more. */
  private void forget(int ghost) {
    ghosts.remove(ghost);
    ghostsByAge.remove(ghost);
    freeGhosts[freeGhostCount++] = ghost;
  }
}
