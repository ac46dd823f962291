package io.emberfs.engine.policy;

import java.util.Arrays;

/**
 * Finds a small number by the hash of a key: open addressing with linear probing, deletion without
 * marks (Knuth, TAOCP 3, algorithm 6.4R). Two keys with one hash are one key here. Fixed size;
 * single-threaded, allocates nothing after construction.
 */
final class KeyIndex {
  static final int NONE = -1;

  private final long[] hashes;
  private final int[] numbers;
  private final int mask;

  /**
   * @param keysMax keys held at most
   */
  KeyIndex(int keysMax) {
    int size = sizeFor(keysMax);
    hashes = new long[size];
    numbers = new int[size];
    mask = size - 1;
    Arrays.fill(numbers, NONE);
  }

  /** Heap bytes for this many keys, at most. */
  static long bytesFor(int keysMax) {
    return (long) sizeFor(keysMax) * (Long.BYTES + Integer.BYTES);
  }

  /** The next power of two that leaves a third free. */
  private static int sizeFor(int keysMax) {
    return Integer.highestOneBit(Math.max(4, keysMax + keysMax / 2)) * 2;
  }

  /** The number of a key, or {@link #NONE}. */
  int find(long keyHash) {
    for (int i = home(keyHash); numbers[i] != NONE; i = i + 1 & mask) {
      if (hashes[i] == keyHash) {
        return numbers[i];
      }
    }
    return NONE;
  }

  /** Notes a number, 0 or more, for a key; replaces the one it had. */
  void put(long keyHash, int number) {
    int i = home(keyHash);
    while (numbers[i] != NONE && hashes[i] != keyHash) {
      i = i + 1 & mask;
    }
    hashes[i] = keyHash;
    numbers[i] = number;
  }

  /** Forgets a key, if it is known. */
  void remove(long keyHash) {
    int i = home(keyHash);
    while (hashes[i] != keyHash || numbers[i] == NONE) {
      if (numbers[i] == NONE) {
        return;
      }
      i = i + 1 & mask;
    }
    for (int j = i + 1 & mask; numbers[j] != NONE; j = j + 1 & mask) {
      // What stands at j may close the gap at i unless its home lies behind the gap.
      if ((j - home(hashes[j]) & mask) >= (j - i & mask)) {
        hashes[i] = hashes[j];
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
