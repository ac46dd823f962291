package io.emberfs.engine.writeback;

import io.emberfs.core.Clock;
import io.emberfs.core.JournalRecord;
import io.emberfs.core.NodeIdentity;
import io.emberfs.core.WriteJournal;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Makes the dirty files of an ended mount again out of the records of its journal, before anything
 * is asked of the backing. One thread; nobody else uses the files yet.
 */
public final class JournalReplay implements WriteJournal.Sink {
  private final DirtyMemory memory = new DirtyMemory();
  private final DirtyFiles files = new DirtyFiles(memory);
  private final Map<NodeIdentity, DirtyFile> found = new LinkedHashMap<>();
  private final Clock clock;
  private long recordCount;

  public JournalReplay(Clock clock) {
    this.clock = clock;
  }

  @Override
  public void accept(long sequence, JournalRecord record) {
    recordCount++;
    DirtyFile file = found.computeIfAbsent(record.file(), files::acquire);
    switch (record) {
      case JournalRecord.Named named -> file.replayNamed(sequence, named, clock.nanoTime());
      case JournalRecord.Written written -> {
        file.beginReplay(sequence, clock.nanoTime());
        file.write(written.offset(), written.bytes(), written.wallNanos());
      }
      case JournalRecord.Truncated truncated -> {
        file.beginReplay(sequence, clock.nanoTime());
        file.truncate(truncated.size(), truncated.wallNanos());
      }
      case JournalRecord.Flushing flushing -> {
        file.beginReplay(sequence, clock.nanoTime());
        file.replayFlushing(flushing.seen());
      }
      case JournalRecord.Flushed _ -> file.replayFlushed();
    }
  }

  /** What came of it: the files that are dirty. Called once, after the last record. */
  DirtyFiles end() {
    for (DirtyFile file : found.values()) {
      file.endReplay();
      files.release(file);
    }
    found.clear();
    return files;
  }

  DirtyMemory memory() {
    return memory;
  }

  /** Records that were handed over. */
  public long recordCount() {
    return recordCount;
  }
}
