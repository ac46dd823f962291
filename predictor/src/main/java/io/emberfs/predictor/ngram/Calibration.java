package io.emberfs.predictor.ngram;

import io.emberfs.core.BlockKey;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * How often predictions of a kind came true. Every prediction is watched, whether it was proposed
 * or not: it came true if the block is asked for among the next few accesses. So a context seen
 * once is trusted on inputs that repeat, and on random ones nothing is, before a single block was
 * fetched in vain.
 *
 * <p>Where few blocks are in use, any of them is soon asked for again. Therefore placebos are
 * watched beside the predictions: blocks used a while ago. Only what predictions achieve beyond
 * placebos counts. One thread.
 */
final class Calibration {
  /** Accesses within which a prediction comes true or counts as wrong. */
  private static final int PATIENCE = 8;

  /**
   * Watched at a time: with several predictions for each access, those not settled in time count as
   * wrong sooner.
   */
  private static final int WATCHED_COUNT = 64;

  /** A placebo was used between one and two times as many accesses ago. */
  private static final int PLACEBO_AGE = 32;

  private static final int ORDER_COUNT = 2;
  private static final int COUNT_CLASSES = 4;
  private static final int SHARE_CLASSES = 4;
  private static final int PREDICTION_CLASSES = ORDER_COUNT * COUNT_CLASSES * SHARE_CLASSES;
  private static final int PLACEBO_CLASS = PREDICTION_CLASSES;
  private static final int CLASS_COUNT = PREDICTION_CLASSES + 1;

  private static final int NOBODY = -1;
  private static final int TRIES_MAX = 1024;

  /** What is believed before anything was tried: one right of four. */
  private static final float PRIOR_TRIES = 4;

  private static final float PRIOR_RATE = 0.25f;

  private final int[] tries = new int[CLASS_COUNT];
  private final int[] hits = new int[CLASS_COUNT];
  private final long[] watchedKeys = new long[WATCHED_COUNT];
  private final int[] watchedClasses = new int[WATCHED_COUNT];
  private final long[] watchedUntil = new long[WATCHED_COUNT];
  private final long[] usedKeys = new long[2 * PLACEBO_AGE];
  private int nextWatched;
  private long accessCount;

  Calibration() {
    Arrays.fill(watchedClasses, NOBODY);
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

  /** The probability that a prediction of this kind comes true, beyond chance; 0 to 1. */
  float probability(int predictionClass) {
    float chance = hits[PLACEBO_CLASS] / (tries[PLACEBO_CLASS] + PRIOR_TRIES);
    return Math.max(0, (rate(predictionClass) - chance) / (1 - chance));
  }

  /** Watches a prediction. */
  void watch(int predictionClass, long fileId, long blockIndex) {
    watch(predictionClass, BlockKey.hash(fileId, blockIndex));
  }

  /** Watches a placebo, once there is one. */
  void watchPlacebo() {
    if (accessCount > usedKeys.length) {
      // An age that varies: a fixed one would be in step with some loops.
      long age = PLACEBO_AGE + (BlockKey.hash(accessCount, 0) & (PLACEBO_AGE - 1));
      watch(PLACEBO_CLASS, usedKeys[(int) ((accessCount - age) % usedKeys.length)]);
    }
  }

  /** A block was asked for: predictions of it came true, those that waited too long did not. */
  void seen(long fileId, long blockIndex) {
    long key = BlockKey.hash(fileId, blockIndex);
    accessCount++;
    usedKeys[(int) (accessCount % usedKeys.length)] = key;
    for (int i = 0; i < WATCHED_COUNT; i++) {
      if (watchedClasses[i] == NOBODY) {
        continue;
      }
      if (watchedKeys[i] == key) {
        settle(i, true);
      } else if (watchedUntil[i] <= accessCount) {
        settle(i, false);
      }
    }
  }

  void clear() {
    Arrays.fill(tries, 0);
    Arrays.fill(hits, 0);
    accessCount = 0;
    Arrays.fill(watchedClasses, NOBODY);
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

  /** What a kind achieved; until it was tried, what the kind seen once less often did. */
  private float rate(int predictionClass) {
    boolean seenOnce = predictionClass / SHARE_CLASSES % COUNT_CLASSES == 0;
    float prior = seenOnce ? PRIOR_RATE : rate(predictionClass - SHARE_CLASSES);
    return (hits[predictionClass] + PRIOR_TRIES * prior) / (tries[predictionClass] + PRIOR_TRIES);
  }

  private void watch(int predictionClass, long key) {
    int at = nextWatched;
    nextWatched = (nextWatched + 1) % WATCHED_COUNT;
    if (watchedClasses[at] != NOBODY) {
      settle(at, false);
    }
    watchedKeys[at] = key;
    watchedClasses[at] = predictionClass;
    watchedUntil[at] = accessCount + PATIENCE;
  }

  private void settle(int watched, boolean hit) {
    int predictionClass = watchedClasses[watched];
    watchedClasses[watched] = NOBODY;
    if (tries[predictionClass] == TRIES_MAX) {
      tries[predictionClass] /= 2;
      hits[predictionClass] /= 2;
    }
    tries[predictionClass]++;
    hits[predictionClass] += hit ? 1 : 0;
  }
}
