package io.emberfs.engine.policy;

import java.util.Arrays;

/**
 * What caches would hold, the first under LRU and the others each under a rule of its own: keys
 * without blocks. Single-threaded, allocates nothing after construction.
 *
 * <p>A key has one record for all of them, half a cache line, so that an access finds it once: its
 * neighbours in the lists of each cache, when it came to each or left it, and where it is there. A
 * record is kept while its key is in any of the caches, and after that for the ghosts until its
 * place is wanted for another key; the one that was gone first goes first.
 *
 * <p>Times are counts of arrivals or departures, kept to 16 bits: a ghost of just as long ago may
 * count as a fresh one, which costs a key a better place than it earned and nothing else.
 */
final class ShadowCaches {
  /** More keys would have records whose numbers need more than 16 bits. */
  static final int KEYS_MAX = 16_384;

  /** One for the keys of each cache, and as much again for where they differ and for ghosts. */
  private static final int RECORDS_PER_KEY = 3;

  private static final int CACHES_MAX = 4;

  // A record: two neighbours for each cache, a time for each rule, and the state.
  private static final int NEXT = 0;
  private static final int PREVIOUS = NEXT + CACHES_MAX;
  private static final int TIME = PREVIOUS + CACHES_MAX;
  private static final int STATE = TIME + CACHES_MAX;
  private static final int RECORD_SIZE = 16;

  // Where a key is in a cache: two bits of the state for each, and after them as many for its uses
  // there. The first two are lists.
  private static final int NEWCOMERS = 0;
  private static final int MAIN = 1;
  private static final int GHOST = 2;
  private static final int NOWHERE = 3;
  private static final int LIST_COUNT = 2;
  private static final int PAIR = 2;
  private static final int PAIR_MASK = 3;

  /** In the state of a key that no cache has, all of these. */
  private static final int IN_NO_CACHE = 0b10101010;

  private static final int NOWHERE_AND_UNUSED = 0b11111111;
  private static final int USE_COUNT_MAX = 3;

  private static final int LRU = 0;

  /** In the lists of LRU, which has no newcomers: the records of keys that no cache has. */
  private static final int GONE = NEWCOMERS;

  private final QueueRule[] rules;
  private final int keysMax;
  private final int recordCount;

  /** The records, and after them one for the ends of each list. */
  private final char[] fields;

  private final long[] hashes;
  private final KeyIndex index;
  private final int[] sizes = new int[CACHES_MAX * LIST_COUNT];
  private final int[] arrivalCounts = new int[CACHES_MAX];
  private final int[] departureCounts = new int[CACHES_MAX];

  /** The first of the records that had no key yet. */
  private int freshRecord;

  /**
   * @param keysMax keys in each cache at most, no more than {@link #KEYS_MAX}
   * @param rules of the caches; that of the first, which is LRU, is never asked
   */
  ShadowCaches(int keysMax, QueueRule... rules) {
    this.rules = rules.clone();
    this.keysMax = keysMax;
    recordCount = keysMax * RECORDS_PER_KEY;
    fields = new char[(recordCount + LIST_COUNT) * RECORD_SIZE];
    hashes = new long[recordCount];
    index = new KeyIndex(hashes);
    for (int end = recordCount; end < recordCount + LIST_COUNT; end++) {
      int record = end * RECORD_SIZE;
      Arrays.fill(fields, record, record + TIME, (char) end);
    }
  }

  /** Heap bytes for this many keys in each cache. */
  static long bytesFor(int keysMax) {
    int recordCount = keysMax * RECORDS_PER_KEY;
    return (long) recordCount * (RECORD_SIZE * Character.BYTES + Long.BYTES)
        + KeyIndex.bytesFor(recordCount);
  }

