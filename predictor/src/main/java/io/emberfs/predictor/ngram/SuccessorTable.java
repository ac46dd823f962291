package io.emberfs.predictor.ngram;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Hashed contexts and the two blocks that followed each most often, in a fixed number of entries of
 * four longs. One thread.
 *
 * <p>A bucket is four entries. A newcomer takes the lightest of its bucket; now and then the whole
 * bucket is halved, so that contexts of an old phase do not stay for ever. An entry that saturates
 * is halved too.
 *
 * <p>Layout, from the lowest bit:
 *
 * <pre>
 *   word 0  first successor: fileId
 *   word 1  first successor: block index 36, count 8; high part of the check 20
 *   word 2  second successor: fileId
 *   word 3  second successor: block index 36, count 8; uses of the context 8; low part of the check 12
 * </pre>
 */
final class SuccessorTable {
  /** No such context. */
  static final int NONE = -1;

  /** The greatest block index that an entry can hold. */
  static final long BLOCK_INDEX_MAX = (1L << 36) - 1;

  private static final int ENTRY_WORDS = 4;
  private static final int BUCKET_ENTRIES = 4;
  private static final int BLOCK_BITS = 36;
  private static final int COUNT_BITS = 8;
  private static final long COUNT_MAX = (1L << COUNT_BITS) - 1;
  private static final int COUNT_SHIFT = BLOCK_BITS;
  private static final int CHECK_HIGH_SHIFT = COUNT_SHIFT + COUNT_BITS;
  private static final int USES_SHIFT = COUNT_SHIFT + COUNT_BITS;
  private static final int CHECK_LOW_SHIFT = USES_SHIFT + COUNT_BITS;
  private static final int CHECK_LOW_BITS = Long.SIZE - CHECK_LOW_SHIFT;

  /** One of so many newcomers that push an entry out ages its bucket. */
  private static final int AGING_PERIOD = 16;

  private final int entryCount;
  private final long[] words;
  private int displacedCount;

  /**
   * @param entryCount a power of two, at least 4
   */
  SuccessorTable(int entryCount) {
    if (Integer.bitCount(entryCount) != 1 || entryCount < BUCKET_ENTRIES) {
      throw new IllegalArgumentException("entryCount " + entryCount + " is no power of two from 4");
    }
    this.entryCount = entryCount;
    this.words = new long[entryCount * ENTRY_WORDS];
  }

  /** The entry of a context, or {@link #NONE}. Valid until the next call of {@link #learn}. */
  int find(long hash) {
    int bucket = bucket(hash);
    for (int entry = bucket; entry < bucket + BUCKET_ENTRIES; entry++) {
      if (uses(entry) > 0 && check(entry) == check(hash)) {
        return entry;
      }
    }
    return NONE;
  }

  /** A context was followed by this block. A context not known yet gets an entry. */
  void learn(long hash, long fileId, long blockIndex) {
    int entry = find(hash);
    if (entry == NONE) {
      insert(hash, fileId, blockIndex);
      return;
    }
    if (uses(entry) == COUNT_MAX) {
      halve(entry);
    }
    setUses(entry, uses(entry) + 1);
    for (int rank = 0; rank < 2; rank++) {
      if (count(entry, rank) > 0
          && fileId(entry, rank) == fileId
          && blockIndex(entry, rank) == blockIndex) {
        setCount(entry, rank, count(entry, rank) + 1);
        keepOrder(entry);
        return;
      }
    }
    if (count(entry, 1) <= 1) {
      setSuccessor(entry, 1, fileId, blockIndex, 1);
      keepOrder(entry);
    } else {
      setCount(entry, 1, count(entry, 1) - 1);
    }
  }

  /** Uses of the context, up to 255. */
  int uses(int entry) {
    return (int) (words[entry * ENTRY_WORDS + 3] >>> USES_SHIFT & COUNT_MAX);
  }

  /**
   * How often a successor followed; 0 if there is none.
   *
   * @param rank 0 for the more frequent one, 1 for the other
   */
  int count(int entry, int rank) {
    return (int) (words[word(entry, rank) + 1] >>> COUNT_SHIFT & COUNT_MAX);
  }

  long fileId(int entry, int rank) {
    return words[word(entry, rank)];
  }

  long blockIndex(int entry, int rank) {
    return words[word(entry, rank) + 1] & BLOCK_INDEX_MAX;
  }

  void clear() {
    Arrays.fill(words, 0);
    displacedCount = 0;
  }

