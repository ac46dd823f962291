package io.emberfs.engine.policy;

import java.util.Arrays;

/**
 * Finds the number of a key by its hash, which the owner keeps for each number: open addressing
 * with linear probing, deletion without marks (Knuth, TAOCP 3, algorithm 6.4R). Two keys with one
 * hash are one key here. Fixed size; single-threaded, allocates nothing after construction.
 */
final class KeyIndex {
  static final int NONE = -1;

  private final long[] hashOf;
  private final int[] numbers;
  private final int mask;

  /**
   * @param hashOf the hashes of the keys by their numbers; not changed for a number that is here
   */
  KeyIndex(long[] hashOf) {
    this.hashOf = hashOf;
    numbers = new int[sizeFor(hashOf.length)];
    mask = numbers.length - 1;
    Arrays.fill(numbers, NONE);
  }

  /** Heap bytes for this many numbers, at most; those of the hashes not counted. */
  static long bytesFor(int numbersMax) {
    return (long) sizeFor(numbersMax) * Integer.BYTES;
  }

  /** The next power of two that leaves a third free. */
  private static int sizeFor(int numbersMax) {
    return Integer.highestOneBit(Math.max(4, numbersMax + numbersMax / 2)) * 2;
  }

  /** The number of a key, or {@link #NONE}. */
  int find(long keyHash) {
    for (int i = home(keyHash); numbers[i] != NONE; i = i + 1 & mask) {
      if (hashOf[numbers[i]] == keyHash) {
        return numbers[i];
      }
    }
    return NONE;
  }

  /** Notes a number that is not here, whose key no other number here has. */
  void put(int number) {
    int i = home(hashOf[number]);
    while (numbers[i] != NONE) {
      i = i + 1 & mask;
    }
    numbers[i] = number;
  }

  /** Forgets a number that is here. */
  void remove(int number) {
    int i = home(hashOf[number]);
    while (numbers[i] != number) {
      i = i + 1 & mask;
    }
    for (int j = i + 1 & mask; numbers[j] != NONE; j = j + 1 & mask) {
      // What stands at j may close the gap at i unless its home lies behind the gap.
      if ((j - home(hashOf[numbers[j]]) & mask) >= (j - i & mask)) {
        numbers[i] = numbers[j];
        i = j;
      }
    }
    numbers[i] = NONE;
  }

  private int home(long keyHash) {
    return (int) (keyHash ^ keyHash >>> Integer.SIZE) & mask;
  }
}
