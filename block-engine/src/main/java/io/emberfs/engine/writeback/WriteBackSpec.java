package io.emberfs.engine.writeback;

/**
 * The bounds of write-back.
 *
 * @param bytesMax memory of dirty pages; a write beyond it waits for a flush
 * @param flushAgeNanos how long a change may wait before it is flushed
 */
public record WriteBackSpec(long bytesMax, long flushAgeNanos) {
  /** Times what is dirty, or may be, that the journal may take up before its oldest file goes. */
  private static final long JOURNAL_SHARE = 4;

  private static final long JOURNAL_BYTES_MIN = 128L << 20;

  /**
   * Bytes of the journal from which on its oldest records are made superfluous.
   *
   * @param dirtyBytes what is dirty: more than {@link #bytesMax} after the end of a mount with a
   *     larger bound
   */
  long journalBytesMax(long dirtyBytes) {
    return Math.max(JOURNAL_SHARE * Math.max(bytesMax, dirtyBytes), JOURNAL_BYTES_MIN);
  }
}
