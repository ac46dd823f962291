package io.emberfs.engine.writeback;

import io.emberfs.core.Attributes;
import io.emberfs.core.BackingNode;
import io.emberfs.core.FileVersion;
import io.emberfs.core.JournalRecord;
import io.emberfs.core.NodeIdentity;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One file as those see it who use the mount: what the backing has, and over it the changes that it
 * does not have yet.
 *
 * <p>The changes lie in two layers: those that a flush is carrying to the backing just now, and
 * those made since it began. Both stay over the backing's bytes until the flush is durable, so that
 * nobody sees half of it.
 *
 * <p>The lock comes before the version lock of the block engine. It is held for each change from
 * the journal's record to the layer, and never while a flush writes.
 *
 * <table>
 * <caption>fields</caption>
 * <tr><th>field</th><th>access</th><th>guard for writes</th></tr>
 * <tr><td>dirty, drops, lastSequence, firstSequence, dirtySinceNanos, flushRuns,
 * journaled</td><td>volatile</td><td>lock</td></tr>
 * <tr><td>promised</td><td>volatile</td><td>none: set by whoever syncs, before its answer; too
 * often costs a sync of the backing</td></tr>
 * <tr><td>all others</td><td>plain, under the lock</td><td>lock</td></tr>
 * <tr><td>users</td><td>plain</td><td>the table's entry for the file</td></tr>
 * </table>
 */
final class DirtyFile {
  /** No record of the file is needed. */
  static final long NO_SEQUENCE = Long.MAX_VALUE;

  private static final byte[] NO_NAME = {};

  private final NodeIdentity identity;
  private final DirtyLayer flushing;
  private final DirtyLayer current;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition flushEnded = lock.newCondition();

  /** Uses by open files and calls; with none, and nothing dirty, the file leaves the table. */
  int users;

  private volatile boolean dirty;
  private volatile long drops;
  private volatile long lastSequence;
  private volatile long firstSequence = NO_SEQUENCE;
  private volatile long dirtySinceNanos;

  private final ChangesBelow below = new ChangesBelow();

  private final FlushFailures failures = new FlushFailures();
  private volatile boolean flushRuns;

  /** First record of the changes that no flush has taken yet. */
  private long currentFirstSequence = NO_SEQUENCE;

  /** With a reference of its own while the file is dirty; null if it was not looked for yet. */
  private @Nullable BackingNode node;

  private byte[] path = {};

  private final BaseVersions bases = new BaseVersions();

  /** Whether the backing will have the file after a power cut. */
  private boolean lasting;

  /** Whether we took its last name; until that is durable, a power cut may bring it back. */
  private boolean nameless;

  /** Whether nobody can open or read it any more. */
  private boolean forgotten;

  /** Whether a sync was answered that only the journal stands behind. */
  private volatile boolean promised;

  private long size;
  private long mtimeNanos;

  /** Whether the journal has it: not so for a file without a name, which no crash outlives. */
  private volatile boolean journaled = true;

  DirtyFile(NodeIdentity identity, DirtyMemory memory) {
    this.identity = identity;
    flushing = new DirtyLayer(memory);
    current = new DirtyLayer(memory);
  }

  /** The changes that reached the backing, other than by a flush. */
  ChangesBelow below() {
    return below;
  }

  NodeIdentity identity() {
    return identity;
  }

  void lock() {
    lock.lock();
  }

  boolean tryLock() {
    return lock.tryLock();
  }

  void unlock() {
    lock.unlock();
  }

  /** Whether the backing lacks anything. Without the lock it may be so no more. */
  boolean isDirty() {
    return dirty;
  }

  /** Rises whenever changes leave the layers for the backing. */
  long drops() {
    return drops;
  }

  /** The last record of the file. */
  long lastSequence() {
    return lastSequence;
  }

  /** No record before this one is needed for the file. */
  long firstSequence() {
    return firstSequence;
  }

  /** When the oldest change was made, by the injected clock. */
  long dirtySinceNanos() {
    return dirtySinceNanos;
  }

  /** Flushes that failed. */
  FlushFailures failures() {
    return failures;
  }

  /** Whether a flush runs. */
  boolean isFlushing() {
    return flushRuns;
  }

  /** Whether a flush may begin: none runs, and the last one did not fail just now. */
  boolean mayFlush(long nanos) {
    return dirty && !flushRuns && failures.mayTry(nanos);
  }

  @Nullable BackingNode node() {
    return node;
  }

