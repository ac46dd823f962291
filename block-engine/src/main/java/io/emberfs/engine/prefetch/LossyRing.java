package io.emberfs.engine.prefetch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A bounded queue of records of seven longs from many threads to one. A full ring refuses; nobody
 * waits, nothing is allocated. After the bounded queue by Vyukov: each slot begins with a turn
 * number that says whose it is.
 *
 * <p>A slot at position p (its index plus a multiple of the capacity) is free for a producer while
 * its turn is p, and holds a record for the consumer while its turn is p + 1. Fields: {@code tail}
 * is raised by CAS by producers; {@code head} is plain, the consumer's alone; a turn is written
 * with release after the words and read with acquire before them.
 */
final class LossyRing {
  /** Words of a record. */
  static final int RECORD_WORDS = 7;

  private static final int SLOT_WORDS = RECORD_WORDS + 1;

  /** Races lost against other producers before a record is given up: an offer must be short. */
  private static final int ATTEMPTS_MAX = 16;

  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle TAIL;

  static {
    try {
      TAIL = MethodHandles.lookup().findVarHandle(LossyRing.class, "tail", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final long[] words;
  private final int capacity;
  private volatile long tail;
  private long head;

  /**
   * @param capacity records held at most, a power of two
   */
  LossyRing(int capacity) {
    if (Integer.bitCount(capacity) != 1) {
      throw new IllegalArgumentException("capacity " + capacity + " is not a power of two");
    }
    this.capacity = capacity;
    this.words = new long[capacity * SLOT_WORDS];
    for (int i = 0; i < capacity; i++) {
      words[i * SLOT_WORDS] = i;
    }
    VarHandle.fullFence();
  }

  /** Appends a record; any thread. Returns false if it was lost. */
  boolean offer(long w0, long w1, long w2, long w3, long w4, long w5, long w6) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      long position = tail;
      int slot = slot(position);
      long turn = (long) WORD.getAcquire(words, slot);
      if (turn < position) {
        return false;
      }
      if (turn == position && TAIL.compareAndSet(this, position, position + 1)) {
        words[slot + 1] = w0;
        words[slot + 2] = w1;
        words[slot + 3] = w2;
        words[slot + 4] = w3;
        words[slot + 5] = w4;
        words[slot + 6] = w5;
        words[slot + 7] = w6;
        WORD.setRelease(words, slot, position + 1);
        return true;
      }
    }
    return false;
  }

  /**
   * Takes the oldest record; the consumer only. Returns false if there is none that is complete.
   */
  boolean poll(long[] record) {
    int slot = slot(head);
    if ((long) WORD.getAcquire(words, slot) != head + 1) {
      return false;
    }
    System.arraycopy(words, slot + 1, record, 0, RECORD_WORDS);
    WORD.setRelease(words, slot, head + capacity);
    head++;
    return true;
  }

  private int slot(long position) {
    return (int) (position & (capacity - 1)) * SLOT_WORDS;
  }
}
