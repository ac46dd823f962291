package io.emberfs.persistence.journal;

import io.emberfs.core.JournalFullException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes segments, from spares where there are any, and takes back those whose records were
 * released. One thread at a time.
 */
final class SegmentPool {
  /** Kept for their blocks, which are allocated and written; more are deleted. */
  static final int SPARES_MAX = 2;

  private static final Logger LOG = LoggerFactory.getLogger(SegmentPool.class);
  private static final int PIECE_BYTES = 1 << 20;

  private final JournalFolder folder;
  private final int segmentBytes;
  private final SecureRandom random = new SecureRandom();
  private final Deque<String> spares = new ArrayDeque<>();
  private long nextNumber = 1;

  SegmentPool(JournalFolder folder, int segmentBytes) {
    this.folder = folder;
    this.segmentBytes = segmentBytes;
  }

  /** Takes over a folder: keeps spares, deletes what was not finished. */
  void adopt(List<String> names) throws IOException {
    // What is seen may be younger than what is durable: a name must not come back to other bytes.
    folder.sync();
    for (String name : names) {
      nextNumber = Math.max(nextNumber, FileName.number(name) + 1);
      if (FileName.SPARE.isKindOf(name)) {
        adoptSpare(name);
      } else if (FileName.NEW.isKindOf(name)) {
        folder.delete(name);
      }
    }
  }

  /**
   * Makes a segment: all its bytes are written and its header and name are durable.
   *
   * @throws JournalFullException if there is no room for it; nothing is left of it then
   */
  Segment make(long runFirst, long previousEnd) throws IOException {
    if (nextNumber < 0) {
      throw new IOException("journal %s has no numbers left for segments".formatted(folder));
    }
    SegmentHeader header =
        new SegmentHeader(
            SegmentHeader.VERSION, nextNumber, random.nextLong(), runFirst, previousEnd);
    String spare = spares.peek();
    String name = spare == null ? FileName.NEW.of(nextNumber) : spare;
    JournalFile file = write(name, header, spare == null);
    try {
      folder.rename(name, FileName.SEGMENT.of(nextNumber));
      // A record must not be durable before the name of its segment is.
      folder.sync();
    } catch (IOException | RuntimeException failure) {
      file.close();
      throw failure;
    }
    spares.poll();
    nextNumber++;
    return new Segment(header, file, segmentBytes);
  }

  /** Takes a segment back, durably, before one that is later may be taken. */
  void retire(Segment segment) throws IOException {
    segment.close();
    String name = FileName.SEGMENT.of(segment.number());
    if (segment.isDamaged()) {
      folder.rename(name, FileName.DAMAGED.of(segment.number()));
      LOG.warn("journal: {} of {} was damaged and is kept aside", name, folder);
    } else if (segment.bytes() == segmentBytes && spares.size() < SPARES_MAX) {
      String spare = FileName.SPARE.of(segment.number());
      folder.rename(name, spare);
      // Its bytes must not change while its old name may come back.
      folder.sync();
      spares.add(spare);
      return;
    } else {
      folder.delete(name);
    }
    folder.sync();
  }

  private void adoptSpare(String name) throws IOException {
    boolean fits;
    try (JournalFile file = folder.read(name)) {
      fits = file.size() == segmentBytes;
    }
    if (fits && spares.size() < SPARES_MAX) {
      spares.add(name);
    } else {
      folder.delete(name);
    }
  }

  /** Writes the header, and in a new file all the bytes between its two copies before that. */
  private JournalFile write(String name, SegmentHeader header, boolean isNew) throws IOException {
    JournalFile file = null;
    try {
      file = isNew ? folder.create(name) : folder.open(name);
      if (isNew) {
        fill(file);
      }
      MemorySegment bytes = MemorySegment.ofArray(new byte[SegmentHeader.BYTES]);
      header.write(bytes);
      file.write(bytes.asByteBuffer(), 0);
      file.write(bytes.asByteBuffer(), SegmentHeader.recordsEnd(segmentBytes));
      // Here at the latest a file system that allocates late says that it is full.
      file.force();
      return file;
    } catch (IOException failure) {
      boolean isFull = isFull(failure);
      if (file != null) {
        file.close();
        if (isNew) {
          folder.delete(name);
        }
      }
      throw isFull
          ? new JournalFullException(
              "no room for a segment of %d bytes of the journal".formatted(segmentBytes), failure)
          : failure;
    }
  }

  /** Zeros up to the end: what is written over them later moves no metadata. */
  private void fill(JournalFile file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment zeros = arena.allocate(Math.min(PIECE_BYTES, segmentBytes));
      for (long at = 0; at < segmentBytes; at += zeros.byteSize()) {
        long length = Math.min(zeros.byteSize(), segmentBytes - at);
        file.write(zeros.asSlice(0, length).asByteBuffer(), at);
      }
    }
  }

  private boolean isFull(IOException failure) {
    String message = String.valueOf(failure.getMessage());
    return message.contains("No space left")
        || message.contains("quota exceeded")
        || !folder.hasRoom(1);
  }
}
