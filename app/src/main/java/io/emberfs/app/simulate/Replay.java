package io.emberfs.app.simulate;

import io.emberfs.core.ReplacementPolicy;
import io.emberfs.core.ReplacementPolicy.SlotView;
import java.util.Arrays;
import java.util.function.BiFunction;

/**
 * One cache of whole slots, replayed: every access that misses takes a slot, and a victim leaves
 * when there is none free. Reads and writes count alike, and the first access of each block misses.
 */
public final class Replay {
  private static final int NOWHERE = -1;

  private final BlockAccesses accesses;
  private final int slotCount;
  private final boolean byPage;
  private final int[] slotOfBlock;
  private final int[] blockInSlot;
  private final long[] validPages;
  private final ReplacementPolicy policy;
  private int freeSlots;

  /**
   * @param slotCount blocks that fit, at least 1
   * @param byPage whether a slot has only the pages that were accessed, and misses for others
   * @param maker makes the policy for a number of slots
   */
  public Replay(
      BlockAccesses accesses,
      int slotCount,
      boolean byPage,
      BiFunction<Integer, SlotView, ReplacementPolicy> maker) {
    this.accesses = accesses;
    this.slotCount = slotCount;
    this.byPage = byPage;
    slotOfBlock = new int[accesses.footprint()];
    Arrays.fill(slotOfBlock, NOWHERE);
    blockInSlot = new int[slotCount];
    validPages = new long[slotCount];
    freeSlots = slotCount;
    policy = maker.apply(slotCount, new View());
  }

  /** Replays everything from the first access to the last. */
  public Result run() {
    long missedBlocks = 0;
    long missedRequests = 0;
    long missedBytes = 0;
    long bytes = 0;
    long begin = System.nanoTime();
    for (int request = 0; request < accesses.requestCount(); request++) {
      int missed = 0;
      int end = accesses.firstAccess(request + 1);
      for (int access = accesses.firstAccess(request); access < end; access++) {
        missed += isHit(access) ? 0 : 1;
      }
      missedBlocks += missed;
      bytes += accesses.bytes(request);
      if (missed > 0) {
        missedRequests++;
        int touched = end - accesses.firstAccess(request);
        missedBytes += (long) accesses.bytes(request) * missed / touched;
      }
    }
    long nanos = System.nanoTime() - begin;
    return new Result(
        slotCount,
        (double) missedBlocks / accesses.count(),
        (double) missedRequests / accesses.requestCount(),
        (double) missedBytes / bytes,
        (double) nanos / accesses.count());
  }

  private boolean isHit(int access) {
    int block = accesses.block(access);
    long pages = byPage ? accesses.pages(access) : -1L;
    int slot = slotOfBlock[block];
    if (slot != NOWHERE) {
      policy.onHit(slot);
      boolean isHit = (pages & ~validPages[slot]) == 0;
      validPages[slot] |= pages;
      return isHit;
    }
    slot = freeSlots > 0 ? --freeSlots : evict();
    slotOfBlock[block] = slot;
    blockInSlot[slot] = block;
    validPages[slot] = pages;
    policy.onInsert(slot);
    return false;
  }

  private int evict() {
    int slot = policy.victim();
    slotOfBlock[blockInSlot[slot]] = NOWHERE;
    return slot;
  }

  /**
   * What came out.
   *
   * @param cacheBlocks slots
   * @param missRatio missed block accesses among all
   * @param missRatioByRequest requests of which any block missed among all
   * @param missRatioByByte bytes of missed blocks among all; a request's bytes count evenly over
   *     its blocks
   * @param nanosPerAccess of the replay, its own table included
   */
  public record Result(
      int cacheBlocks,
      double missRatio,
      double missRatioByRequest,
      double missRatioByByte,
      double nanosPerAccess) {}

  private final class View implements SlotView {
    @Override
    public long keyHash(int slot) {
      return accesses.keyHash(blockInSlot[slot]);
    }

    @Override
    public boolean isPrefetched(int slot) {
      return false;
    }
  }
}
