package io.emberfs.persistence.journal;

import static io.emberfs.persistence.journal.SegmentHeader.INT;
import static io.emberfs.persistence.journal.SegmentHeader.LONG;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The 64 bytes in front of a record's payload. They verify by themselves, so that a record whose
 * payload was lost still says which one it was.
 *
 * <p>The mark keeps bytes from being taken for a record that only look like one: what the segment
 * held in a former life, or what somebody wrote into a file and is now a payload. The position does
 * it for a record that the disk wrote to another place.
 *
 * @param mark of the segment
 * @param sequence 1 or more; the next higher one of the record before it in the same run
 * @param syncedThrough every record up to this sequence was durable when this one was appended
 * @param segmentFirst sequence of the first record in the segment
 * @param position of this header in the segment, in bytes
 * @param kind of the payload
 * @param payloadBytes behind this header; what is missing to a multiple of 64 means nothing
 * @param payloadChecksum CRC32C of the payload
 */
record RecordHeader(
    long mark,
    long sequence,
    long syncedThrough,
    long segmentFirst,
    int position,
    int kind,
    int payloadBytes,
    int payloadChecksum) {
  static final int BYTES = 64;

  /** Where records may begin. */
  static final int ALIGNMENT = 64;

  /** More are never reached; what claims more is no record, and one more is still a long. */
  static final long SEQUENCE_MAX = 1L << 62;

  private static final int MAGIC = 0x52_4A_42_45; // "EBJR"
  private static final int MAGIC_OFFSET = 0;
  private static final int KIND_OFFSET = 4;
  private static final int MARK_OFFSET = 8;
  private static final int SEQUENCE_OFFSET = 16;
  private static final int SYNCED_OFFSET = 24;
  private static final int SEGMENT_FIRST_OFFSET = 32;
  private static final int POSITION_OFFSET = 40;
  private static final int PAYLOAD_BYTES_OFFSET = 44;
  private static final int PAYLOAD_CHECKSUM_OFFSET = 48;
  private static final int CHECKSUM_OFFSET = 60;

  /** Bytes of a record with a payload of this length, up to where the next one begins. */
  static int storedBytes(int payloadBytes) {
    return Math.ceilDiv(BYTES + payloadBytes, ALIGNMENT) * ALIGNMENT;
  }

  int storedBytes() {
    return storedBytes(payloadBytes);
  }

  /** Puts it at the start of {@code target}. */
  void write(MemorySegment target) {
    target.asSlice(0, BYTES).fill((byte) 0);
    target.set(INT, MAGIC_OFFSET, MAGIC);
    target.set(INT, KIND_OFFSET, kind);
    target.set(LONG, MARK_OFFSET, mark);
    target.set(LONG, SEQUENCE_OFFSET, sequence);
    target.set(LONG, SYNCED_OFFSET, syncedThrough);
    target.set(LONG, SEGMENT_FIRST_OFFSET, segmentFirst);
    target.set(INT, POSITION_OFFSET, position);
    target.set(INT, PAYLOAD_BYTES_OFFSET, payloadBytes);
    target.set(INT, PAYLOAD_CHECKSUM_OFFSET, payloadChecksum);
    target.set(INT, CHECKSUM_OFFSET, SegmentHeader.checksum(target, 0, CHECKSUM_OFFSET));
  }

  /**
   * The header at a position of a segment; null unless one is there that verifies, bears the mark,
   * and whose payload ends before {@code end}. The payload is not looked at.
   */
  static @Nullable RecordHeader read(MemorySegment segment, long at, long end, long mark) {
    if (segment.get(INT, at + MAGIC_OFFSET) != MAGIC
        || segment.get(LONG, at + MARK_OFFSET) != mark
        || segment.get(INT, at + POSITION_OFFSET) != at
        || segment.get(INT, at + CHECKSUM_OFFSET)
            != SegmentHeader.checksum(segment, at, CHECKSUM_OFFSET)) {
      return null;
    }
    RecordHeader header =
        new RecordHeader(
            mark,
            segment.get(LONG, at + SEQUENCE_OFFSET),
            segment.get(LONG, at + SYNCED_OFFSET),
            segment.get(LONG, at + SEGMENT_FIRST_OFFSET),
            (int) at,
            segment.get(INT, at + KIND_OFFSET),
            segment.get(INT, at + PAYLOAD_BYTES_OFFSET),
            segment.get(INT, at + PAYLOAD_CHECKSUM_OFFSET));
    return header.isPlausible(end) ? header : null;
  }

  private boolean isPlausible(long end) {
    return payloadBytes >= 0
        && payloadBytes <= RecordPayload.BYTES_MAX
        && position + (long) storedBytes() <= end
        && sequence <= SEQUENCE_MAX
        && segmentFirst >= 1
        && segmentFirst <= sequence
        && syncedThrough >= 0
        && syncedThrough < sequence;
  }
}
