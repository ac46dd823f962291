package io.emberfs.persistence.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.JournalRecord;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The segments that hold records, the one that is written to, and the one that is ready to follow
 * it; also how far the journal goes, how far it is durable, and whether it failed.
 *
 * <p>Any thread. The lock {@code appending} guards it all and is held across the write of a record,
 * which goes to the page cache. {@code lastSequence}, {@code durable} and {@code failure} are
 * volatile and only move forwards: who reads an old value asks again under a lock.
 */
final class HeldSegments {
  /**
   * What a segment keeps free of changes: where no other can be made, what flushes have to say
   * still finds room, and they make some.
   */
  static final int RESERVED_BYTES = 64 << 10;

  private final long runFirst;
  private final long previousEnd;
  private final ReentrantLock appending = new ReentrantLock();
  private final int reservedBytes;

  @GuardedBy("appending")
  private final ByteBuffer buffer;

  /** Oldest first. */
  @GuardedBy("appending")
  private final Deque<Segment> held = new ArrayDeque<>();

  /** The last one of those held; null until something is appended. */
  @GuardedBy("appending")
  private @Nullable Segment current;

  @GuardedBy("appending")
  private @Nullable Segment prepared;

  /** Records before this one are not needed any more. */
  @GuardedBy("appending")
  private long released;

  private volatile long lastSequence;
  private volatile long durable;
  private volatile @Nullable IOException failure;

  /**
   * @param reservedBytes as {@link #RESERVED_BYTES}, or less in small segments
   * @param runFirst number of the first record to be appended
   * @param previousEnd number of the last record found, which is durable
   */
  HeldSegments(int recordBytesMax, int reservedBytes, long runFirst, long previousEnd) {
    this.reservedBytes = reservedBytes;
    this.buffer = ByteBuffer.allocateDirect(recordBytesMax);
    this.runFirst = runFirst;
    this.previousEnd = previousEnd;
    this.lastSequence = runFirst - 1;
    this.durable = runFirst - 1;
  }

  /** Takes a segment of an earlier run, the oldest one first. */
  void adopt(Segment segment) {
    appending.lock();
    try {
      held.add(segment);
    } finally {
      appending.unlock();
    }
  }

  /**
   * Appends a record of these many bytes, header and all; 0 if no segment has room, and one has to
   * be prepared.
   */
  long append(JournalRecord record, int recordBytes) throws IOException {
    appending.lock();
    try {
      requireSound();
      boolean isChange =
          record instanceof JournalRecord.Written || record instanceof JournalRecord.Truncated;
      Segment segment = segmentWithRoom(isChange ? recordBytes + reservedBytes : recordBytes);
      if (segment == null) {
        return 0;
      }
      encode(record, recordBytes, segment);
      segment.append(buffer);
      lastSequence = segment.lastSequence();
      return lastSequence;
    } finally {
      appending.unlock();
    }
  }

  /** Whether there is a segment to go on with when the current one is full. */
  boolean isPrepared() {
    appending.lock();
    try {
      return prepared != null;
    } finally {
      appending.unlock();
    }
  }

  /** Sets the segment to go on with; null takes it away. Returns the one before. */
  @Nullable Segment prepare(@Nullable Segment segment) {
    appending.lock();
    try {
      Segment before = prepared;
      prepared = segment;
      return before;
    } finally {
      appending.unlock();
    }
  }

  /**
   * What a sync has to force, in this order.
   *
   * @param through sequence of the last record in it
   */
  record Unsynced(List<Segment> segments, long through) {}

  Unsynced unsynced() {
    appending.lock();
    try {
      List<Segment> segments = new ArrayList<>();
      for (Segment segment : held) {
        if (segment.lastSequence() > durable) {
          segments.add(segment);
        }
      }
      return new Unsynced(segments, lastSequence);
    } finally {
      appending.unlock();
    }
  }

  /** Every record up to this one is durable. By one thread at a time. */
  void synced(long through) {
    durable = through;
  }

  void release(long sequence) {
    appending.lock();
    try {
      released = Math.max(released, Math.min(sequence, lastSequence + 1));
    } finally {
      appending.unlock();
    }
  }

  /** The oldest segment, if nobody needs it any more; it stays until it is removed. */
  @Nullable Segment releasedSegment() {
    appending.lock();
    try {
      Segment oldest = held.peek();
      // One that is not durable may be on its way to be: its file is in use.
      boolean isReleased =
          oldest != null
              && oldest != current
              && oldest.lastSequence() < released
              && oldest.lastSequence() <= durable;
      return isReleased && failure == null ? oldest : null;
    } finally {
      appending.unlock();
    }
  }

  /** Removes the oldest segment. */
  void removeOldest() {
    appending.lock();
    try {
      held.remove();
    } finally {
      appending.unlock();
    }
  }

  /** Whether there are segments, and none of their records is needed. */
  boolean isReleased() {
    appending.lock();
    try {
      return !held.isEmpty() && released > lastSequence;
    } finally {
      appending.unlock();
    }
  }

  /** Nothing more is appended to the current segment. */
  void leaveCurrent() {
    appending.lock();
    try {
      current = null;
    } finally {
      appending.unlock();
    }
  }

  long lastSequence() {
    return lastSequence;
  }

  long durable() {
    return durable;
  }

  /** Bytes of the records in segments that hold one which was not released. */
  long recordBytes() {
    appending.lock();
    try {
      long sum = 0;
      for (Segment segment : held) {
        sum += segment.lastSequence() >= released ? segment.recordBytes() : 0;
      }
      return released > lastSequence ? 0 : sum;
    } finally {
      appending.unlock();
    }
  }

  void requireSound() throws IOException {
    IOException known = failure;
    if (known != null) {
      throw new IOException("the journal takes nothing more: " + known.getMessage(), known);
    }
  }

  boolean isSound() {
    return failure == null;
  }

  /** Ends all use of the journal; whether it was sound before. */
  boolean fail(IOException cause) {
    appending.lock();
    try {
      boolean wasSound = failure == null;
      failure = wasSound ? cause : failure;
      return wasSound;
    } finally {
      appending.unlock();
    }
  }

  /** Closes all files. Nobody syncs, prepares or retires meanwhile. */
  void closeFiles() throws IOException {
    appending.lock();
    try {
      if (prepared != null) {
        prepared.close();
      }
      for (Segment segment : held) {
        segment.close();
      }
    } finally {
      appending.unlock();
    }
  }

  @GuardedBy("appending")
  private @Nullable Segment segmentWithRoom(int bytes) {
    Segment segment = current;
    if (segment == null || !segment.hasRoom(bytes)) {
      segment = prepared;
      if (segment != null) {
        prepared = null;
        segment.begin(lastSequence + 1);
        held.add(segment);
        current = segment;
      }
    }
    return segment;
  }

  @GuardedBy("appending")
  private void encode(JournalRecord record, int recordBytes, Segment segment) {
    MemorySegment bytes = MemorySegment.ofBuffer(buffer.clear().limit(recordBytes));
    MemorySegment payload = bytes.asSlice(RecordHeader.BYTES, RecordPayload.bytes(record));
    RecordPayload.write(record, payload);
    // Numbers between the runs were never durable, and nothing may claim that they were.
    long syncedThrough = durable < runFirst ? previousEnd : durable;
    segment.header(RecordPayload.kind(record), payload, syncedThrough).write(bytes);
  }
}
