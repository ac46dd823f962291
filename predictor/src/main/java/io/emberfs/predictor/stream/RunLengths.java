package io.emberfs.predictor.stream;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * How long streams last: for each length class (a power of two of blocks) how many streams left it,
 * and how many of these by going on to twice that length; those still there say nothing yet. So a
 * window goes as far as streams like this one have gone before (the idea of Hur and Lin's stream
 * length histograms). Old counts fade by halving. One thread.
 */
final class RunLengths {
  private static final int CLASS_COUNT = 40;
  private static final int COUNT_MAX = 1024;

  /** What is believed before anything was seen: four streams of five double. */
  private static final float PRIOR_WEIGHT = 8;

  private static final float PRIOR_SHARE = 0.8f;

  private final int[] left = new int[CLASS_COUNT];
  private final int[] doubled = new int[CLASS_COUNT];

  /** The class of a length in blocks, at least 1. */
  static int lengthClass(long blocks) {
    return Math.min(Long.SIZE - 1 - Long.numberOfLeadingZeros(blocks), CLASS_COUNT - 1);
  }

  /** A stream went on from one class to a higher one. */
  void wentOn(int fromClass, int toClass) {
    for (int i = fromClass; i < toClass; i++) {
      leave(i);
      doubled[i]++;
    }
  }

  /** A stream in this class stopped, and not because its file ended. */
  void stopped(int lengthClass) {
    leave(lengthClass);
  }

  /** The probability that a stream of {@code blocks} goes on for {@code moreBlocks}, 0 to 1. */
  float survival(long blocks, long moreBlocks) {
    double from = log2(blocks);
    double to = log2(blocks + moreBlocks);
    double logSurvival = 0;
    for (int i = (int) from; i < to; i++) {
      double part = Math.min(to, i + 1) - Math.max(from, i);
      logSurvival += part * Math.log(share(Math.min(i, CLASS_COUNT - 1)));
    }
    return (float) Math.exp(logSurvival);
  }

  /**
   * How far ahead of a stream it pays to read.
   *
   * @param leastSurvival of the last block of the answer
   * @return blocks, {@code maxBlocks} halved as often as need be; 0 if not even one
   */
  int depth(long blocks, int maxBlocks, float leastSurvival) {
    int depth = maxBlocks;
    while (depth > 0 && survival(blocks, depth) < leastSurvival) {
      depth /= 2;
    }
    return depth;
  }

  void clear() {
    Arrays.fill(left, 0);
    Arrays.fill(doubled, 0);
  }

  void save(DataOutput out) throws IOException {
    for (int i = 0; i < CLASS_COUNT; i++) {
      out.writeShort(left[i]);
      out.writeShort(doubled[i]);
    }
  }

  /** Reads what {@link #save} wrote; in part, if it throws. */
  void load(DataInput in) throws IOException {
    for (int i = 0; i < CLASS_COUNT; i++) {
      left[i] = in.readUnsignedShort();
      doubled[i] = in.readUnsignedShort();
      if (left[i] > COUNT_MAX || doubled[i] > left[i]) {
        throw new IOException(
            "run lengths: class %d has %d of %d doubled".formatted(i, doubled[i], left[i]));
      }
    }
  }

  private void leave(int lengthClass) {
    if (left[lengthClass] == COUNT_MAX) {
      left[lengthClass] /= 2;
      doubled[lengthClass] /= 2;
    }
    left[lengthClass]++;
  }

  private float share(int lengthClass) {
    return (doubled[lengthClass] + PRIOR_WEIGHT * PRIOR_SHARE) / (left[lengthClass] + PRIOR_WEIGHT);
  }

  private static double log2(long blocks) {
    return Math.log(blocks) / Math.log(2);
  }
}
