package io.emberfs.predictor.stream;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * How long streams last: for each length class (a power of two of blocks) how many streams arrived
 * and how many went on to twice that length. So a window goes as far as streams like this one have
 * gone before (the idea of Hur and Lin's stream length histograms). Old counts fade by halving. One
 * thread.
 */
final class RunLengths {
  private static final int CLASS_COUNT = 40;
  private static final int COUNT_MAX = 1024;

  /** What is believed before anything was seen: four streams of five double. */
  private static final float PRIOR_WEIGHT = 8;

  private static final float PRIOR_SHARE = 0.8f;

  private final int[] arrived = new int[CLASS_COUNT];
  private final int[] doubled = new int[CLASS_COUNT];

  /** The class of a length in blocks, at least 1. */
  static int lengthClass(long blocks) {
    return Math.min(Long.SIZE - 1 - Long.numberOfLeadingZeros(blocks), CLASS_COUNT - 1);
  }

  /** A stream was confirmed in this class. */
  void arrive(int lengthClass) {
    if (arrived[lengthClass] == COUNT_MAX) {
      arrived[lengthClass] /= 2;
      doubled[lengthClass] /= 2;
    }
    arrived[lengthClass]++;
  }

  /** A stream went on from one class to a higher one. */
  void advance(int fromClass, int toClass) {
    for (int i = fromClass; i < toClass; i++) {
      doubled[i] = Math.min(doubled[i] + 1, arrived[i]);
      arrive(i + 1);
    }
  }

  /** A stream in this class met the end of its file: it does not count as one that stopped. */
  void withdraw(int lengthClass) {
    arrived[lengthClass] = Math.max(arrived[lengthClass] - 1, doubled[lengthClass]);
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
    Arrays.fill(arrived, 0);
    Arrays.fill(doubled, 0);
  }

  void save(DataOutput out) throws IOException {
    for (int i = 0; i < CLASS_COUNT; i++) {
      out.writeShort(arrived[i]);
      out.writeShort(doubled[i]);
    }
  }

  /** Reads what {@link #save} wrote; in part, if it throws. */
  void load(DataInput in) throws IOException {
    for (int i = 0; i < CLASS_COUNT; i++) {
      arrived[i] = in.readUnsignedShort();
      doubled[i] = in.readUnsignedShort();
      if (arrived[i] > COUNT_MAX || doubled[i] > arrived[i]) {
        throw new IOException(
            "run lengths: class %d has %d of %d doubled".formatted(i, doubled[i], arrived[i]));
      }
    }
  }

  private float share(int lengthClass) {
    return (doubled[lengthClass] + PRIOR_WEIGHT * PRIOR_SHARE)
        / (arrived[lengthClass] + PRIOR_WEIGHT);
  }

  private static double log2(long blocks) {
    return Math.log(blocks) / Math.log(2);
  }
}