  /**
   * A block was asked for.
   *
   * @param capacity keys that may be in a cache afterwards, at least one is
   * @return a bit for each cache, the lowest for LRU: whether the block was not there
   */
  int access(long keyHash, int capacity) {
    int record = index.find(keyHash);
    if (record == KeyIndex.NONE) {
      record = newRecord(keyHash);
    }
    int state = state(record);
    if (place(LRU, state) == GONE) {
      unlink(LRU, GONE, record);
      state = withPlace(LRU, state, NOWHERE);
    }
    int limit = Math.min(capacity, keysMax);
    int missed = 0;
    if (place(LRU, state) == MAIN) {
      touch(LRU, MAIN, record);
    } else {
      missed = 1;
      makeRoom(LRU, limit);
      link(LRU, MAIN, record);
      state = withPlace(LRU, state, MAIN);
    }
    for (int cache = LRU + 1; cache < rules.length; cache++) {
      if (isHeld(cache, state)) {
        state = hit(cache, record, state);
      } else {
        missed |= 1 << cache;
        makeRoom(cache, limit);
        state = insert(cache, record, state);
      }
    }
    setState(record, state);
    return missed;
  }

  /** A block is worth nothing any more, to no cache. */
  void forget(long keyHash) {
    int record = index.find(keyHash);
    if (record != KeyIndex.NONE) {
      forget(record);
    }
  }

  /** Keeps only keys whose hash has this many zeros in front. */
  void keepOnly(int leadingZeros) {
    for (int record = 0; record < freshRecord; record++) {
      if (Long.numberOfLeadingZeros(hashes[record]) < leadingZeros) {
        forget(record);
      }
    }
  }

  private void forget(int record) {
    int state = state(record);
    for (int cache = 0; cache < rules.length; cache++) {
      if (isHeld(cache, state)) {
        unlink(cache, place(cache, state), record);
      }
    }
    if (place(LRU, state) == GONE) {
      unlink(LRU, GONE, record);
    }
    link(LRU, GONE, record);
    setState(record, withPlace(LRU, NOWHERE_AND_UNUSED, GONE));
  }

  /** A record for a key that has none. */
  private int newRecord(long keyHash) {
    int record;
    if (freshRecord < recordCount) {
      record = freshRecord++;
    } else {
      while (sizes[LRU * LIST_COUNT + GONE] == 0) {
        // The caches have less in common than there are records for.
        for (int cache = 0; cache < rules.length; cache++) {
          makeRoom(cache, size(cache));
        }
      }
      record = oldest(LRU, GONE);
      unlink(LRU, GONE, record);
      index.remove(record);
    }
    setState(record, NOWHERE_AND_UNUSED);
    hashes[record] = keyHash;
    index.put(record);
    return record;
  }

  /** Lets a key into a cache that has room; the record's state afterwards. */
  private int insert(int cache, int record, int state) {
    QueueRule rule = rules[cache];
    boolean isBack = false;
    if (place(cache, state) == GHOST) {
      int age = (char) (departureCounts[cache] - time(cache, record));
      isBack = (long) age * rule.ghostDivisor() <= size(cache);
    }
    if (!isBack) {
      setTime(cache, record, arrivalCounts[cache]++);
    }
    int list = isBack ? MAIN : NEWCOMERS;
    link(cache, list, record);
    return withPlace(cache, withoutUses(cache, state), list);
  }

  /** Tells a cache of the use of a key that it holds; the record's state afterwards. */
  private int hit(int cache, int record, int state) {
    QueueRule rule = rules[cache];
    if (place(cache, state) == MAIN) {
      if (rule.mainByRecency()) {
        touch(cache, MAIN, record);
        return state;
      }
    } else {
      // As in RuledQueues: in a cache that is not full, one that the rule would have sent away.
      int age = (char) (arrivalCounts[cache] - time(cache, record));
      if ((long) age * rule.newcomerDivisor() > size(cache)) {
        unlink(cache, NEWCOMERS, record);
        link(cache, MAIN, record);
        return withPlace(cache, withoutUses(cache, state), MAIN);
      }
    }
    return uses(cache, state) < USE_COUNT_MAX ? state + oneUse(cache) : state;
  }

  private void makeRoom(int cache, int capacity) {
    while (size(cache) > 0 && size(cache) >= capacity) {
      if (cache == LRU) {
        int record = oldest(LRU, MAIN);
        leave(LRU, MAIN, record, state(record));
      } else {
        stepToVictim(cache);
      }
    }
  }

