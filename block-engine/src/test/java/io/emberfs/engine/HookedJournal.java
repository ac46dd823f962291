package io.emberfs.engine;

import io.emberfs.core.JournalRecord;
import io.emberfs.core.WriteJournal;
import java.io.IOException;

/** A journal with something that happens before its calls, and that can pass for a long one. */
final class HookedJournal implements WriteJournal {
  /** What happens; shared by the journals of all restarts of a test. */
  static final class Hooks {
    private Runnable beforeAppend = () -> {};
    private Runnable beforeSync = () -> {};
    private boolean isLong;

    void beforeAppend(Runnable event) {
      beforeAppend = event;
    }

    void beforeSync(Runnable event) {
      beforeSync = event;
    }

    /** Whether it is longer than any bound. */
    void setLong(boolean newLong) {
      isLong = newLong;
    }
  }

  private final WriteJournal journal;
  private final Hooks hooks;

  HookedJournal(WriteJournal journal, Hooks hooks) {
    this.journal = journal;
    this.hooks = hooks;
  }

  @Override
  public long append(JournalRecord record) throws IOException {
    hooks.beforeAppend.run();
    return journal.append(record);
  }

  @Override
  public void sync(long sequence) throws IOException {
    hooks.beforeSync.run();
    journal.sync(sequence);
  }

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
    return hooks.isLong ? Long.MAX_VALUE : journal.heldBytes();
  }

  @Override
  public void close() {
    journal.close();
  }
}
