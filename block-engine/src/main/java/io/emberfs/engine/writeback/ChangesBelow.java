package io.emberfs.engine.writeback;

/**
 * Counts the changes of one file that reached the backing other than by a flush, and says which are
 * durable there. Any thread; its monitor is taken last.
 */
final class ChangesBelow {
  /** The first one stands for what was before this object. */
  private long last = 1;

  private long lastOfBytes;
  private long synced;

  /** The inode changed in the backing, and that is not durable there. */
  synchronized void inodeChanged() {
    last++;
  }

  /** As {@link #inodeChanged}, for bytes. */
  synchronized void bytesChanged() {
    last++;
    lastOfBytes = last;
  }

  /** Number of the last change. */
  synchronized long last() {
    return last;
  }

  /** Whether bytes reached the backing without the journal and are not durable there. */
  synchronized boolean hasUnsyncedBytes() {
    return lastOfBytes > synced;
  }

  /**
   * Number of the last change that a sync has to make durable in the backing; 0 if there is none. A
   * change of the inode counts too, whatever the sync is for: the version that the journal's
   * records name must not fall back.
   */
  synchronized long unsynced() {
    return last > synced ? last : 0;
  }

  /** All changes up to this number are durable. */
  synchronized void synced(long number) {
    synced = Math.max(synced, number);
  }
}
