package io.emberfs.persistence.journal;

import static io.emberfs.persistence.journal.TestJournal.append;
import static io.emberfs.persistence.journal.TestJournal.appendSynced;
import static io.emberfs.persistence.journal.TestJournal.open;
import static io.emberfs.persistence.journal.TestJournal.scan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.JournalRecord;
import io.emberfs.core.NodeIdentity;
import io.emberfs.persistence.journal.TestJournal.Found;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What an opening makes of bytes that are not as they were written. */
final class JournalDamageTest {
  private static final int RECORDS = SegmentHeader.RECORDS_OFFSET;
  private static final String FIRST = "segment-0000000000000001";
  private static final String SECOND = "segment-0000000000000002";

  private final MemoryFolder folder = new MemoryFolder();

  @Test
  void aTailTornAtAnyByteIsGivenUpForGood() throws IOException {
    FileJournal journal = open(folder);
    SortedMap<Long, String> whole = appendSynced(journal, 3, 200);
    long end = usedBytes(journal);
    append(journal, 1, 300);
    int payload = RecordHeader.BYTES + 40 + 300;
    for (int at = 0; at < payload; at++) {
      MemoryFolder torn = folder.copy();
      byte[] bytes = torn.bytes(FIRST);
      Arrays.fill(bytes, RECORDS + (int) end + at, RECORDS + (int) end + payload, (byte) 0);

      Found found = scan(torn);
      assertThat(found.records()).as("torn at %d", at).isEqualTo(whole);
      assertThat(found.findings().isDamaged()).isFalse();
      // A byte of the checksum may have been zero anyway.
      int header = RECORDS + (int) end;
      boolean hasHeader =
          Arrays.equals(
              bytes,
              header,
              header + RecordHeader.BYTES,
              folder.bytes(FIRST),
              header,
              header + RecordHeader.BYTES);
      assertThat(found.findings().tornTailBytes())
          .isEqualTo(hasHeader ? RecordHeader.storedBytes(340) : 0);

      SortedMap<Long, String> after = new TreeMap<>(whole);
      after.putAll(append(open(torn), 2, 100));
      assertThat(scan(torn).records()).isEqualTo(after);
      assertThat(scan(torn).findings().isDamaged()).isFalse();
    }
  }

  @Test
  void everyTurnedBitIsFoundOrChangesNothing() throws IOException {
    FileJournal journal = open(folder);
    SortedMap<Long, String> all = appendSynced(journal, 4, 90);
    journal = open(folder);
    all.putAll(appendSynced(journal, 3, 90));
    assertThat(scan(folder).records()).isEqualTo(all);
    long last = all.lastKey();
    int used = (int) usedBytes(journal);
    int damaged = 0;
    for (String name : List.of(FIRST, SECOND)) {
      for (int at = 0; at < TestJournal.SEGMENT_BYTES; at++) {
        boolean isInHeader =
            at < SegmentHeader.BYTES || at >= SegmentHeader.recordsEnd(TestJournal.SEGMENT_BYTES);
        boolean isInRecord = at >= RECORDS && at < RECORDS + used;
        for (int bit = 0; bit < 8 && (isInHeader || isInRecord); bit++) {
          folder.bytes(name)[at] ^= (byte) (1 << bit);
          Found found = scan(folder);
          folder.bytes(name)[at] ^= (byte) (1 << bit);

          String where = name + " byte " + at + " bit " + bit + " " + found.findings();
          assertThat(all).as(where).containsAllEntriesOf(found.records());
          long lost = all.headMap(last).size() - found.records().headMap(last).size();
          assertThat(found.findings().missingRecords()).as(where).isEqualTo(lost);
          assertThat(found.findings().isDamaged()).as(where).isEqualTo(lost > 0 || isInHeader);
          damaged += found.findings().isDamaged() ? 1 : 0;
        }
      }
    }
    assertThat(damaged).isGreaterThan(2 * 2 * 8 * SegmentHeader.BYTES);
  }

