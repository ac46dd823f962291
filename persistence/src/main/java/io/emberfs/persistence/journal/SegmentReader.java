package io.emberfs.persistence.journal;

import io.emberfs.core.JournalRecord;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads segments whole, one after the other, into a buffer of its own. Nothing in them is believed
 * before it is verified. One thread.
 */
final class SegmentReader implements AutoCloseable {
  /** A longer file is no segment, and is not read. */
  static final int SEGMENT_BYTES_MAX = 64 << 20;

  private static final int PIECE_BYTES = 1 << 20;
  private static final int PAGE_BYTES = 4096;

  private final JournalFolder folder;
  private Arena arena = Arena.ofConfined();
  private MemorySegment buffer = MemorySegment.NULL;
  private MemorySegment bytes = MemorySegment.NULL;
  private boolean isReadable;

  SegmentReader(JournalFolder folder) {
    this.folder = folder;
  }

  /**
   * A segment in the buffer.
   *
   * @param header null if neither copy verifies; then there are no records
   * @param isSound whether the whole file could be read and both copies of the header verify
   */
  record Loaded(String name, @Nullable SegmentHeader header, boolean isSound, long bytes) {}

  /** Takes what is found in a segment. */
  @FunctionalInterface
  interface Visitor {
    /**
     * A header that verifies.
     *
     * @param record null if its payload does not; otherwise valid for this call
     */
    void accept(RecordHeader header, @Nullable JournalRecord record);
  }

  /**
   * Reads a segment.
   *
   * @throws NewerJournalException if it is of a newer version
   * @throws IOException if it cannot be opened; places that cannot be read are damage
   */
  Loaded load(String name) throws IOException {
    try (JournalFile file = folder.read(name)) {
      long size = file.size();
      if (size < SegmentHeader.RECORDS_OFFSET || size > SEGMENT_BYTES_MAX) {
        bytes = MemorySegment.NULL;
        return new Loaded(name, null, false, size);
      }
      fill(file, size);
    }
    SegmentHeader first = header(name, 0);
    SegmentHeader last = header(name, SegmentHeader.recordsEnd(bytes.byteSize()));
    boolean isSound = isReadable && first != null && first.equals(last);
    return new Loaded(name, first != null ? first : last, isSound, bytes.byteSize());
  }

  /** Visits the records of the segment loaded last, as they lie. */
  void visit(SegmentHeader header, Visitor visitor) {
    long end = SegmentHeader.recordsEnd(bytes.byteSize());
    long at = SegmentHeader.RECORDS_OFFSET;
    while (at + RecordHeader.BYTES <= end) {
      RecordHeader found = RecordHeader.read(bytes, at, end, header.mark());
      if (found == null) {
        // After one that was lost the next may begin anywhere.
        at += RecordHeader.ALIGNMENT;
      } else {
        MemorySegment payload = bytes.asSlice(at + RecordHeader.BYTES, found.payloadBytes());
        visitor.accept(found, RecordPayload.read(found, payload));
        at += found.storedBytes();
      }
    }
  }

  @Override
  public void close() {
    arena.close();
  }

  private @Nullable SegmentHeader header(String name, long at) throws NewerJournalException {
    SegmentHeader header = SegmentHeader.read(bytes, at);
    if (header != null && header.isNewer()) {
      throw new NewerJournalException(name, header.version());
    }
    return header != null && header.number() == FileName.number(name) ? header : null;
  }

  private void fill(JournalFile file, long size) {
    if (size > buffer.byteSize()) {
      arena.close();
      arena = Arena.ofConfined();
      buffer = arena.allocate(size);
    }
    bytes = buffer.asSlice(0, size);
    isReadable = true;
    ByteBuffer target = bytes.asByteBuffer();
    int at = 0;
    while (at < size) {
      target.limit((int) Math.min(size, at + PIECE_BYTES)).position(at);
      int count;
      try {
        count = file.read(target, at);
      } catch (IOException unreadable) {
        count = 0;
      }
      if (count <= 0) {
        isReadable = false;
        int pageEnd = (int) Math.min(size, (at / PAGE_BYTES + 1L) * PAGE_BYTES);
        bytes.asSlice(at, pageEnd - at).fill((byte) 0);
        at = pageEnd;
      } else {
        at += count;
      }
    }
  }
}
