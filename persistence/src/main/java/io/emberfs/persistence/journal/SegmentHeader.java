package io.emberfs.persistence.journal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The first and, once more, the last 64 bytes of a segment. Durable before the segment gets its
 * name: one that cannot be read is damage, never a torn write.
 *
 * <p>A run is what one opening of the journal appends. All its segments say where it began and
 * where the runs before it validly ended: what older segments hold beyond that was given up then,
 * and what they lack up to it was lost since.
 *
 * @param version of the layout; magic, version and checksum keep their places in every version
 * @param number of the segment, as in its name
 * @param mark random; the segment's records bear it, those of its former lives another one
 * @param runFirst sequence of the run's first record
 * @param previousEnd sequence of the last record before the run; 0 if there was none
 */
record SegmentHeader(int version, long number, long mark, long runFirst, long previousEnd) {
  static final int VERSION = 1;
  static final int BYTES = 64;

  /** Where records begin: in a page of their own, which no write of a header touches. */
  static final int RECORDS_OFFSET = 4096;

  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final long MAGIC = 0x4C_4A_52_45_42_4D_45_0AL; // a line feed and "EMBERJL"
  private static final int MAGIC_OFFSET = 0;
  private static final int VERSION_OFFSET = 8;
  private static final int NUMBER_OFFSET = 16;
  private static final int MARK_OFFSET = 24;
  private static final int RUN_FIRST_OFFSET = 32;
  private static final int PREVIOUS_END_OFFSET = 40;
  private static final int CHECKSUM_OFFSET = 60;

  /** Where records end in a segment of this size. */
  static long recordsEnd(long segmentBytes) {
    return segmentBytes - BYTES;
  }

  boolean isNewer() {
    return version > VERSION;
  }

  /** Puts it at the start of {@code target}. */
  void write(MemorySegment target) {
    target.asSlice(0, BYTES).fill((byte) 0);
    target.set(LONG, MAGIC_OFFSET, MAGIC);
    target.set(INT, VERSION_OFFSET, version);
    target.set(LONG, NUMBER_OFFSET, number);
    target.set(LONG, MARK_OFFSET, mark);
    target.set(LONG, RUN_FIRST_OFFSET, runFirst);
    target.set(LONG, PREVIOUS_END_OFFSET, previousEnd);
    target.set(INT, CHECKSUM_OFFSET, checksum(target, 0, CHECKSUM_OFFSET));
  }

  /** The header at a position; null unless one is there and verifies. A newer one is returned. */
  static @Nullable SegmentHeader read(MemorySegment source, long at) {
    if (source.get(LONG, at + MAGIC_OFFSET) != MAGIC
        || source.get(INT, at + CHECKSUM_OFFSET) != checksum(source, at, CHECKSUM_OFFSET)) {
      return null;
    }
    SegmentHeader header =
        new SegmentHeader(
            source.get(INT, at + VERSION_OFFSET),
            source.get(LONG, at + NUMBER_OFFSET),
            source.get(LONG, at + MARK_OFFSET),
            source.get(LONG, at + RUN_FIRST_OFFSET),
            source.get(LONG, at + PREVIOUS_END_OFFSET));
    return header.isNewer() || header.isPlausible() ? header : null;
  }

  private boolean isPlausible() {
    return version == VERSION
        && previousEnd >= 0
        && runFirst > previousEnd
        && runFirst <= RecordHeader.SEQUENCE_MAX;
  }

  static int checksum(MemorySegment source, long at, long length) {
    CRC32C crc = new CRC32C();
    crc.update(source.asSlice(at, length).asByteBuffer());
    return (int) crc.getValue();
  }
}
