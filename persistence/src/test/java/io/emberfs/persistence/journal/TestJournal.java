package io.emberfs.persistence.journal;

import io.emberfs.core.JournalRecord;
import io.emberfs.core.Meters;
import io.emberfs.core.WriteJournal;
import io.emberfs.testkit.JournalRecords;
import java.io.IOException;
import java.util.SortedMap;
import java.util.TreeMap;

/** A journal in a {@link MemoryFolder}, what was appended to it, and what is found there. */
final class TestJournal {
  static final int SEGMENT_BYTES = 16 << 10;

  private TestJournal() {}

  static FileJournal open(MemoryFolder folder) throws IOException {
    return open(folder, (_, _) -> {});
  }

  static FileJournal open(MemoryFolder folder, WriteJournal.Sink sink) throws IOException {
    return FileJournal.open(folder, SEGMENT_BYTES, sink, new Meters());
  }

  /** Appends writes of these many bytes; returns what was appended. */
  static SortedMap<Long, String> append(FileJournal journal, int count, int length)
      throws IOException {
    SortedMap<Long, String> appended = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      JournalRecord record = JournalRecords.written((int) journal.lastSequence() + 1, length);
      appended.put(journal.append(record), JournalRecords.text(record));
    }
    return appended;
  }

  /** The same, each one synced. */
  static SortedMap<Long, String> appendSynced(FileJournal journal, int count, int length)
      throws IOException {
    SortedMap<Long, String> appended = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      appended.putAll(append(journal, 1, length));
      journal.sync(journal.lastSequence());
    }
    return appended;
  }

  /** What a scan finds. */
  record Found(JournalFindings findings, SortedMap<Long, String> records) {}

  static Found scan(MemoryFolder folder) throws IOException {
    SortedMap<Long, String> records = new TreeMap<>();
    JournalFindings findings =
        JournalScan.scan(
                folder,
                (sequence, record) -> {
                  if (records.put(sequence, JournalRecords.text(record)) != null
                      || records.lastKey() != sequence) {
                    throw new AssertionError("record " + sequence + " is not the next one");
                  }
                })
            .findings();
    return new Found(findings, records);
  }
}