  @Test
  void aDamagedSegmentIsKeptAsideOnceItsRecordsAreReleased() throws IOException {
    FileJournal journal = open(folder);
    SortedMap<Long, String> all = appendSynced(journal, 40, 1000);
    damage(FIRST, 1, 1000);
    byte[] damagedBytes = folder.bytes(FIRST).clone();
    all.remove(2L);

    for (int time = 0; time < 2; time++) {
      Found found = scan(folder);
      assertThat(found.records()).isEqualTo(all);
      assertThat(found.findings().missingRecords()).isOne();
      assertThat(found.findings().damagedSegments()).containsExactly(FIRST);
      journal = open(folder);
    }
    journal.release(journal.lastSequence() + 1);
    append(journal, 1, 10);
    journal.close();

    String aside = "damaged-0000000000000001";
    assertThat(folder.bytes(aside)).isEqualTo(damagedBytes);
    Found later = scan(folder);
    assertThat(later.findings().isDamaged()).isFalse();
    assertThat(later.findings().setAside()).containsExactly(aside);
    assertThat(later.records()).hasSize(1);
  }

  @Test
  void theNextRunProvesThatATailIsMissing() throws IOException {
    SortedMap<Long, String> all = append(open(folder), 3, 100);
    SortedMap<Long, String> second = append(open(folder), 1, 100);
    all.putAll(second);
    damage(FIRST, 2, 100);
    all.remove(3L);

    Found found = scan(folder);

    assertThat(found.records()).isEqualTo(all);
    assertThat(found.findings().missingRecords()).isOne();
    assertThat(found.findings().damagedSegments()).containsExactly(FIRST);
  }

  @Test
  void aSegmentThatVanishedIsMissed() throws IOException {
    FileJournal journal = open(folder);
    SortedMap<Long, String> all = appendSynced(journal, 40, 1000);
    folder.delete(SECOND);

    Found found = scan(folder);

    assertThat(all).containsAllEntriesOf(found.records());
    assertThat(found.records().size() + found.findings().missingRecords()).isEqualTo(40);
    assertThat(found.findings().missingRecords()).isPositive();
    assertThat(found.findings().damagedSegments()).containsExactly(FIRST);
  }

  @Test
  void theFirstSegmentIsMissedIfNothingOfItCanBeRead() throws IOException {
    FileJournal journal = open(folder);
    SortedMap<Long, String> all = appendSynced(journal, 20, 1000);
    byte[] bytes = folder.bytes(FIRST);
    Arrays.fill(bytes, RECORDS, bytes.length - SegmentHeader.BYTES, (byte) 0);

    Found found = scan(folder);

    assertThat(all).containsAllEntriesOf(found.records());
    assertThat(found.records()).isNotEmpty();
    assertThat(found.findings().missingRecords()).isPositive();
    assertThat(found.findings().damagedSegments()).containsExactly(FIRST);
  }

  @Test
  void recordsBehindAnUnsyncedSegmentThatWasLostAreGivenUp() throws IOException {
    FileJournal journal = open(folder);
    append(journal, 20, 1000);
    byte[] bytes = folder.bytes(FIRST);
    Arrays.fill(bytes, RECORDS, bytes.length - SegmentHeader.BYTES, (byte) 0);

    Found found = scan(folder);

    assertThat(found.records()).isEmpty();
    assertThat(found.findings().isDamaged()).isFalse();
    assertThat(found.findings().tornTailBytes()).isPositive();
  }

  @Test
  void oneCopyOfTheHeaderIsEnough() throws IOException {
    SortedMap<Long, String> all = appendSynced(open(folder), 3, 100);
    byte[] bytes = folder.bytes(FIRST);
    for (int at : new int[] {0, bytes.length - SegmentHeader.BYTES}) {
      MemoryFolder damaged = folder.copy();
      Arrays.fill(damaged.bytes(FIRST), at, at + SegmentHeader.BYTES, (byte) 0);

      Found found = scan(damaged);

      assertThat(found.records()).isEqualTo(all);
      assertThat(found.findings().damagedSegments()).containsExactly(FIRST);
    }
  }