  void save(DataOutput out) throws IOException {
    int used = 0;
    for (int entry = 0; entry < entryCount; entry++) {
      used += uses(entry) > 0 ? 1 : 0;
    }
    out.writeInt(entryCount);
    out.writeInt(displacedCount);
    out.writeInt(used);
    for (int entry = 0; entry < entryCount; entry++) {
      if (uses(entry) > 0) {
        out.writeInt(entry);
        for (int i = 0; i < ENTRY_WORDS; i++) {
          out.writeLong(words[entry * ENTRY_WORDS + i]);
        }
      }
    }
  }

  /**
   * Reads what {@link #save} wrote, into an empty table; in part, if it throws. Allocates nothing.
   */
  void load(DataInput in) throws IOException {
    int savedCount = in.readInt();
    displacedCount = in.readInt();
    int used = in.readInt();
    if (savedCount != entryCount || used < 0 || used > entryCount) {
      throw new IOException(
          "n-gram table: %d of %d entries, expected %d".formatted(used, savedCount, entryCount));
    }
    int previous = -1;
    for (int i = 0; i < used; i++) {
      int entry = in.readInt();
      if (entry <= previous || entry >= entryCount) {
        throw new IOException("n-gram table: entry " + entry + " after " + previous);
      }
      previous = entry;
      for (int word = 0; word < ENTRY_WORDS; word++) {
        words[entry * ENTRY_WORDS + word] = in.readLong();
      }
      if (count(entry, 0) < count(entry, 1)
          || count(entry, 0) + count(entry, 1) > uses(entry)
          || count(entry, 0) == 0) {
        throw new IOException("n-gram table: the counts of entry " + entry + " do not add up");
      }
    }
  }

  private void insert(long hash, long fileId, long blockIndex) {
    int bucket = bucket(hash);
    int victim = lightest(bucket);
    if (uses(victim) > 0 && ++displacedCount % AGING_PERIOD == 0) {
      for (int entry = bucket; entry < bucket + BUCKET_ENTRIES; entry++) {
        halve(entry);
      }
      victim = lightest(bucket);
    }
    long check = check(hash);
    int base = victim * ENTRY_WORDS;
    words[base] = fileId;
    words[base + 1] = blockIndex | 1L << COUNT_SHIFT | check >>> CHECK_LOW_BITS << CHECK_HIGH_SHIFT;
    words[base + 2] = 0;
    words[base + 3] = 1L << USES_SHIFT | check << CHECK_LOW_SHIFT;
  }

  private int lightest(int bucket) {
    int lightest = bucket;
    for (int entry = bucket; entry < bucket + BUCKET_ENTRIES; entry++) {
      if (uses(entry) < uses(lightest)) {
        lightest = entry;
      }
    }
    return lightest;
  }

  private void halve(int entry) {
    setCount(entry, 0, count(entry, 0) / 2);
    setCount(entry, 1, count(entry, 1) / 2);
    setUses(entry, count(entry, 0) == 0 ? 0 : uses(entry) / 2);
  }

  private void keepOrder(int entry) {
    if (count(entry, 1) <= count(entry, 0)) {
      return;
    }
    long fileId = fileId(entry, 0);
    long blockIndex = blockIndex(entry, 0);
    int count = count(entry, 0);
    setSuccessor(entry, 0, fileId(entry, 1), blockIndex(entry, 1), count(entry, 1));
    setSuccessor(entry, 1, fileId, blockIndex, count);
  }

  private void setSuccessor(int entry, int rank, long fileId, long blockIndex, int count) {
    int word = word(entry, rank);
    words[word] = fileId;
    words[word + 1] = words[word + 1] & ~BLOCK_INDEX_MAX | blockIndex;
    setCount(entry, rank, count);
  }

  private void setCount(int entry, int rank, int count) {
    int word = word(entry, rank) + 1;
    words[word] = words[word] & ~(COUNT_MAX << COUNT_SHIFT) | (long) count << COUNT_SHIFT;
  }

  private void setUses(int entry, int uses) {
    int word = entry * ENTRY_WORDS + 3;
    words[word] = words[word] & ~(COUNT_MAX << USES_SHIFT) | (long) uses << USES_SHIFT;
  }

  private long check(int entry) {
    int base = entry * ENTRY_WORDS;
    return words[base + 1] >>> CHECK_HIGH_SHIFT << CHECK_LOW_BITS
        | words[base + 3] >>> CHECK_LOW_SHIFT;
  }

  /** The high half of the hash; the low one chooses the bucket. */
  private static long check(long hash) {
    return hash >>> Integer.SIZE;
  }

  private int bucket(long hash) {
    return (int) hash & (entryCount - 1) & -BUCKET_ENTRIES;
  }

  private static int word(int entry, int rank) {
    return entry * ENTRY_WORDS + 2 * rank;
  }
}
