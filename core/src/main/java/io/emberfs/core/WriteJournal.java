package io.emberfs.core;

import java.io.IOException;

/**
 * The write-back journal: changes that are acknowledged and that the backing may not have yet, in
 * their order. Any thread.
 *
 * <p>What was appended outlives the process; what was synced outlives a power cut too. After a
 * power cut a record that was not synced may be missing, and then every later one is missing as
 * well: what is found is always a beginning of what was appended.
 *
 * <p>A journal that failed once stays failed: what a device lost of an earlier sync cannot be known
 * by asking again. Every later {@link #append} and {@link #sync} throws.
 */
public interface WriteJournal extends AutoCloseable {
  /** Longest bytes of one {@link JournalRecord.Written}. */
  int RECORD_BYTES_MAX = 1 << 20;

  /**
   * Appends a record. It is copied before this returns.
   *
   * @return its number: 1 or more, and larger than that of every record before it
   * @throws JournalFullException if there is no room for it now. Records without bytes find room as
   *     long as they are few: they make room.
   * @throws IOException if it could not be stored; the journal may or may not hold it then
   * @throws IllegalArgumentException if it is longer than a record may be, or its place in the file
   *     is negative
   */
  long append(JournalRecord record) throws IOException;

  /**
   * Makes every record up to this number durable. Callers that wait at the same time share one
   * sync; one whose record is durable already waits for nothing.
   *
   * @throws IOException if that cannot be said of all of them
   */
  void sync(long sequence) throws IOException;

  /**
   * Says that the records before this number are not needed any more. They may be found once more
   * all the same, together with all that came after them.
   */
  void release(long sequence);

  /**
   * Removes every record, also those of a journal that failed; nothing can be appended afterwards.
   *
   * @return false if that cannot be said of all of them
   */
  boolean discard();

  /** Number of the last record appended; 0 before the first. */
  long lastSequence();

  /** Bytes that the journal takes up for records that were not released. */
  long heldBytes();

  /** Closes it; records that were not released are found by the next one. */
  @Override
  void close();

  /** Takes the records found, in their order. */
  @FunctionalInterface
  interface Sink {
    /**
     * One record.
     *
     * @param record its bytes are valid for this call only
     */
    void accept(long sequence, JournalRecord record);
  }
}
