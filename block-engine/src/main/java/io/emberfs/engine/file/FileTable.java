package io.emberfs.engine.file;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Clock;
import io.emberfs.core.FileRecord;
import io.emberfs.core.FileRecords;
import io.emberfs.core.FileVersion;
import io.emberfs.core.NodeIdentity;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The files that the engine knows, found by identity or number, in front of the persisted {@link
 * FileRecords}.
 *
 * <p>Bounded: beyond {@code fileCountMax} states, files that nobody has open are forgotten here;
 * their records bring them back. Lock order: a file's version lock, then whatever the records lock.
 * The table's own monitor guards only that both maps name the same states; nothing blocks under it.
 */
public final class FileTable {
  private static final int RETIRED_AT_ONCE = 1024;

  /** A ctime may be older than the change by a tick of the kernel's clock. */
  private static final long CTIME_GRAIN_NANOS = 20_000_000;

  private final BackingStore store;
  private final FileRecords records;
  private final Clock clock;
  private final int fileCountMax;
  private final Map<NodeIdentity, FileState> byIdentity = new ConcurrentHashMap<>();
  private final Map<Long, FileState> byFileId = new ConcurrentHashMap<>();

  /** Of those records that were put last; two threads may see an old one and put some twice. */
  private volatile int persistedRevision;

  /** Changes of the backing with an older ctime are durable there. */
  private volatile long syncedBeforeNanos = Long.MIN_VALUE;

  /** Whether records were put since the last sync that say that their version is not durable. */
  private volatile boolean hasUnsyncedRecords;

  /**
   * @param fileCountMax bound on the states in memory, those of open files not counted
   */
  public FileTable(BackingStore store, FileRecords records, Clock clock, int fileCountMax) {
    this.store = store;
    this.records = records;
    this.clock = clock;
    this.fileCountMax = fileCountMax;
  }

  /**
   * The file's state with its version lock held; made if the file is new. The caller checks it
   * before use, and unlocks.
   */
  public FileState lockOf(BackingNode node) {
    while (true) {
      FileState state = byIdentity.get(node.identity());
      if (state == null) {
        state = enter(node.identity(), remembered(node.identity(), store.version(node)));
      }
      state.lock();
      if (!state.isRetired()) {
        return state;
      }
      state.unlock();
    }
  }

  /** As {@link #lockOf} for a file that was just made through the mount. */
  public FileState lockOfMade(BackingNode node) {
    FileVersion version = store.version(node);
    enter(node.identity(), FileState.made(records.newFileId(), version, clock.nanoTime()));
    return lockOf(node);
  }

  /**
   * The file's state with its version lock held, or null if neither memory nor the records know the
   * file.
   */
  public @Nullable FileState lockIfKnown(BackingNode node) {
    while (true) {
      FileState state = byIdentity.get(node.identity());
      if (state == null) {
        Optional<FileRecord> record = find(node.identity());
        if (record.isEmpty()) {
          return null;
        }
        state = enter(node.identity(), FileState.remembered(record.get(), clock.nanoTime()));
      }
      state.lock();
      if (!state.isRetired()) {
        return state;
      }
      state.unlock();
    }
  }

  /** The file's state if it is in memory, not locked. */
  public @Nullable FileState inMemory(NodeIdentity identity) {
    return byIdentity.get(identity);
  }

  /** The state of this number if it is in memory, not locked. */
  public @Nullable FileState inMemory(long fileId) {
    return byFileId.get(fileId);
  }

  /** Forgets a file whose bytes nobody can ask for again. The version lock is held. */
  public void forget(NodeIdentity identity, FileState state) {
    state.retireForgotten();
    synchronized (this) {
      byIdentity.remove(identity, state);
      byFileId.remove(state.fileId(), state);
    }
    records.remove(identity, state.fileId());
  }

  /**
   * Persists records that changed. A record is put after the removal of every block that it
   * outdates, because the own write removed them before it changed the state. Where records may
   * have been lost, all are put again.
   *
   * @return records put
   */
  public int persistRecords() {
    int count = 0;
    int now = records.revision();
    boolean isLost = now != persistedRevision;
    persistedRevision = now;
    for (FileState state : byIdentity.values()) {
      if (isLost) {
        state.recordLost();
      }
      count += state.isRecordPending() && persistRecord(state) ? 1 : 0;
    }
    return count;
  }

