package io.emberfs.engine.prefetch;

import io.emberfs.core.Meters;

/**
 * Carries the news of issued blocks from fetching, reading and evicting threads to the predictor's.
 * What does not fit is lost and counted.
 */
final class OutcomeRing {
  private final LossyRing ring;
  private final long[] record = new long[LossyRing.RECORD_WORDS];
  private final Meters.Counter lostOutcomes;

  /** What happened to the blocks. */
  enum Event {
    /** A load is about to begin. */
    ISSUED,
    /** The load is over; the blocks in the mask were fetched. */
    LOADED,
    USED,
    LATE,
    WASTED;

    private static final Event[] VALUES = values();
  }

  /** Receives events. */
  @FunctionalInterface
  interface Sink {
    /**
     * Takes one.
     *
     * @param blockCount blocks in a row that it is about
     * @param mask of {@link Event#LOADED}: bit n set: the n-th was fetched
     * @param component of {@link Event#ISSUED}: which model proposed them
     */
    void accept(
        Event event, long fileId, long firstBlockIndex, int blockCount, long mask, int component);
  }

  /**
   * @param capacity events held at most, a power of two
   * @param meters gets {@code prefetch.lostOutcomes}
   */
  OutcomeRing(int capacity, Meters meters) {
    ring = new LossyRing(capacity);
    lostOutcomes = meters.counter("prefetch.lostOutcomes");
  }

  /**
   * Reports an event; parameters as in {@link Sink#accept}. Any thread; never waits, allocates
   * nothing.
   */
  void offer(
      Event event, long fileId, long firstBlockIndex, int blockCount, long mask, int component) {
    if (!ring.offer(event.ordinal(), fileId, firstBlockIndex, blockCount, mask, component, 0)) {
      lostOutcomes.increment();
    }
  }

  /** Hands over at most {@code max} events and returns how many it was; one thread at a time. */
  int drain(int max, Sink sink) {
    int count = 0;
    while (count < max && ring.poll(record)) {
      count++;
      sink.accept(
          Event.VALUES[(int) record[0]],
          record[1],
          record[2],
          (int) record[3],
          record[4],
          (int) record[5]);
    }
    return count;
  }
}
