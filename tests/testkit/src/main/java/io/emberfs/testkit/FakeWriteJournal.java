package io.emberfs.testkit;

import io.emberfs.core.JournalFullException;
import io.emberfs.core.JournalRecord;
import io.emberfs.core.WriteJournal;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps records in memory, as a disk would: {@link #reopen} finds what was not released, also
 * without a close, which is a killed process; {@link #powerCut} before it loses an end of what was
 * not synced. One lock for everything.
 */
public final class FakeWriteJournal implements WriteJournal {
  private final NavigableMap<Long, JournalRecord> records;
  private long lastSequence;
  private long durable;
  private long syncCount;
  private boolean isFull;
  private @Nullable IOException failure;

  /** An empty one. */
  public FakeWriteJournal() {
    this(new TreeMap<>(), 0);
  }

  private FakeWriteJournal(NavigableMap<Long, JournalRecord> records, long lastSequence) {
    this.records = records;
    this.lastSequence = lastSequence;
    this.durable = lastSequence;
  }

  /** The next process's journal, over what this one left. This one is not used any more. */
  public synchronized FakeWriteJournal reopen(Sink sink) {
    failure = new IOException("another one has the journal");
    records.forEach(sink::accept);
    return new FakeWriteJournal(new TreeMap<>(records), lastSequence);
  }

  /**
   * Loses power: of what was not synced a beginning stays, as long as the seed says. {@link
   * #reopen} is what comes next.
   */
  public synchronized void powerCut(long seed) {
    failure = new IOException("the power was cut");
    int unsynced = records.tailMap(durable, false).size();
    int lost = Seeds.random(seed).nextInt(unsynced + 1);
    for (int i = 0; i < lost; i++) {
      records.pollLastEntry();
    }
  }

  /** From now on appends and syncs fail, as after an error of the device. */
  public synchronized void fail() {
    failure = new IOException("the device failed");
  }

  /** Whether changes find no room; what is said about them still does. */
  public synchronized void full(boolean isFull) {
    this.isFull = isFull;
  }

  /** Number of syncs that had something to do. */
  public synchronized long syncCount() {
    return syncCount;
  }

  /** Number of the last record that is durable. */
  public synchronized long durable() {
    return durable;
  }

  /** What it holds, in order: copies. */
  public synchronized List<JournalRecord> records() {
    return new ArrayList<>(records.values());
  }

  @Override
  public synchronized long append(JournalRecord record) throws IOException {
    requireSound();
    JournalRecord copy = copy(record);
    boolean isLarge =
        record instanceof JournalRecord.Written || record instanceof JournalRecord.Truncated;
    if (isFull && isLarge) {
      throw new JournalFullException("no room", new IOException("No space left on device"));
    }
    records.put(++lastSequence, copy);
    return lastSequence;
  }

  @Override
  public synchronized void sync(long sequence) throws IOException {
    requireSound();
    if (Math.min(sequence, lastSequence) > durable) {
      durable = lastSequence;
      syncCount++;
    }
  }

  @Override
  public synchronized void release(long sequence) {
    records.headMap(Math.min(sequence, lastSequence + 1)).clear();
  }

  @Override
  public synchronized boolean discard() {
    records.clear();
    failure = new IOException("the journal was discarded");
    return true;
  }

  @Override
  public synchronized long lastSequence() {
    return lastSequence;
  }

  @Override
  public synchronized long heldBytes() {
    return records.values().stream().mapToLong(FakeWriteJournal::bytes).sum();
  }

  @Override
  public synchronized void close() {
    durable = failure == null ? lastSequence : durable;
    failure = new IOException("the journal is closed");
  }

  private void requireSound() throws IOException {
    if (failure != null) {
      throw new IOException("the journal takes nothing more: " + failure.getMessage(), failure);
    }
  }

  private static JournalRecord copy(JournalRecord record) {
    return switch (record) {
      case JournalRecord.Named(var version, byte[] path, boolean isDurable) -> {
        require(path.length, 0);
        yield new JournalRecord.Named(version, path.clone(), isDurable);
      }
      case JournalRecord.Written(var file, long offset, long wallNanos, MemorySegment bytes) -> {
        require(bytes.byteSize(), offset);
        byte[] copy = bytes.toArray(ValueLayout.JAVA_BYTE);
        MemorySegment kept = MemorySegment.ofArray(copy).asReadOnly();
        yield new JournalRecord.Written(file, offset, wallNanos, kept);
      }
      case JournalRecord.Truncated truncated -> {
        require(0, truncated.size());
        yield record;
      }
      case JournalRecord.Flushing _, JournalRecord.Flushed _ -> record;
    };
  }

  private static void require(long length, long place) {
    if (length > RECORD_BYTES_MAX || place < 0) {
      throw new IllegalArgumentException("a record of %d bytes at %d".formatted(length, place));
    }
  }

  private static long bytes(JournalRecord record) {
    long header = 64;
    return switch (record) {
      case JournalRecord.Named named -> header + named.path().length;
      case JournalRecord.Written written -> header + written.bytes().byteSize();
      case JournalRecord.Truncated _, JournalRecord.Flushing _, JournalRecord.Flushed _ -> header;
    };
  }
}
