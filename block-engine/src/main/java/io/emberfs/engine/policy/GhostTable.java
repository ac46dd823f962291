package io.emberfs.engine.policy;

/**
 * Remembers the keys of blocks that left, by a hash, for as long as a given number of further
 * departures. Fixed size: where a bucket is full, its oldest key is forgotten early. Two keys may
 * share a fingerprint, which costs a block a better place than it earned and nothing else.
 * Single-threaded, allocates nothing after construction.
 */
final class GhostTable {
  private static final int BUCKET_SIZE = 4;
  private static final int EMPTY = 0;

  private final int[] fingerprints;
  private final int[] departures;
  private final int bucketMask;
  private int departureCount;

  /**
   * @param keysMax keys to remember at most, rounded down to a power of two of at least one bucket
   */
  GhostTable(int keysMax) {
    int size = sizeFor(keysMax);
    fingerprints = new int[size];
    departures = new int[size];
    bucketMask = size / BUCKET_SIZE - 1;
  }

  /** Heap bytes for this many keys. */
  static long bytesFor(int keysMax) {
    return 2L * Integer.BYTES * sizeFor(keysMax);
  }

  private static int sizeFor(int keysMax) {
    return Math.max(BUCKET_SIZE, Integer.highestOneBit(keysMax));
  }

  /** Remembers a key that was not remembered. */
  void add(long keyHash) {
    departureCount++;
    int bucket = bucket(keyHash);
    int oldest = bucket;
    for (int i = bucket; i < bucket + BUCKET_SIZE; i++) {
      if (fingerprints[i] == EMPTY) {
        oldest = i;
        break;
      }
      if (age(i) > age(oldest)) {
        oldest = i;
      }
    }
    fingerprints[oldest] = fingerprint(keyHash);
    departures[oldest] = departureCount;
  }

  /**
   * Forgets a key and tells whether it was remembered.
   *
   * @param ageMax departures after which a key counts as forgotten
   */
  boolean take(long keyHash, int ageMax) {
    int bucket = bucket(keyHash);
    int fingerprint = fingerprint(keyHash);
    for (int i = bucket; i < bucket + BUCKET_SIZE; i++) {
      if (fingerprints[i] == fingerprint) {
        fingerprints[i] = EMPTY;
        return age(i) <= ageMax;
      }
    }
    return false;
  }

  /** Forgets a key, if it is remembered. */
  void forget(long keyHash) {
    boolean _ = take(keyHash, 0);
  }

  private int age(int position) {
    return departureCount - departures[position];
  }

  private int bucket(long keyHash) {
    return ((int) keyHash & bucketMask) * BUCKET_SIZE;
  }

  private static int fingerprint(long keyHash) {
    int upper = (int) (keyHash >>> Integer.SIZE);
    return upper == EMPTY ? 1 : upper;
  }
}
