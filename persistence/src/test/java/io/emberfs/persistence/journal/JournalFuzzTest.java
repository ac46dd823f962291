package io.emberfs.persistence.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.emberfs.core.WriteJournal;
import io.emberfs.testkit.JournalRecords;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The scan of hostile segments: it ends, in bounds, with records in their order or none. */
final class JournalFuzzTest {
  private static final int ROUNDS = 3_000;
  private static final String NAME = "segment-0000000000000001";
  private static final String NEXT = "segment-0000000000000002";
  private static final int PAYLOAD_MAX = 512;

  @FuzzTest(maxDuration = "10m")
  void hostileSegmentsAreScannedInBounds(byte[] bytes) throws IOException {
    MemoryFolder folder = new MemoryFolder();
    folder.put(NAME, bytes);
    scan(folder);
    folder.put(NAME, withRightChecksums(bytes, 1));
    folder.put(
        NEXT, withRightChecksums(Arrays.copyOfRange(bytes, bytes.length / 2, bytes.length), 2));
    scan(folder);
  }

  @Test
  void randomSegmentsAreScannedInBounds() {
    Seeds.check(random -> {
      long found = 0;
      for (int round = 0; round < ROUNDS; round++) {
        byte[] bytes = new byte[random.nextInt(3000)];
        random.nextBytes(bytes);
        nudge(bytes, random);
        hostileSegmentsAreScannedInBounds(bytes);
        MemoryFolder folder = new MemoryFolder();
        folder.put(NAME, withRightChecksums(bytes, 1));
        found += scan(folder);
      }
      assertThat(found).as("hostile records that verify").isPositive();
    });
  }

  /** Small numbers where sequences will be, so that some of them fit one another. */
  private static void nudge(byte[] bytes, RandomGenerator random) {
    for (int at = 0; at < bytes.length; at++) {
      if (at % 8 != 0 && random.nextInt(50) != 0) {
        bytes[at] = 0;
      }
    }
  }

  private static long scan(MemoryFolder folder) throws IOException {
    long[] last = {0, 0};
    try {
      JournalFindings findings =
          JournalScan.scan(
                  folder,
                  (sequence, record) -> {
                    assertThat(sequence).isGreaterThan(last[0]);
                    assertThat(JournalRecords.text(record).length())
                        .isLessThan(WriteJournal.RECORD_BYTES_MAX);
                    last[0] = sequence;
                    last[1]++;
                  })
              .findings();
      assertThat(findings.records()).isEqualTo(last[1]);
      assertThat(findings.missingRecords()).isNotNegative();
      assertThat(findings.tornTailBytes()).isNotNegative();
    } catch (NewerJournalException refused) {
      assertThat(last[1]).isZero();
    }
    return last[1];
  }

  /**
   * A segment in which these bytes are fields: the run in the first 16, then a record at every odd
   * one of the places where records may begin.
   */
  private static byte[] withRightChecksums(byte[] fields, long number) {
    int length = SegmentHeader.RECORDS_OFFSET + fields.length + PAYLOAD_MAX + SegmentHeader.BYTES;
    byte[] bytes = new byte[length];
    System.arraycopy(fields, 0, bytes, SegmentHeader.RECORDS_OFFSET, fields.length);
    MemorySegment segment = MemorySegment.ofArray(bytes);
    MemorySegment from = MemorySegment.ofArray(Arrays.copyOf(fields, Math.max(16, fields.length)));
    long runFirst = from.get(SegmentHeader.LONG, 0);
    long previousEnd = from.get(SegmentHeader.LONG, 8);
    SegmentHeader header =
        new SegmentHeader(SegmentHeader.VERSION, number, 99, runFirst, previousEnd);
    header.write(segment);
    header.write(segment.asSlice(SegmentHeader.recordsEnd(length)));
    int at = SegmentHeader.RECORDS_OFFSET;
    while (at + RecordHeader.BYTES + PAYLOAD_MAX < length) {
      MemorySegment record = segment.asSlice(at);
      int payload = record.get(SegmentHeader.INT, 56) & PAYLOAD_MAX - 1;
      boolean isRecord = (record.get(SegmentHeader.INT, 0) & 1) == 1;
      if (isRecord) {
        new RecordHeader(
                99,
                record.get(SegmentHeader.LONG, 16),
                record.get(SegmentHeader.LONG, 24),
                record.get(SegmentHeader.LONG, 32),
                at,
                record.get(SegmentHeader.INT, 48) % 7,
                payload,
                SegmentHeader.checksum(record, RecordHeader.BYTES, payload))
            .write(record);
      }
      at += isRecord ? RecordHeader.storedBytes(payload) : RecordHeader.ALIGNMENT;
    }
    return bytes;
  }
}
