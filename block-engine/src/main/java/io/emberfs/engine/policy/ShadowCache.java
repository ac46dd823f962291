package io.emberfs.engine.policy;

import io.emberfs.core.ReplacementPolicy;
import io.emberfs.core.ReplacementPolicy.SlotView;
import java.util.function.BiFunction;

/**
 * What a cache would hold under one policy alone: keys without blocks. Single-threaded, allocates
 * nothing after construction.
 */
final class ShadowCache {
  private final ReplacementPolicy policy;
  private final KeyIndex index;
  private final long[] hashes;
  private final int[] free;
  private int freeCount;

  /**
   * @param entryCount keys held at most
   * @param maker makes the policy
   */
  ShadowCache(int entryCount, BiFunction<Integer, SlotView, ReplacementPolicy> maker) {
    hashes = new long[entryCount];
    free = new int[entryCount];
    index = new KeyIndex(entryCount);
    policy = maker.apply(entryCount, new View());
    for (int entry = 0; entry < entryCount; entry++) {
      free[freeCount++] = entry;
    }
  }

  /** Heap bytes for this many keys, those of the policy not counted. */
  static long bytesFor(int entryCount) {
    return KeyIndex.bytesFor(entryCount) + (long) entryCount * (Long.BYTES + Integer.BYTES);
  }

  /**
   * A block was asked for.
   *
   * @param capacity keys that may be here afterwards, at least one is
   * @return whether it was here
   */
  boolean access(long keyHash, int capacity) {
    int entry = index.find(keyHash);
    if (entry != KeyIndex.NONE) {
      policy.onHit(entry);
      return true;
    }
    while (policy.size() > 0 && (policy.size() >= capacity || freeCount == 0)) {
      release(policy.victim());
    }
    entry = free[--freeCount];
    hashes[entry] = keyHash;
    index.put(keyHash, entry);
    policy.onInsert(entry);
    return false;
  }

  /** A block is worth nothing any more. */
  void forget(long keyHash) {
    int entry = index.find(keyHash);
    if (entry != KeyIndex.NONE) {
      policy.onRemove(entry);
      release(entry);
    }
  }

  private void release(int entry) {
    index.remove(hashes[entry]);
    free[freeCount++] = entry;
  }

  private final class View implements SlotView {
    @Override
    public long keyHash(int entry) {
      return hashes[entry];
    }

    @Override
    public boolean isPrefetched(int entry) {
      return false;
    }
  }
}
