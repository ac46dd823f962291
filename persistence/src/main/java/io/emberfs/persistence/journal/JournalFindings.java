package io.emberfs.persistence.journal;

import java.util.List;

/**
 * What was found in a journal.
 *
 * @param records handed over
 * @param bytes that they take up
 * @param missingRecords which a later record proves to have been durable, and which cannot be read;
 *     at least that many
 * @param tornTailBytes of records behind the end, as far as they can be recognised: they were not
 *     synced, one before them was lost, and they are given up
 * @param damagedSegments names of the segments in which something cannot be read, in their order
 * @param setAside names of those that were damaged earlier, and whose records were released
 * @param millis that it took
 */
public record JournalFindings(
    long records,
    long bytes,
    long missingRecords,
    long tornTailBytes,
    List<String> damagedSegments,
    List<String> setAside,
    long millis) {
  public JournalFindings {
    damagedSegments = List.copyOf(damagedSegments);
    setAside = List.copyOf(setAside);
  }

  /** Whether something durable was lost, or may have been. */
  public boolean isDamaged() {
    return missingRecords > 0 || !damagedSegments.isEmpty();
  }
}
