package io.emberfs.engine.file;

import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.FileRecord;
import io.emberfs.core.FileVersion;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One file that the engine knows: the content its cached blocks belong to, and its open
 * descriptors.
 *
 * <p>The <b>version lock</b> is held around every own write together with the stats before and
 * after it, and around every check of the version; so a check never sees half of an own write.
 *
 * <p><b>Young</b>: the kernel sets ctime before it copies the bytes of a write, so two equal stats
 * around a read prove nothing while somebody else's write may still run. Bytes read while the last
 * foreign ctime is younger than {@link #YOUNG_NANOS} are not persisted, and the generation is
 * raised at the next check, so that they are served for one attribute time-to-live.
 *
 * <table>
 * <caption>fields</caption>
 * <tr><th>field</th><th>access</th><th>guard for writes</th></tr>
 * <tr><td>fileGeneration, size, checkedNanos, version</td><td>volatile; the hit path reads them</td><td>version lock</td></tr>
 * <tr><td>foreignCtimeNanos, readWhileYoung, openedGeneration, openCount, notesAccess, users, readFile, retired</td><td>plain</td>
 *     <td>version lock</td></tr>
 * <tr><td>recordPending</td><td>volatile</td><td>version lock to set, the record's writer to clear and to set again</td></tr>
 * <tr><td>recordUnsynced</td><td>volatile</td><td>version lock</td></tr>
 * <tr><td>syncedVersion</td><td>volatile</td><td>none: whoever synced; an older one proves less</td></tr>
 * </table>
 */
public final class FileState {
  /** A foreign change younger than this may still be copying its bytes. */
  static final long YOUNG_NANOS = 2_000_000_000L;

  /** Older than any time-to-live. */
  private static final long NEVER_CHECKED_NANOS = Long.MAX_VALUE / 2;

  private static final long NO_FOREIGN_CHANGE = Long.MIN_VALUE;
  private static final long NEVER_OPENED = -1;

  private final long fileId;
  private final ReentrantLock lock = new ReentrantLock();

  private volatile long fileGeneration;
  private volatile FileVersion version;
  private volatile long size;
  private volatile long checkedNanos;
  private volatile boolean recordPending;

  /** The version that a sync of this file made durable last. */
  private volatile @Nullable FileVersion syncedVersion;

  /** Whether the persisted record says that its version is not durable in the backing. */
  private volatile boolean recordUnsynced;

  private long foreignCtimeNanos;

  private boolean readWhileYoung;

  private long openedGeneration = NEVER_OPENED;

  private int openCount;

  private int users;

  private @Nullable BackingFile readFile;

  /** Whether some open did not ask to leave the access time alone. */
  private boolean notesAccess;

  private @Nullable BackingNode openNode;

  private boolean retired;

  private FileState(
      long fileId, long fileGeneration, FileVersion version, long foreignCtimeNanos, long nanos) {
    this.fileId = fileId;
    this.fileGeneration = fileGeneration;
    this.version = version;
    this.size = version.size();
    this.foreignCtimeNanos = foreignCtimeNanos;
    this.checkedNanos = nanos;
  }

  /** A file seen for the first time: who changed it last is not known, so it was somebody else. */
  static FileState found(long fileId, FileVersion version, long nanos) {
    FileState state = new FileState(fileId, 1, version, version.ctimeNanos(), nanos);
    state.recordPending = true;
    return state;
  }

  /** A file that was just made through the mount. */
  static FileState made(long fileId, FileVersion version, long nanos) {
    FileState state = new FileState(fileId, 1, version, NO_FOREIGN_CHANGE, nanos);
    state.recordPending = true;
    return state;
  }

  /** A file remembered from an earlier run; it is checked before it is used. */
  static FileState remembered(FileRecord record, long nanos) {
    FileState state =
        new FileState(
            record.fileId(),
            record.fileGeneration(),
            record.version(),
            record.version().ctimeNanos(),
            nanos);
    state.recordUnsynced = record.unsyncedIn() != 0;
    return state;
  }

  public long fileId() {
    return fileId;
  }

  /** The generation that a block must carry to be served. */
  public long fileGeneration() {
    return fileGeneration;
  }

  /** Bytes of the file, as of the last check or own write. */
  public long size() {
    return size;
  }

  /** When the last comparison of the version with the backing began, by the injected clock. */
  public long checkedNanos() {
    return checkedNanos;
  }

  /** The content that the cached blocks belong to, as of the last check or own write. */
  public FileVersion version() {
    return version;
  }

  /**
   * The backing was synced since it had this version.
   *
   * @param synced the version before the sync
   */
  public void synced(FileVersion synced) {
    syncedVersion = synced;
    if (recordUnsynced) {
      recordPending = true;
    }
  }

  /** Whether the persisted record says that its version is not durable in the backing. */
  boolean isRecordUnsynced() {
    return recordUnsynced;
  }

  /** Takes the version lock. */
  public void lock() {
    lock.lock();
  }

  /** Takes the version lock unless an own write or a check is under way. */
  public boolean tryLock() {
    return lock.tryLock();
  }

  /** Gives the version lock back. */
  public void unlock() {
    lock.unlock();
  }

  /**
   * Compares the file with what the backing says now. The version lock is held, and {@code now} was
   * taken under it.
   *
   * @param nanos from before {@code now} was asked for
   * @return whether the generation was raised: the cached blocks are dead
   */
  public boolean check(FileVersion now, long nanos) {
    assert lock.isHeldByCurrentThread();
    boolean changed = !now.equals(version);
    boolean dead = changed || readWhileYoung;
    if (changed) {
      version = now;
      foreignCtimeNanos = now.ctimeNanos();
    }
    if (dead) {
      readWhileYoung = false;
      // The generation before the size: a hit that sees the new size must not find a block of the
      // old content.
      fileGeneration++;
      size = now.size();
      recordPending = true;
    }
    checkedNanos = nanos;
    return dead;
  }

  /**
   * What the file is now could not be asked: the next use compares it with the backing first. The
   * version lock is held.
   */
  public void distrust(long nanos) {
    assert lock.isHeldByCurrentThread();
    checkedNanos = nanos - NEVER_CHECKED_NANOS;
  }

  /**
   * Makes the cached blocks dead although the backing may not have changed. The version lock is
   * held.
   */
  public void raise() {
    assert lock.isHeldByCurrentThread();
    fileGeneration++;
    recordPending = true;
  }

  /**
   * Whether bytes that were read under {@code generation} belong to the content recorded for it:
   * the backing, asked after the read, still shows that content, and ctime never repeats. The
   * version lock is held.
   *
   * @param seen after the read; without the lock it may be from the middle of an own write, and
   *     then it confirms nothing
   */
  public boolean confirms(long generation, FileVersion seen) {
    assert lock.isHeldByCurrentThread();
    return generation == fileGeneration && seen.equals(version);
  }

  /**
   * Takes note of an own change. The version lock is held since before {@code before} was taken,
   * and the blocks that the change outdates are gone from every tier.
   *
   * @return whether the generation was raised, because somebody else had changed the file in
   *     between
   */
  public boolean changed(FileVersion before, FileVersion after, long nanos) {
    assert lock.isHeldByCurrentThread();
    if (!before.equals(version) || readWhileYoung) {
      return check(after, nanos);
    }
    version = after;
    size = after.size();
    checkedNanos = nanos;
    recordPending = true;
    return false;
  }

  /**
   * Whether bytes read since then may belong to a foreign write that still ran. The version lock is
   * held.
   */
  public boolean isYoung(long wallNanos) {
    assert lock.isHeldByCurrentThread();
    return foreignCtimeNanos != NO_FOREIGN_CHANGE && wallNanos - foreignCtimeNanos < YOUNG_NANOS;
  }

  /**
   * Bytes were read while the file was young: the next check makes them dead. The version lock is
   * held.
   */
  public void noteReadWhileYoung() {
    assert lock.isHeldByCurrentThread();
    readWhileYoung = true;
  }

  /**
   * Counts one more open. The version lock is held and the file was checked under it.
   *
   * @param quiet whether reads of this open leave the access time alone. Readers share a
   *     descriptor: it is a quiet one only if all had asked for that when it was opened.
   * @return whether the content is that of the last open in this run
   */
  public boolean opened(BackingNode node, boolean quiet) {
    assert lock.isHeldByCurrentThread() && !retired;
    notesAccess |= !quiet;
    openCount++;
    users++;
    openNode = node;
    boolean unchanged = openedGeneration == fileGeneration;
    openedGeneration = fileGeneration;
    return unchanged;
  }

  /** Ends one open. */
  public void closed() {
    lock.lock();
    try {
      openCount--;
      if (openCount == 0) {
        openNode = null;
        notesAccess = false;
      }
      leave();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Borrows the descriptor that all readers of the file share, opened on first need. Paired with
   * {@link #releaseFile}.
   *
   * @return null if the file is not open
   */
  public @Nullable BackingFile acquireFile(BackingStore store) {
    lock.lock();
    try {
      BackingNode node = openNode;
      if (node == null) {
        return null;
      }
      BackingFile file = readFile;
      if (file == null) {
        file =
            store.open(
                node,
                notesAccess ? BackingStore.OpenMode.READ : BackingStore.OpenMode.READ_QUIETLY);
        readFile = file;
      }
      users++;
      return file;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives the shared descriptor back; the last one to leave a file that is no longer open closes
   * it.
   */
  public void releaseFile() {
    lock.lock();
    try {
      leave();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the file is open; an open file is never retired. */
  public boolean isOpen() {
    lock.lock();
    try {
      return openCount > 0;
    } finally {
      lock.unlock();
    }
  }

  /** The node of the file while it is open. The version lock is held. */
  @Nullable BackingNode openNode() {
    assert lock.isHeldByCurrentThread();
    return openNode;
  }

  /** Marks the state as no longer the file's, unless it is in use. The version lock is held. */
  boolean retire() {
    assert lock.isHeldByCurrentThread();
    if (users > 0) {
      return false;
    }
    if (readWhileYoung) {
      // Nobody will know of that afterwards: what was read so is dead from now on.
      readWhileYoung = false;
      raise();
    }
    if (recordPending) {
      return false;
    }
    retired = true;
    return true;
  }

  /** As {@link #retire}, for a file that is gone: whatever is still in use sees an ended state. */
  void retireForgotten() {
    assert lock.isHeldByCurrentThread();
    retired = true;
    recordPending = false;
    fileGeneration++;
  }

  boolean isRetired() {
    assert lock.isHeldByCurrentThread();
    return retired;
  }

  /** Whether the persisted record is not up to date. */
  boolean isRecordPending() {
    return recordPending;
  }

  /** The persisted record may be gone, or was never taken: it is to be put once more. */
  void recordLost() {
    recordPending = true;
  }

  /**
   * What is to be persisted; null if the persisted record is up to date, or the file is busy.
   *
   * @param syncedBeforeNanos changes with an older ctime are durable in the backing
   * @param incarnation of the backing
   */
  @Nullable FileRecord takePendingRecord(long syncedBeforeNanos, long incarnation) {
    if (!recordPending) {
      return null;
    }
    // A file in the middle of a slow own write keeps its record for the next round.
    if (!lock.tryLock()) {
      return null;
    }
    try {
      recordPending = false;
      if (retired) {
        return null;
      }
      FileVersion present = version;
      boolean isDurable = present.ctimeNanos() < syncedBeforeNanos || present.equals(syncedVersion);
      recordUnsynced = !isDurable && incarnation != 0;
      return new FileRecord(fileId, fileGeneration, present, isDurable ? 0 : incarnation);
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    users--;
    if (users == 0 && readFile != null) {
      readFile.close();
      readFile = null;
    }
  }
}