  @Test
  void aPlaceThatCannotBeReadIsDamage() throws IOException {
    FileJournal journal = open(folder);
    SortedMap<Long, String> all = appendSynced(journal, 9, 1000);
    folder.unreadableAt(2 * 4096);

    Found found = scan(folder);

    assertThat(all).containsAllEntriesOf(found.records());
    assertThat(found.records()).containsKeys(1L, 9L);
    assertThat(found.findings().missingRecords()).isEqualTo(9 - found.records().size());
    assertThat(found.findings().damagedSegments()).containsExactly(FIRST);
  }

  @Test
  void aNewerVersionIsRefusedAndNothingChanges() throws IOException {
    append(open(folder), 3, 100);
    MemorySegment bytes = MemorySegment.ofArray(folder.bytes(FIRST));
    new SegmentHeader(SegmentHeader.VERSION + 1, 1, 2, 3, 4).write(bytes);
    MemoryFolder before = folder.copy();

    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(NewerJournalException.class)
        .hasMessageContaining("version 2");

    assertThat(folder.names()).isEqualTo(before.names());
    assertThat(folder.bytes(FIRST)).isEqualTo(before.bytes(FIRST));
  }

  @Test
  void aRenamedSegmentIsDamageAndNotAnother() throws IOException {
    append(open(folder), 3, 100);
    folder.rename(FIRST, "segment-0000000000000007");

    Found found = scan(folder);

    assertThat(found.records()).isEmpty();
    assertThat(found.findings().damagedSegments()).containsExactly("segment-0000000000000007");
  }

  @Test
  void aRecordThatTheDiskWroteToAnotherPlaceIsNoRecord() throws IOException {
    FileJournal journal = open(folder);
    SortedMap<Long, String> all = appendSynced(journal, 10, 100);
    byte[] bytes = folder.bytes(FIRST);
    int length = RecordHeader.storedBytes(140);
    System.arraycopy(bytes, RECORDS + 7 * length, bytes, RECORDS + 2 * length, length);

    Found found = scan(folder);

    assertThat(found.records()).isEqualTo(without(all, 3));
    assertThat(found.findings().missingRecords()).isOne();
  }

  @Test
  void aJournalThatWasWrittenIntoAFileIsNoRecord() throws IOException {
    FileJournal journal = open(folder);
    SortedMap<Long, String> all = appendSynced(journal, 4, 100);
    byte[] own = folder.bytes(FIRST).clone();
    int used = (int) usedBytes(journal);
    MemorySegment copy = MemorySegment.ofArray(own).asSlice(RECORDS, used);
    NodeIdentity file = new NodeIdentity(1, 2, 3);
    // The payload's bytes begin 40 bytes in: these put the copies where records may begin.
    MemorySegment bytes = MemorySegment.ofArray(new byte[24 + used]);
    bytes.asSlice(24).copyFrom(copy);
    journal.append(new JournalRecord.Written(file, 0, 0, bytes));
    journal.sync(journal.lastSequence());
    all.putAll(appendSynced(journal, 2, 100));
    folder.bytes(FIRST)[RECORDS + used] ^= 1;

    Found found = scan(folder);

    assertThat(found.records()).isEqualTo(without(all, 5));
    assertThat(found.findings().missingRecords()).isOne();
  }

  private static SortedMap<Long, String> without(SortedMap<Long, String> all, long sequence) {
    SortedMap<Long, String> rest = new TreeMap<>(all);
    rest.remove(sequence);
    return rest;
  }

  /** Turns a bit in a record of a segment that holds only writes of this length. */
  private void damage(String segment, int index, int length) {
    int at = RECORDS + index * RecordHeader.storedBytes(40 + length);
    folder.bytes(segment)[at + RecordHeader.BYTES + 50] ^= 4;
  }

  private static long usedBytes(FileJournal journal) {
    return journal.findings().records() > 0
        ? RecordHeader.storedBytes(40 + 90) * 4L
        : journal.heldBytes();
  }
}
