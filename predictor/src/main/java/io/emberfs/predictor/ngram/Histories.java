package io.emberfs.predictor.ngram;

import io.emberfs.core.BlockKey;
import java.util.Arrays;

/**
 * The last two blocks where accesses began, for each of a bounded number of sequences (files,
 * processes). Sequences with an equal hash push each other out. One thread.
 */
final class Histories {
  private static final int WORDS = 5;
  private static final int OWNER = 0;
  private static final int LAST_FILE = 1;
  private static final int LAST_BLOCK = 2;
  private static final int EARLIER_HASH = 3;
  private static final int DEPTH = 4;

  private final long[] words;
  private final int placeCount;

  /**
   * @param placeCount a power of two
   */
  Histories(int placeCount) {
    this.placeCount = placeCount;
    this.words = new long[placeCount * WORDS];
  }

  /** The place of a sequence, emptied if another one had it. */
  int place(long owner) {
    int base = (int) (BlockKey.hash(owner, 0) & (placeCount - 1)) * WORDS;
    if (words[base + OWNER] != owner) {
      words[base + OWNER] = owner;
      words[base + DEPTH] = 0;
    }
    return base;
  }

  /** How many accesses the sequence remembers, 0 to 2. */
  int depth(int place) {
    return (int) words[place + DEPTH];
  }

  long lastFile(int place) {
    return words[place + LAST_FILE];
  }

  long lastBlock(int place) {
    return words[place + LAST_BLOCK];
  }

  /** {@link BlockKey#hash} of the access before the last. */
  long earlierHash(int place) {
    return words[place + EARLIER_HASH];
  }

  /** Whether the last access of the sequence began in this block. */
  boolean endsWith(int place, long fileId, long blockIndex) {
    return depth(place) > 0 && lastFile(place) == fileId && lastBlock(place) == blockIndex;
  }

  /** Appends an access. */
  void append(int place, long fileId, long blockIndex) {
    words[place + EARLIER_HASH] = BlockKey.hash(lastFile(place), lastBlock(place));
    words[place + LAST_FILE] = fileId;
    words[place + LAST_BLOCK] = blockIndex;
    words[place + DEPTH] = Math.min(2, depth(place) + 1);
  }

  void clear() {
    Arrays.fill(words, 0);
  }
}
