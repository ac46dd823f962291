package io.emberfs.persistence.journal;

import io.emberfs.core.WriteJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Reads a journal as it lies on disk, in two rounds: the first finds what is proven to have been
 * durable, the second hands over what counts. It changes nothing.
 */
public final class JournalScan {
  private JournalScan() {}

  /**
   * Reads a journal that nobody has open.
   *
   * @param folder of the journal; one that is not there is an empty one
   * @param sink takes the records in their order, on this thread
   * @throws NewerJournalException if it was written by a newer version
   * @throws IOException if it cannot be read, or changed meanwhile
   */
  public static JournalFindings read(Path folder, WriteJournal.Sink sink) throws IOException {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return new JournalFindings(0, 0, 0, 0, List.of(), List.of(), 0);
    }
    DiskFolder disk = new DiskFolder(folder);
    Scanned scanned = scan(disk, sink);
    if (!disk.names().equals(scanned.names())) {
      throw new IOException("journal " + folder + " changed while it was read");
    }
    return scanned.findings();
  }

  /**
   * Whether a folder holds, or may hold, something that the backing has not: records that were not
   * released, damage, a newer version, or a file that is none of the journal's.
   *
   * @throws IOException if it cannot be read
   */
  public static boolean holdsRecords(Path folder) throws IOException {
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      return Files.exists(folder, LinkOption.NOFOLLOW_LINKS);
    }
    for (String name : new DiskFolder(folder).names()) {
      if (FileName.number(name) < 0 || FileName.DAMAGED.isKindOf(name)) {
        return true;
      }
    }
    try {
      JournalFindings findings = read(folder, (_, _) -> {});
      return findings.records() > 0 || findings.isDamaged();
    } catch (NewerJournalException newer) {
      return true;
    }
  }

  /**
   * What was found.
   *
   * @param names of all files
   * @param segments in their order
   * @param end sequence of the last record that counts or counted; 0 if there is none
   * @param next larger than every sequence seen
   */
  record Scanned(
      JournalFindings findings, List<String> names, List<Found> segments, long end, long next) {}

  /**
   * A segment that was found.
   *
   * @param lastSequence of the last record that it delivered, or that one before it did; 0 if none
   * @param hasRecords whether it delivered any
   */
  record Found(String name, long bytes, long lastSequence, boolean hasRecords, boolean isDamaged) {
    /** Whether it stays until its records are released. */
    boolean isNeeded() {
      return hasRecords || isDamaged;
    }
  }

  static Scanned scan(JournalFolder folder, WriteJournal.Sink sink) throws IOException {
    long began = System.nanoTime();
    List<String> names = folder.names();
    try (SegmentReader reader = new SegmentReader(folder)) {
      Survey survey = new Survey();
      for (String name : names) {
        if (FileName.SEGMENT.isKindOf(name)) {
          survey.add(reader.load(name), reader);
        }
      }
      JournalWalk walk = walk(survey, reader, sink);
      List<Found> found = new ArrayList<>();
      List<String> damaged = new ArrayList<>();
      long last = 0;
      for (int i = 0; i < survey.segments.size(); i++) {
        SegmentReader.Loaded segment = survey.segments.get(i);
        last = Math.max(last, walk.lastDelivered(i));
        boolean hasRecords = walk.lastDelivered(i) > 0;
        found.add(new Found(segment.name(), segment.bytes(), last, hasRecords, walk.isDamaged(i)));
        if (walk.isDamaged(i)) {
          damaged.add(segment.name());
        }
      }
      JournalFindings findings =
          new JournalFindings(
              walk.delivered(),
              walk.deliveredBytes(),
              walk.missing(),
              walk.tornBytes(),
              damaged,
              names.stream().filter(FileName.DAMAGED::isKindOf).toList(),
              TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
      long end = Math.max(last, survey.provenDurable);
      return new Scanned(findings, names, found, end, Math.max(end, survey.lastSeen) + 1);
    }
  }

  private static JournalWalk walk(Survey survey, SegmentReader reader, WriteJournal.Sink sink)
      throws IOException {
    List<SegmentReader.Loaded> segments = survey.segments;
    JournalWalk walk = new JournalWalk(segments, survey.provenDurable, sink);
    for (int i = 0; i < segments.size(); i++) {
      SegmentHeader header = segments.get(i).header();
      if (header != null) {
        int segment = i;
        long end = survey.end(i, header.runFirst());
        reader.load(segments.get(i).name());
        walk.enter(segment, header);
        reader.visit(header, (at, record) -> walk.accept(segment, end, at, record));
      }
    }
    walk.end();
    return walk;
  }

  /** The first round. */
  private static final class Survey {
    private final List<SegmentReader.Loaded> segments = new ArrayList<>();
    private long provenDurable;
    private long lastSeen;

    private void add(SegmentReader.Loaded segment, SegmentReader reader) {
      segments.add(segment);
      SegmentHeader header = segment.header();
      if (header == null) {
        return;
      }
      provenDurable = Math.max(provenDurable, header.previousEnd());
      lastSeen = Math.max(lastSeen, header.runFirst() - 1);
      reader.visit(
          header,
          (record, _) -> {
            provenDurable = Math.max(provenDurable, record.syncedThrough());
            lastSeen = Math.max(lastSeen, record.sequence());
          });
    }

    /** The last record of a run that counts: the runs after it say so. */
    private long end(int segment, long run) {
      long end = Long.MAX_VALUE;
      for (int i = segment + 1; i < segments.size(); i++) {
        SegmentHeader later = segments.get(i).header();
        if (later != null && later.runFirst() != run) {
          end = Math.min(end, later.previousEnd());
        }
      }
      return end;
    }
  }
}