  byte[] path() {
    return path;
  }

  /** Whether the backing shows our last change, as far as that is known. */
  boolean isBase(FileVersion version) {
    return bases.has(version);
  }

  /** The versions of {@link #isBase}; empty if all are. */
  List<FileVersion> bases() {
    return bases.versions();
  }

  /** Whether the file itself is durable in the backing; else a power cut may have taken it. */
  boolean isLasting() {
    return lasting;
  }

  /** Whether we took its last name, and that may not be durable in the backing. */
  boolean isNameless() {
    return nameless;
  }

  /** Whether nobody can open or read it any more. */
  boolean isForgotten() {
    return forgotten;
  }

  /**
   * Whether a sync was answered since it was clean: then its records must outlive its last name.
   */
  boolean isPromised() {
    return promised;
  }

  /** A sync is about to be answered that only the journal stands behind. */
  void promise() {
    promised = true;
  }

  /** The version of an intent that is none: the changes before it are given up. */
  FileVersion nothingSeen() {
    return new FileVersion(identity, 0, 0, 0);
  }

  /** The record that says that our changes are made on a version. */
  JournalRecord.Named named(FileVersion version, boolean isDurable) {
    return new JournalRecord.Named(version, nameless ? NO_NAME : path, isDurable);
  }

  long size() {
    return size;
  }

  long mtimeNanos() {
    return mtimeNanos;
  }

  boolean isJournaled() {
    return journaled;
  }

  /** Bytes of memory in use. */
  long bytes() {
    return flushing.bytes() + current.bytes();
  }

  // Changes; the lock is held.

  /**
   * The first change is about to be made.
   *
   * @param newNode a reference to it becomes the file's
   * @param hasName else no crash brings it back, and the journal does not have it
   */
  void begin(
      BackingNode newNode,
      JournalRecord.Named named,
      boolean hasName,
      long sequenceMin,
      long nanos) {
    node = newNode;
    promised = false;
    rebase(named);
    lasting = named.isDurable();
    journaled = hasName;
    size = named.version().size();
    mtimeNanos = named.version().mtimeNanos();
    firstSequence = journaled ? sequenceMin : NO_SEQUENCE;
    currentFirstSequence = firstSequence;
    dirtySinceNanos = nanos;
    dirty = true;
  }

  void appended(long sequence) {
    lastSequence = sequence;
  }

  /** The records before this one are not needed any more: later ones say the same. */
  void journaledFrom(long sequence) {
    journaled = true;
    firstSequence = sequence;
    currentFirstSequence = sequence;
  }

  /** It has lost its last name: a crash will not bring it back. */
  void unjournaled() {
    journaled = false;
    firstSequence = NO_SEQUENCE;
    currentFirstSequence = NO_SEQUENCE;
  }

  /** Its last name is gone, durably or not, and nobody uses it. */
  void forget() {
    forgotten = true;
  }

  /** A power cut brought its name back, or it has got another one. */
  void nameCameBack() {
    nameless = false;
  }

  /** From here on that is the version that our changes are made on. */
  void rebase(JournalRecord.Named named) {
    name(named);
    bases.set(named.version());
  }

  private void name(JournalRecord.Named named) {
    nameless = named.path().length == 0;
    path = nameless ? path : named.path();
    lasting |= named.isDurable();
  }

  /** What our last change made of the version is not known. */
  void loseBase() {
    bases.lose();
  }

  /** It was found where it is now. */
  void found(BackingNode foundNode) {
    node = foundNode;
  }

  void write(long offset, MemorySegment bytes, long wallNanos) {
    current.write(offset, bytes);
    size = Math.max(size, offset + bytes.byteSize());
    mtimeNanos = wallNanos;
  }

  void truncate(long newSize, long wallNanos) {
    current.truncate(newSize);
    size = newSize;
    mtimeNanos = wallNanos;
  }

  /** What the journal knew of the size is a lower bound: bytes behind it may be in the backing. */
  void sizeAtLeast(long backingSize) {
    if (kept() == DirtyLayer.ALL) {
      size = Math.max(size, backingSize);
    }
  }

  // Flushing; the lock is held.

  /** Takes all changes made until now for a flush, which {@link #flushed} or another ends. */
  DirtyLayer beginFlush(long sequenceMin) {
    flushing.absorb(current);
    flushRuns = true;
    currentFirstSequence = journaled ? sequenceMin : NO_SEQUENCE;
    return flushing;
  }

