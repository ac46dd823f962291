package io.emberfs.core;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The files that a tier is asked to keep, by the engine's numbers: a set of longs in one table with
 * open addressing. Asking takes no lock and allocates nothing; changes exclude each other. Who asks
 * while a file is added or removed gets either answer.
 *
 * <p>The numbers 0 and -1 stand for places without a file; no file has them ({@link
 * FileRecords#newFileId}).
 */
public final class PinnedFiles {
  private static final long NEVER_USED = 0;
  private static final long REMOVED = -1;
  private static final int LENGTH_MIN = 16;

  private volatile AtomicLongArray places = new AtomicLongArray(LENGTH_MIN);
  private volatile int count;

  /** Places that are not as they were made: files and those removed. Guarded by the monitor. */
  private int usedPlaceCount;

  /** Whether the file is in the set. Any thread. */
  public boolean contains(long fileId) {
    if (count == 0 || isNoFile(fileId)) {
      return false;
    }
    AtomicLongArray present = places;
    return present.get(placeOf(fileId, present)) == fileId;
  }

  /** Number of files. Any thread. */
  public int count() {
    return count;
  }

  /** Adds a file; one that is there stays. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the monitor only
  public synchronized void add(long fileId) {
    if (isNoFile(fileId)) {
      throw new IllegalArgumentException("no file has the number " + fileId);
    }
    int place = placeOf(fileId, places);
    if (places.get(place) == fileId) {
      return;
    }
    places.set(place, fileId);
    count++;
    usedPlaceCount++;
    if (usedPlaceCount * 2 > places.length()) {
      rebuild();
    }
  }

  /** Removes a file, if it is there. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the monitor only
  public synchronized void remove(long fileId) {
    int place = placeOf(fileId, places);
    if (!isNoFile(fileId) && places.get(place) == fileId) {
      places.set(place, REMOVED);
      count--;
    }
  }

  private static boolean isNoFile(long fileId) {
    return fileId == NEVER_USED || fileId == REMOVED;
  }

  /** Where the file is, or the free place where it would be looked for last. */
  private static int placeOf(long fileId, AtomicLongArray table) {
    int mask = table.length() - 1;
    int place = (int) BlockKey.hash(fileId, 0) & mask;
    // At least half of the places were never used, so this ends.
    for (long found = table.get(place);
        found != fileId && found != NEVER_USED;
        found = table.get(place)) {
      place = (place + 1) & mask;
    }
    return place;
  }

  /** Whoever still reads the old table finds in it what was there. */
  private void rebuild() {
    int length = Math.max(LENGTH_MIN, Integer.highestOneBit(count) * 8);
    AtomicLongArray larger = new AtomicLongArray(length);
    for (int i = 0; i < places.length(); i++) {
      long fileId = places.get(i);
      if (fileId != NEVER_USED && fileId != REMOVED) {
        larger.set(placeOf(fileId, larger), fileId);
      }
    }
    places = larger;
    usedPlaceCount = count;
  }
}