  /**
   * Persists the record of one file if it changed: before a block of the new content is offered to
   * a tier that outlives this run, for next to the old record it would pass for a block of the old
   * content.
   *
   * @return whether the persisted record is up to date; not if the file is in the middle of an own
   *     write
   */
  public boolean persistRecord(FileState state) {
    if (!state.isRecordPending()) {
      return true;
    }
    FileRecord record = state.takePendingRecord(syncedBeforeNanos, store.incarnation());
    if (record == null) {
      return false;
    }
    if (record.unsyncedIn() != 0) {
      hasUnsyncedRecords = true;
    }
    records.put(record);
    return true;
  }

  /** Whether some record waits for a sync of the backing. */
  boolean hasUnsyncedRecords() {
    return hasUnsyncedRecords;
  }

  /**
   * The backing was synced: what it showed before this moment is durable there, and the records
   * that waited for that are put again.
   *
   * @param wallNanos from before the sync began
   */
  void synced(long wallNanos) {
    hasUnsyncedRecords = false;
    syncedBeforeNanos = wallNanos - CTIME_GRAIN_NANOS;
    for (FileState state : byIdentity.values()) {
      if (state.isRecordUnsynced()) {
        state.recordLost();
      }
    }
  }

  /**
   * Checks open files whose last check is older than {@code ageNanos}: programs may be reading them
   * from kernel pages or mappings, without asking here. A file in the middle of an own write is
   * left for the next time, and so is one of which the backing tells nothing.
   *
   * @param countMax files to check at most
   * @return files checked
   */
  public int checkOpenFiles(VersionCheck versions, long ageNanos, int countMax) {
    int count = 0;
    for (FileState state : byIdentity.values()) {
      if (count == countMax) {
        break;
      }
      if (clock.nanoTime() - state.checkedNanos() < ageNanos || !state.tryLock()) {
        continue;
      }
      try {
        BackingNode node = state.openNode();
        if (node != null) {
          count++;
          versions.checkLocked(state, node);
        }
      } catch (BackingException _) {
        // Whoever reads the file hears of it. The files behind it must not wait for its recovery.
      } finally {
        state.unlock();
      }
    }
    return count;
  }

  /** Number of states in memory. */
  public int size() {
    return byIdentity.size();
  }

  private FileState remembered(NodeIdentity identity, FileVersion version) {
    return find(identity)
        .map(record -> FileState.remembered(record, clock.nanoTime()))
        .orElseGet(() -> FileState.found(records.newFileId(), version, clock.nanoTime()));
  }

  /** The record of a file, unless a power cut may have taken what it tells of. */
  private Optional<FileRecord> find(NodeIdentity identity) {
    Optional<FileRecord> found = records.find(identity);
    long unsyncedIn = found.map(FileRecord::unsyncedIn).orElse(0L);
    if (unsyncedIn == 0) {
      return found;
    }
    if (unsyncedIn != store.incarnation()) {
      found.ifPresent(record -> records.remove(identity, record.fileId()));
      return Optional.empty();
    }
    hasUnsyncedRecords = true;
    return found;
  }

  private FileState enter(NodeIdentity identity, FileState fresh) {
    if (byIdentity.size() >= fileCountMax) {
      persistRecords();
      retireSome();
    }
    synchronized (this) {
      FileState present = byIdentity.putIfAbsent(identity, fresh);
      if (present != null) {
        return present;
      }
      byFileId.put(fresh.fileId(), fresh);
      return fresh;
    }
  }

  private synchronized void retireSome() {
    int retired = 0;
    for (Iterator<Map.Entry<NodeIdentity, FileState>> all = byIdentity.entrySet().iterator();
        all.hasNext() && retired < RETIRED_AT_ONCE; ) {
      FileState state = all.next().getValue();
      if (!state.tryLock()) {
        continue;
      }
      try {
        if (state.retire()) {
          all.remove();
          byFileId.remove(state.fileId(), state);
          retired++;
        }
      } finally {
        state.unlock();
      }
    }
  }
}
