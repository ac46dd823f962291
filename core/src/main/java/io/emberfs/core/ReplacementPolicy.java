package io.emberfs.core;

/**
 * Decides which block leaves. Sees slots as ints and their features through a {@link SlotView}
 * given at construction, never bytes. Allocates nothing after construction, except for slots that
 * are used for the first time, for many of them at once. Single-threaded: the owner holds its
 * policy lock around every call.
 *
 * <p>A policy <i>knows</i> a slot from {@link #onInsert} until {@link #onRemove} or until {@link
 * #victim} returned it.
 */
public interface ReplacementPolicy {
  /**
   * A block came into {@code slot}. Before: unknown. After: known. The view answers for the slot
   * during the call.
   */
  void onInsert(int slot);

  /**
   * The block in {@code slot} was used. A slot that is not known (it was evicted before the news
   * arrived) is ignored.
   */
  void onHit(int slot);

  /**
   * The block left for another reason than eviction. Before: known. After: unknown, and no ghost
   * remembers it. The view still answers for it during the call.
   */
  void onRemove(int slot);

  /**
   * Chooses the block to evict and stops knowing it; its key may be remembered as a ghost. The view
   * still answers for it during the call.
   *
   * @return a slot that was known, or -1 if none is
   */
  int victim();

  /**
   * The block that {@link #victim} returned, just now or a while ago, stays after all, as one that
   * has proved its worth. Nobody asked for it, so this is no miss. Before: unknown. After: known,
   * and no ghost remembers it. The view answers for the slot during the call.
   */
  default void onReturn(int slot) {
    onInsert(slot);
    onHit(slot);
    onHit(slot);
  }

  /** Number of slots known. */
  int size();

  /**
   * Visits the known slots, most valuable first as far as the policy can tell; the visitor changes
   * nothing.
   */
  void forEach(SlotVisitor visitor);

  /** What a policy may ask about a slot it knows. */
  interface SlotView {
    /** {@link BlockKey#hash} of the block in the slot. */
    long keyHash(int slot);

    /** Whether a prefetch brought the block and nobody asked for it yet. */
    boolean isPrefetched(int slot);
  }

  /** Makes policies of one kind. */
  interface Factory {
    /**
     * Makes one.
     *
     * @param slotCount slots are numbered from 0 to one less
     */
    ReplacementPolicy make(int slotCount, SlotView view);

    /** Heap bytes that one takes for so many slots, all of them used. */
    long bytesMax(int slotCount);
  }

  /** Receives slots. */
  @FunctionalInterface
  interface SlotVisitor {
    /** Takes one; returns false to end the visit. */
    boolean accept(int slot);
  }
}
