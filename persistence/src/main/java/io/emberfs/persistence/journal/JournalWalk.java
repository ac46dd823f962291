package io.emberfs.persistence.journal;

import io.emberfs.core.JournalRecord;
import io.emberfs.core.WriteJournal;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goes through the records of all segments in order and decides which are the journal. What is
 * missing is a torn tail, and everything after it is given up, unless something found anywhere
 * proves that it had been durable: then it is damage, and what comes after it counts. One thread.
 */
final class JournalWalk {
  /** Nothing was found yet that says which record comes first. */
  private static final long UNKNOWN = 0;

  private final long provenDurable;
  private final WriteJournal.Sink sink;

  /** Segments of which something is missing. */
  private final BitSet damaged;

  /** Sequence of the last record that each segment delivered; 0 if none. */
  private final long[] lastDelivered;

  private long expected = UNKNOWN;
  private long run;

  /** The segment that the record expected may have been in, or those after it. */
  private int expectedFrom;

  private boolean isStopped;
  private long delivered;
  private long deliveredBytes;
  private long missing;
  private long tornBytes;

  /**
   * @param segments in their order
   * @param provenDurable every record up to this sequence had been durable
   */
  JournalWalk(List<SegmentReader.Loaded> segments, long provenDurable, WriteJournal.Sink sink) {
    this.provenDurable = provenDurable;
    this.sink = sink;
    this.lastDelivered = new long[segments.size()];
    this.damaged = new BitSet(segments.size());
    for (int i = 0; i < segments.size(); i++) {
      damaged.set(i, !segments.get(i).isSound());
    }
  }

  /** Goes on with a segment that has a header, before its records. */
  void enter(int segment, SegmentHeader header) {
    if (header.runFirst() == run) {
      return;
    }
    if (run != 0 && header.previousEnd() > 0) {
      // A segment in front that showed no record had one: else it would have been put to other use.
      expected = expected == UNKNOWN ? header.previousEnd() : expected;
      miss(header.previousEnd(), segment, Long.MAX_VALUE);
      expected = Math.max(expected, header.runFirst());
    }
    run = header.runFirst();
    expectedFrom = segment;
  }

  /**
   * Goes on with a record.
   *
   * @param end sequence of the last record that counts in this segment
   * @param record null if it is damaged
   */
  void accept(int segment, long end, RecordHeader header, @Nullable JournalRecord record) {
    long sequence = header.sequence();
    if (sequence > end) {
      return;
    }
    if (expected == UNKNOWN) {
      // As above: a segment of this run that lies in front had a record.
      long before = segment == expectedFrom ? 0 : 1;
      expected = Math.max(1, header.segmentFirst() - before);
    }
    if (sequence < expected) {
      return;
    }
    if (record != null && !isStopped && sequence > expected) {
      isStopped = sequence - 1 > provenDurable;
      miss(Math.min(provenDurable, sequence - 1), segment, header.segmentFirst());
    }
    if (record == null || isStopped) {
      tornBytes += header.storedBytes();
      return;
    }
    sink.accept(sequence, record);
    expected = sequence + 1;
    expectedFrom = segment;
    lastDelivered[segment] = sequence;
    delivered++;
    deliveredBytes += header.storedBytes();
  }

  /** Ends it, after the last segment. */
  void end() {
    if (expected != UNKNOWN) {
      miss(provenDurable, lastDelivered.length, Long.MAX_VALUE);
    }
  }

  boolean isDamaged(int segment) {
    return damaged.get(segment);
  }

  /** Sequence of the last record that a segment delivered; 0 if none. */
  long lastDelivered(int segment) {
    return lastDelivered[segment];
  }

  long delivered() {
    return delivered;
  }

  long deliveredBytes() {
    return deliveredBytes;
  }

  long missing() {
    return missing;
  }

  long tornBytes() {
    return tornBytes;
  }

  /**
   * The records from the one expected up to this sequence had been durable and are not there.
   *
   * @param segment the one that comes after the gap; some of it is missing if its first record is
   */
  private void miss(long through, int segment, long segmentFirst) {
    if (through < expected) {
      return;
    }
    missing += through - expected + 1;
    if (expected < segmentFirst) {
      damaged.set(expectedFrom, segment);
    }
    if (through >= segmentFirst) {
      damaged.set(segment);
    }
    expected = through + 1;
    tornBytes = 0;
  }
}
