package io.emberfs.engine.writeback;

/**
 * The bounds of write-back.
 *
 * @param bytesMax memory of dirty pages; a write beyond it waits for a flush
 * @param flushAgeNanos how long a change may wait before it is flushed
 */
public record WriteBackSpec(long bytesMax, long flushAgeNanos) {
  /**
   * Times {@link #bytesMax} that the journal may take up before its oldest file is written anew.
   */
  private static final long JOURNAL_SHARE = 4;

  private static final long JOURNAL_BYTES_MIN = 128L << 20;

  /** Bytes of the journal from which on its oldest records are made superfluous. */
  long journalBytesMax() {
    return Math.max(JOURNAL_SHARE * bytesMax, JOURNAL_BYTES_MIN);
  }
}