  /** One step of a rule's victim: a key leaves, or another one gets another place. */
  private void stepToVictim(int cache) {
    QueueRule rule = rules[cache];
    int newcomers = sizes[cache * LIST_COUNT + NEWCOMERS];
    int size = size(cache);
    boolean isNewcomer = newcomers == size || (long) newcomers * rule.newcomerDivisor() > size;
    int list = isNewcomer ? NEWCOMERS : MAIN;
    int record = oldest(cache, list);
    int state = state(record);
    int uses = uses(cache, state);
    if (isNewcomer && uses >= rule.usesForMain()) {
      unlink(cache, NEWCOMERS, record);
      link(cache, MAIN, record);
      setState(record, withPlace(cache, withoutUses(cache, state), MAIN));
    } else if (!isNewcomer && !rule.mainByRecency() && uses > 0) {
      touch(cache, MAIN, record);
      setState(record, state - oneUse(cache));
    } else {
      leave(cache, list, record, state);
    }
  }

  private void leave(int cache, int list, int record, int stateBefore) {
    unlink(cache, list, record);
    int state = withPlace(cache, stateBefore, NOWHERE);
    if (cache != LRU && list == NEWCOMERS) {
      setTime(cache, record, ++departureCounts[cache]);
      state = withPlace(cache, state, GHOST);
    }
    if ((state & IN_NO_CACHE) == IN_NO_CACHE) {
      link(LRU, GONE, record);
      state = withPlace(LRU, state, GONE);
    }
    setState(record, state);
  }

  private int size(int cache) {
    int main = sizes[cache * LIST_COUNT + MAIN];
    return cache == LRU ? main : main + sizes[cache * LIST_COUNT + NEWCOMERS];
  }

  private int oldest(int cache, int list) {
    return fields[(recordCount + list) * RECORD_SIZE + NEXT + cache];
  }

  /** Makes a record of a list the newest there. */
  private void touch(int cache, int list, int record) {
    if (fields[(recordCount + list) * RECORD_SIZE + PREVIOUS + cache] != record) {
      unlink(cache, list, record);
      link(cache, list, record);
    }
  }

  private void link(int cache, int list, int record) {
    int end = recordCount + list;
    int newest = fields[end * RECORD_SIZE + PREVIOUS + cache];
    fields[newest * RECORD_SIZE + NEXT + cache] = (char) record;
    fields[record * RECORD_SIZE + PREVIOUS + cache] = (char) newest;
    fields[record * RECORD_SIZE + NEXT + cache] = (char) end;
    fields[end * RECORD_SIZE + PREVIOUS + cache] = (char) record;
    sizes[cache * LIST_COUNT + list]++;
  }

  private void unlink(int cache, int list, int record) {
    int next = fields[record * RECORD_SIZE + NEXT + cache];
    int previous = fields[record * RECORD_SIZE + PREVIOUS + cache];
    fields[previous * RECORD_SIZE + NEXT + cache] = (char) next;
    fields[next * RECORD_SIZE + PREVIOUS + cache] = (char) previous;
    sizes[cache * LIST_COUNT + list]--;
  }

  private int time(int cache, int record) {
    return fields[record * RECORD_SIZE + TIME + cache];
  }

  private void setTime(int cache, int record, int time) {
    fields[record * RECORD_SIZE + TIME + cache] = (char) time;
  }

  private int state(int record) {
    return fields[record * RECORD_SIZE + STATE];
  }

  private void setState(int record, int state) {
    fields[record * RECORD_SIZE + STATE] = (char) state;
  }

  private static boolean isHeld(int cache, int state) {
    int place = place(cache, state);
    return place == MAIN || place == NEWCOMERS && cache != LRU;
  }

  private static int place(int cache, int state) {
    return state >>> cache * PAIR & PAIR_MASK;
  }

  private static int withPlace(int cache, int state, int place) {
    return state & ~(PAIR_MASK << cache * PAIR) | place << cache * PAIR;
  }

  private static int uses(int cache, int state) {
    return place(cache + CACHES_MAX, state);
  }

  private static int withoutUses(int cache, int state) {
    return withPlace(cache + CACHES_MAX, state, 0);
  }

  private static int oneUse(int cache) {
    return 1 << (cache + CACHES_MAX) * PAIR;
  }
}
