package io.emberfs.core;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Learns from accesses and proposes blocks that will be wanted. Does no I/O, owns its bounded
 * arrays only, and runs on one thread, so it needs no lock.
 */
public interface Prefetcher {
  /**
   * A file was used. Cheap; called in the order in which accesses were seen, with gaps where the
   * ring lost some.
   */
  void onAccess(Access access);

  /**
   * Hands over the proposals that follow from the accesses so far, best first, and forgets them.
   */
  void candidates(CandidateSink sink);

  /** What became of a block that was proposed. */
  void onOutcome(long fileId, long blockIndex, int component, Outcome outcome);

  /** Names blocks that a stream has passed and will not need again, and forgets them. */
  void passed(PassedSink sink);

  /** Writes the model, bounded; the format is the prefetcher's own and begins with a version. */
  void save(DataOutput out) throws IOException;

  /**
   * Reads what {@link #save} wrote.
   *
   * @throws IOException if it is damaged or of another version; the prefetcher is then as new
   */
  void load(DataInput in) throws IOException;

  /** What became of a prefetched block. */
  enum Outcome {
    /** A demand read hit it. */
    USED,
    /** A demand read had to wait for it. */
    LATE,
    /** It left the cache before anybody asked for it. */
    WASTED,
    /** It was not fetched: already there, no room, throttled. */
    DROPPED
  }

  /** Receives proposals. */
  @FunctionalInterface
  interface CandidateSink {
    /**
     * Takes one.
     *
     * @param blockCount blocks in a row from {@code firstBlockIndex}, at least 1
     * @param component which model proposes; given back with the outcome
     * @param probability that all of them will be used, 0 to 1
     */
    void propose(
        long fileId, long firstBlockIndex, int blockCount, int component, float probability);
  }

  /** Receives blocks that may leave first. */
  @FunctionalInterface
  interface PassedSink {
    void passed(long fileId, long blockIndex);
  }
}
