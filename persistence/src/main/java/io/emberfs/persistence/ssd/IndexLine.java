package io.emberfs.persistence.ssd;

import static io.emberfs.persistence.ssd.IndexRecords.NEWER;
import static io.emberfs.persistence.ssd.IndexRecords.OLDER;

/**
 * A line of entries that the policy does not know, oldest to newest, linked through their records;
 * an entry stands in one line at most. Not safe for threads.
 */
final class IndexLine {
  private final IndexRecords records;
  private int oldest = SsdIndex.NONE;
  private int newest = SsdIndex.NONE;

  IndexLine(IndexRecords records) {
    this.records = records;
  }

  /** The oldest entry, or {@link SsdIndex#NONE}. */
  int oldest() {
    return oldest;
  }

  /** The newest entry, or {@link SsdIndex#NONE}. */
  int newest() {
    return newest;
  }

  /** The one that came before an entry of the line, or {@link SsdIndex#NONE}. */
  int older(int entry) {
    return records.getInt(entry, OLDER);
  }

  void addNewest(int entry) {
    records.set(entry, OLDER, newest);
    records.set(entry, NEWER, SsdIndex.NONE);
    if (newest == SsdIndex.NONE) {
      oldest = entry;
    } else {
      records.set(newest, NEWER, entry);
    }
    newest = entry;
  }

  /** Takes out an entry that stands in this line. */
  void remove(int entry) {
    int older = records.getInt(entry, OLDER);
    int newer = records.getInt(entry, NEWER);
    if (older == SsdIndex.NONE) {
      oldest = newer;
    } else {
      records.set(older, NEWER, newer);
    }
    if (newer == SsdIndex.NONE) {
      newest = older;
    } else {
      records.set(newer, OLDER, older);
    }
  }

  void clear() {
    oldest = SsdIndex.NONE;
    newest = SsdIndex.NONE;
  }
}