  /**
   * The flush is durable.
   *
   * @return a reference to the node that the file does not need any more, if nothing is dirty
   */
  @Nullable BackingNode flushed(long nanos) {
    flushing.release();
    drops++;
    failures.ended();
    endFlush();
    if (current.isEmpty()) {
      return end();
    }
    firstSequence = currentFirstSequence;
    dirtySinceNanos = nanos;
    return null;
  }

  /** The flush ends before it did anything. */
  void flushNotBegun() {
    flushing.absorb(current);
    endFlush();
  }

  /** The flush failed, or could not begin: its changes are there as before. */
  void flushFailed(int errno, long nanos) {
    flushing.absorb(current);
    failures.failed(errno, nanos);
    endFlush();
  }

  /** Nobody needs the changes any more. Result as of {@link #flushed}. */
  @Nullable BackingNode discard() {
    flushing.release();
    current.release();
    drops++;
    return end();
  }

  /** Waits until no flush runs. */
  void awaitFlush() {
    while (flushRuns) {
      flushEnded.awaitUninterruptibly();
    }
  }

  private void endFlush() {
    flushRuns = false;
    flushEnded.signalAll();
  }

  private @Nullable BackingNode end() {
    dirty = false;
    lasting = false;
    nameless = false;
    forgotten = false;
    failures.ended();
    firstSequence = NO_SEQUENCE;
    currentFirstSequence = NO_SEQUENCE;
    BackingNode released = node;
    node = null;
    return released;
  }

  // Records of an earlier mount, in their order; nobody else uses the file yet.

  /** A record of the file was found; the first one since it was clean begins anew. */
  void beginReplay(long sequence, long nanos) {
    lastSequence = sequence;
    if (!dirty) {
      size = 0;
      loseBase();
      firstSequence = sequence;
      dirtySinceNanos = nanos;
      dirty = true;
      // Which syncs were answered, no record says.
      promised = true;
    }
  }

  void replayNamed(long sequence, JournalRecord.Named named, long nanos) {
    boolean isFirst = !dirty;
    beginReplay(sequence, nanos);
    if (isFirst) {
      size = named.version().size();
      mtimeNanos = named.version().mtimeNanos();
    }
    name(named);
    bases.replayNamed(named);
  }

  /**
   * From here on the backing may have any part of the changes; none if they were only to be given
   * up, and then what it shows is what it showed before.
   */
  void replayFlushing(FileVersion seen) {
    flushing.absorb(current);
    if (seen.equals(nothingSeen())) {
      return;
    }
    bases.replayFlushing(seen);
  }

  void replayFlushed() {
    flushing.release();
    bases.replayFlushed();
    if (current.isEmpty()) {
      BackingNode none = end();
      assert none == null;
    }
  }

  /** There are no more records. */
  void endReplay() {
    flushing.absorb(current);
    if (flushing.isEmpty()) {
      BackingNode none = end();
      assert none == null;
    }
  }

  // What readers see; the lock is held.

  /** Whether a range needs nothing from below. */
  boolean covers(long offset, long length) {
    return current.covers(offset, length)
        || flushing.covers(offset, length) && current.kept() >= offset + length;
  }

  /** Up to where the backing's bytes are still the file's. */
  long kept() {
    return Math.min(flushing.kept(), current.kept());
  }

  /**
   * Makes what lies below into what the file has there.
   *
   * @param target with the bytes from below at its start
   * @param belowCount how many those are
   * @return bytes of the file that the target has now
   */
  int overlay(long offset, int length, MemorySegment target, int belowCount) {
    int count = (int) Math.clamp(size - offset, 0, length);
    int valid = (int) Math.clamp(kept() - offset, 0, Math.min(belowCount, count));
    target.asSlice(valid, (long) count - valid).fill((byte) 0);
    MemorySegment bytes = target.asSlice(0, count);
    flushing.overlay(offset, bytes, current.kept());
    current.overlay(offset, bytes, DirtyLayer.ALL);
    return count;
  }

  /** All changes as one layer, while no flush runs. */
  DirtyLayer changes() {
    flushing.absorb(current);
    return flushing;
  }

  /** Attributes as they will be. */
  Attributes overlay(Attributes below) {
    return below.withContent(
        size,
        Math.max(below.blocks(), bytes() / 512),
        mtimeNanos,
        Math.max(below.ctimeNanos(), mtimeNanos));
  }
}
