package io.emberfs.testkit;

import io.emberfs.core.JournalRecord;
import io.emberfs.core.WriteJournal;
import java.io.IOException;

/**
 * Wraps a journal and does not sync it, though it says so: what a power cut after a sync must show.
 */
public final class FaultyWriteJournal implements WriteJournal {
  private final WriteJournal journal;

  public FaultyWriteJournal(WriteJournal journal) {
    this.journal = journal;
  }

  @Override
  public long append(JournalRecord record) throws IOException {
    return journal.append(record);
  }

  @Override
  public void sync(long sequence) {}

  @Override
  public void release(long sequence) {
    journal.release(sequence);
  }

  @Override
  public boolean discard() {
    return journal.discard();
  }

  @Override
  public long lastSequence() {
    return journal.lastSequence();
  }

  @Override
  public long heldBytes() {
    return journal.heldBytes();
  }

  @Override
  public void close() {
    journal.close();
  }
}
