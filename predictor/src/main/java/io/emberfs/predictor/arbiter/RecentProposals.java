package io.emberfs.predictor.arbiter;

import io.emberfs.core.BlockKey;

/**
 * Which blocks were proposed a short while ago, so that a model that repeats itself costs no
 * look-ups behind it. Places are shared by hash: it may forget early, and never takes one block for
 * another. One thread.
 */
final class RecentProposals {
  private static final int PLACE_COUNT = 4096;

  /**
   * A block may have been fetched and evicted meanwhile: after so many accesses it is news again.
   */
  private static final long STALE_ACCESSES = 1024;

  private final long[] keys = new long[PLACE_COUNT];
  private final long[] accesses = new long[PLACE_COUNT];

  /** Whether this block was not proposed lately; from now on it was. */
  boolean isNews(long fileId, long blockIndex, long accessCount) {
    long key = BlockKey.hash(fileId, blockIndex);
    int place = (int) (key & (PLACE_COUNT - 1));
    boolean known = keys[place] == key && accessCount - accesses[place] < STALE_ACCESSES;
    keys[place] = key;
    accesses[place] = accessCount;
    return !known;
  }
}
