package io.emberfs.persistence.journal;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A segment that holds records, or is about to. Its fields are read and written under the lock of
 * the journal's appends; its file is forced without.
 */
final class Segment {
  private final long number;
  private final long bytes;
  private final boolean isDamaged;

  /** Null once it is closed, and for one of an earlier run. */
  private @Nullable JournalFile file;

  private final long mark;
  private long firstSequence;
  private long lastSequence;
  private long position = SegmentHeader.RECORDS_OFFSET;

  /** One to be filled. It owns the file. */
  Segment(SegmentHeader header, JournalFile file, long bytes) {
    this.number = header.number();
    this.mark = header.mark();
    this.bytes = bytes;
    this.file = file;
    this.isDamaged = false;
  }

  /** One of an earlier run. */
  Segment(JournalScan.Found found) {
    this.number = FileName.number(found.name());
    this.mark = 0;
    this.bytes = found.bytes();
    this.lastSequence = found.lastSequence();
    this.position = found.bytes();
    this.isDamaged = found.isDamaged();
  }

  long number() {
    return number;
  }

  /** Of its file. */
  long bytes() {
    return bytes;
  }

  boolean isDamaged() {
    return isDamaged;
  }

  /** Of the last record that it, or one before it, holds. */
  long lastSequence() {
    return lastSequence;
  }

  /** Bytes that its records take up. */
  long recordBytes() {
    return position - SegmentHeader.RECORDS_OFFSET;
  }

  boolean hasRoom(long recordBytes) {
    return position + recordBytes <= SegmentHeader.recordsEnd(bytes);
  }

  /** Its first record will be this one. */
  void begin(long sequence) {
    firstSequence = sequence;
    lastSequence = sequence - 1;
  }

  /** The header of the next record, whose payload lies behind {@link RecordHeader#BYTES}. */
  RecordHeader header(int kind, MemorySegment payload, long syncedThrough) {
    int payloadBytes = (int) payload.byteSize();
    return new RecordHeader(
        mark,
        lastSequence + 1,
        syncedThrough,
        firstSequence,
        (int) position,
        kind,
        payloadBytes,
        SegmentHeader.checksum(payload, 0, payloadBytes));
  }

  /** Writes the next record. If that fails, whether it is there is not known. */
  void append(ByteBuffer record) throws IOException {
    int recordBytes = record.remaining();
    openFile().write(record, position);
    position += recordBytes;
    lastSequence++;
  }

  void force() throws IOException {
    openFile().force();
  }

  void close() throws IOException {
    JournalFile open = file;
    file = null;
    if (open != null) {
      open.close();
    }
  }

  private JournalFile openFile() throws IOException {
    JournalFile open = file;
    if (open == null) {
      throw new IOException("segment %016x of the journal is closed".formatted(number));
    }
    return open;
  }
}
