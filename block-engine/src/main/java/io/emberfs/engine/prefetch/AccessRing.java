package io.emberfs.engine.prefetch;

import io.emberfs.core.Access;
import io.emberfs.core.Meters;
import java.util.function.Consumer;

/**
 * Carries accesses from the threads that answer requests to the predictor's. Whatever does not fit
 * is lost and counted: a reader never waits for the predictor.
 */
public final class AccessRing {
  private final LossyRing ring;
  private final long[] record = new long[LossyRing.RECORD_WORDS];
  private final Meters.Counter lostAccesses;

  /**
   * @param capacity accesses held at most, a power of two; 64 bytes each
   * @param meters gets {@code prefetch.lostAccesses}
   */
  public AccessRing(int capacity, Meters meters) {
    ring = new LossyRing(capacity);
    lostAccesses = meters.counter("prefetch.lostAccesses");
  }

  /**
   * Reports an access; parameters as the components of {@link Access}. Any thread; never waits,
   * allocates nothing.
   *
   * @return false if it was lost
   */
  public boolean offer(
      long fileId,
      long offset,
      int length,
      long fileSize,
      long nanos,
      Access.Operation operation,
      int process,
      Access.Source source) {
    long lengthAndProcess = (long) length << Integer.SIZE | Integer.toUnsignedLong(process);
    boolean taken =
        ring.offer(
            fileId,
            offset,
            fileSize,
            nanos,
            lengthAndProcess,
            operation.ordinal(),
            source.ordinal());
    if (!taken) {
      lostAccesses.increment();
    }
    return taken;
  }

  /**
   * Hands over the oldest accesses, in the order of arrival; one thread at a time.
   *
   * @param max how many at most
   * @return how many it was
   */
  public int drain(int max, Consumer<Access> consumer) {
    int count = 0;
    while (count < max && ring.poll(record)) {
      count++;
      consumer.accept(
          new Access(
              record[0],
              record[1],
              (int) (record[4] >> Integer.SIZE),
              record[2],
              record[3],
              Access.Operation.of((int) record[5]),
              (int) record[4],
              Access.Source.of((int) record[6])));
    }
    return count;
  }
}
