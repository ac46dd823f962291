package io.emberfs.predictor.ngram;

import io.emberfs.core.BlockKey;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * How often predictions of a kind came true. Every prediction is watched, whether it was proposed
 * or not: it came true if the block is asked for among the next accesses. So a context seen once is
 * trusted on inputs that repeat, and on random ones nothing is, before a single block was fetched
 * in vain. One thread.
 */
final class Calibration {
  /** Predictions watched at a time; the oldest one makes room and counts as wrong. */
  private static final int WATCHED_COUNT = 32;

  private static final int ORDER_COUNT = 2;
  private static final int COUNT_CLASSES = 4;
  private static final int SHARE_CLASSES = 4;
  private static final int CLASS_COUNT = ORDER_COUNT * COUNT_CLASSES * SHARE_CLASSES;

  private static final int TRIES_MAX = 1024;

  /** What is believed of a kind before it was tried: one right of four. */
  private static final float PRIOR_TRIES = 4;

  private static final float PRIOR_HITS = 1;

  private final int[] tries = new int[CLASS_COUNT];
  private final int[] hits = new int[CLASS_COUNT];
  private final long[] watchedKeys = new long[WATCHED_COUNT];
  private final int[] watchedClasses = new int[WATCHED_COUNT];
  private int nextWatched;

  Calibration() {
    Arrays.fill(watchedClasses, -1);
  }

  /**
   * The kind of a prediction.
   *
   * @param order length of the context, 1 or 2
   * @param count how often the successor followed, at least 1
   * @param uses how often the context was seen, at least {@code count}
   */
  static int classOf(int order, int count, int uses) {
    int countClass = Math.min(count, COUNT_CLASSES) - 1;
    int shareClass = Math.min(SHARE_CLASSES * count / uses, SHARE_CLASSES - 1);
    return ((order - 1) * COUNT_CLASSES + countClass) * SHARE_CLASSES + shareClass;
  }

  /** The probability that a prediction of this kind comes true. */
  float probability(int predictionClass) {
    return (hits[predictionClass] + PRIOR_HITS) / (tries[predictionClass] + PRIOR_TRIES);
  }

  /** Watches a prediction. */
  void watch(int predictionClass, long fileId, long blockIndex) {
    int at = nextWatched;
    nextWatched = (nextWatched + 1) % WATCHED_COUNT;
    if (watchedClasses[at] >= 0) {
      settle(watchedClasses[at], false);
    }
    watchedKeys[at] = BlockKey.hash(fileId, blockIndex);
    watchedClasses[at] = predictionClass;
  }

  /** A block was asked for: predictions of it came true. */
  void seen(long fileId, long blockIndex) {
    long key = BlockKey.hash(fileId, blockIndex);
    for (int i = 0; i < WATCHED_COUNT; i++) {
      if (watchedKeys[i] == key && watchedClasses[i] >= 0) {
        settle(watchedClasses[i], true);
        watchedClasses[i] = -1;
      }
    }
  }

  void clear() {
    Arrays.fill(tries, 0);
    Arrays.fill(hits, 0);
    Arrays.fill(watchedClasses, -1);
  }

  void save(DataOutput out) throws IOException {
    for (int i = 0; i < CLASS_COUNT; i++) {
      out.writeShort(tries[i]);
      out.writeShort(hits[i]);
    }
  }

  /** Reads what {@link #save} wrote; in part, if it throws. */
  void load(DataInput in) throws IOException {
    for (int i = 0; i < CLASS_COUNT; i++) {
      tries[i] = in.readUnsignedShort();
      hits[i] = in.readUnsignedShort();
      if (tries[i] > TRIES_MAX || hits[i] > tries[i]) {
        throw new IOException(
            "n-gram calibration: class %d has %d hits of %d".formatted(i, hits[i], tries[i]));
      }
    }
  }

  private void settle(int predictionClass, boolean hit) {
    if (tries[predictionClass] == TRIES_MAX) {
      tries[predictionClass] /= 2;
      hits[predictionClass] /= 2;
    }
    tries[predictionClass]++;
    hits[predictionClass] += hit ? 1 : 0;
  }
}
