package io.emberfs.persistence.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.JournalFullException;
import io.emberfs.core.JournalRecord;
import io.emberfs.core.Meters;
import io.emberfs.core.WriteJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal in a folder of segments (see the package for names and layouts).
 *
 * <p>An append writes into the page cache of the segment in use, which a killed process leaves
 * behind; a sync forces the segments that hold something newer than the last one, oldest first. The
 * next segment is made ahead of time by {@link #prepareStep}, or by the append that needs it.
 *
 * <p>What a device lost is told by three things that every opening compares: sequences without
 * gaps, how far the journal was synced when each record was appended, and where the runs before
 * ended. {@link #findings} says what came of it. A segment in which something is missing is kept
 * aside for good once its records are released.
 *
 * <p>Any thread; none that is interrupted, for Java closes a file under it. Three locks, in this
 * order: {@code turn} for one sync at a time (whoever waited for it finds its record synced),
 * {@code folding} for making and retiring segments, both held across their I/O; and that of {@link
 * HeldSegments}.
 */
public final class FileJournal implements WriteJournal {
  /** Bytes of a segment, unless a test wants others. */
  public static final int SEGMENT_BYTES = 16 << 20;

  /** Small segments, as tests have, keep this share of themselves free of changes. */
  private static final int SMALL_SEGMENT_SHARE = 16;

  private static final Logger LOG = LoggerFactory.getLogger(FileJournal.class);

  private final JournalFindings findings;
  private final int recordBytesMax;
  private final long runFirst;
  private final long previousEnd;
  private final JournalFolder folder;
  private final HeldSegments held;
  private final Meters.Counter records;
  private final Meters.Counter syncs;
  private final Meters.Counter failures;

  private final ReentrantLock turn = new ReentrantLock();
  private final ReentrantLock folding = new ReentrantLock();

  @GuardedBy("folding")
  private final SegmentPool pool;

  private FileJournal(
      JournalFolder folder, int segmentBytes, JournalScan.Scanned scanned, Meters meters) {
    this.pool = new SegmentPool(folder, segmentBytes);
    this.findings = scanned.findings();
    this.runFirst = scanned.next();
    this.previousEnd = scanned.end();
    long room = SegmentHeader.recordsEnd(segmentBytes) - SegmentHeader.RECORDS_OFFSET;
    int longest = RecordHeader.storedBytes(RecordPayload.BYTES_MAX);
    int reserved = (int) Math.min(HeldSegments.RESERVED_BYTES, room / SMALL_SEGMENT_SHARE);
    this.recordBytesMax = (int) Math.min(room - reserved, longest);
    this.held = new HeldSegments(recordBytesMax, reserved, runFirst, previousEnd);
    this.folder = folder;
    this.records = meters.counter("journal.records");
    this.syncs = meters.counter("journal.syncs");
    this.failures = meters.counter("journal.failures");
    meters.counter("journal.missingRecords").add(findings.missingRecords());
    meters.gauge("journal.heldBytes", this::heldBytes);
  }

  /**
   * Opens a journal, making it where there is none. Nobody else may have it open.
   *
   * @param folder its parent exists
   * @param segmentBytes {@link #SEGMENT_BYTES}; at most 64 MiB
   * @param sink takes the records found, in their order, on this thread
   * @throws NewerJournalException if it was written by a newer version; nothing was changed
   * @throws IOException if it cannot be read or what it holds cannot be made durable
   */
  public static FileJournal open(
      Path folder, int segmentBytes, WriteJournal.Sink sink, Meters meters) throws IOException {
    return open(DiskFolder.make(folder), segmentBytes, sink, meters);
  }

  static FileJournal open(
      JournalFolder folder, int segmentBytes, WriteJournal.Sink sink, Meters meters)
      throws IOException {
    JournalScan.Scanned scanned = JournalScan.scan(folder, sink);
    if (scanned.next() > RecordHeader.SEQUENCE_MAX / 2) {
      throw new IOException("journal %s has no numbers left for records".formatted(folder));
    }
    if (scanned.findings().isDamaged()) {
      LOG.warn("journal: {} is damaged: {}", folder, scanned.findings());
    }
    FileJournal journal = new FileJournal(folder, segmentBytes, scanned, meters);
    journal.adopt(folder, scanned);
    return journal;
  }

  /** What the opening found. */
  public JournalFindings findings() {
    return findings;
  }

  @Override
  public long append(JournalRecord record) throws IOException {
    int recordBytes = RecordHeader.storedBytes(RecordPayload.bytes(record));
    if (recordBytes > recordBytesMax) {
      throw new IllegalArgumentException(
          "a record of %d bytes exceeds a segment's %d".formatted(recordBytes, recordBytesMax));
    }
    while (true) {
      long sequence;
      try {
        sequence = held.append(record, recordBytes);
      } catch (IOException failed) {
        throw fail(failed);
      }
      if (sequence > 0) {
        records.increment();
        return sequence;
      }
      prepare();
    }
  }

  @Override
  public void sync(long sequence) throws IOException {
    held.requireSound();
    if (sequence <= held.durable()) {
      return;
    }
    turn.lock();
    try {
      held.requireSound();
      if (Math.min(sequence, held.lastSequence()) > held.durable()) {
        force();
      }
    } finally {
      turn.unlock();
    }
    // What was released before it was durable can go now; whoever is busy with segments sees to it.
    if (folding.tryLock()) {
      try {
        retireReleased();
      } finally {
        folding.unlock();
      }
    }
  }

  @Override
  public void release(long sequence) {
    held.release(sequence);
    folding.lock();
    try {
      retireReleased();
    } finally {
      folding.unlock();
    }
  }

  /**
   * Makes the next segment if there is none ready, so that no append has to. For a background role;
   * writes a segment's bytes and syncs them. That there is no room is left to the append that needs
   * the segment.
   *
   * @return whether one was made
   */
  public boolean prepareStep() {
    try {
      return prepare();
    } catch (IOException metAgainByAppend) {
      return false;
    }
  }

  @Override
  public long lastSequence() {
    return held.lastSequence();
  }

  @Override
  public long heldBytes() {
    return held.recordBytes();
  }

  /**
   * Removes the files of a journal that nobody has open, damaged ones too: what they hold is lost.
   *
   * @throws IOException if one cannot be removed; some may be gone then
   */
  public static void discard(Path folder) throws IOException {
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      discard(new DiskFolder(folder));
    }
  }

  /** Oldest first: what is left by an end in between are the last records, as after a release. */
  private static void discard(JournalFolder folder) throws IOException {
    for (String name : folder.names()) {
      if (FileName.number(name) >= 0) {
        folder.delete(name);
      }
    }
    folder.sync();
  }

  @Override
  public boolean discard() {
    turn.lock();
    folding.lock();
    try {
      held.fail(new IOException("it was discarded"));
      closeFiles();
      discard(folder);
      return true;
    } catch (IOException failed) {
      LOG.error("journal: {} could not be removed: {}", folder, failed.getMessage());
      return false;
    } finally {
      folding.unlock();
      turn.unlock();
    }
  }

  /** Syncs it and closes it. Where all records were released the next opening finds none. */
  @Override
  public void close() {
    turn.lock();
    folding.lock();
    try {
      if (held.isSound()) {
        force();
        if (held.isReleased()) {
          clear();
        }
      }
    } catch (IOException failed) {
      LOG.warn("journal: it was not closed as it should be: {}", failed.getMessage());
    } finally {
      held.fail(new IOException("it is closed"));
      closeFiles();
      folding.unlock();
      turn.unlock();
    }
  }

  private void adopt(JournalFolder folder, JournalScan.Scanned scanned) throws IOException {
    folding.lock();
    try {
      pool.adopt(scanned.names());
      for (JournalScan.Found found : scanned.segments()) {
        if (found.hasRecords()) {
          // It may be in the page cache of a killed process only, and is called durable from now.
          try (JournalFile file = folder.open(found.name())) {
            file.force();
          }
        }
      }
      for (JournalScan.Found found : scanned.segments()) {
        if (found.isNeeded()) {
          held.adopt(new Segment(found));
        }
      }
      // What was given up goes newest first: without the gap in front its records would count.
      for (JournalScan.Found found : scanned.segments().reversed()) {
        if (!found.isNeeded()) {
          pool.retire(new Segment(found));
        }
      }
    } finally {
      folding.unlock();
    }
  }

  /** Makes a segment ready, unless one is; returns whether it made one. */
  private boolean prepare() throws IOException {
    folding.lock();
    try {
      retireReleased();
      held.requireSound();
      if (held.isPrepared()) {
        return false;
      }
      held.prepare(pool.make(runFirst, previousEnd));
      return true;
    } catch (JournalFullException full) {
      throw full;
    } catch (IOException failed) {
      throw fail(failed);
    } finally {
      folding.unlock();
    }
  }

  /** Forces every segment with something newer than the last sync, oldest first. */
  @GuardedBy("turn")
  private void force() throws IOException {
    HeldSegments.Unsynced unsynced = held.unsynced();
    try {
      for (Segment segment : unsynced.segments()) {
        segment.force();
        syncs.increment();
      }
    } catch (IOException failed) {
      throw fail(failed);
    }
    held.synced(unsynced.through());
  }

  /** Gives back the oldest segments as long as nobody needs them. */
  @GuardedBy("folding")
  private void retireReleased() {
    try {
      for (Segment oldest = held.releasedSegment();
          oldest != null;
          oldest = held.releasedSegment()) {
        pool.retire(oldest);
        held.removeOldest();
      }
    } catch (IOException failed) {
      fail(failed);
    }
  }

  /**
   * Leaves a segment that begins behind everything, then gives the others back. In this order, and
   * oldest first, an end in between leaves records to be found once more, and no gap.
   */
  @GuardedBy("folding")
  private void clear() throws IOException {
    Segment unused = held.prepare(null);
    if (unused != null) {
      pool.retire(unused);
    }
    pool.make(lastSequence() + 1, lastSequence()).close();
    held.leaveCurrent();
    retireReleased();
  }

  private void closeFiles() {
    try {
      held.closeFiles();
    } catch (IOException failed) {
      LOG.warn("journal: closing a segment: {}", failed.getMessage());
    }
  }

  /** Ends all use of the journal; returns what its caller throws. */
  private IOException fail(IOException cause) {
    if (held.fail(cause)) {
      failures.increment();
      LOG.error("journal: it failed, and takes nothing more: {}", cause.getMessage());
    }
    return cause;
  }
}
