package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.FileVersion;
import io.emberfs.core.JournalRecord;
import io.emberfs.core.NodeIdentity;
import io.emberfs.core.WriteJournal;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link WriteJournal} promises, one sentence of its docstring after the other. */
public abstract class WriteJournalContract {
  private static final NodeIdentity FILE = new NodeIdentity(11, 22, 33);
  private static final FileVersion VERSION = new FileVersion(FILE, 44, 55, 66);

  private final SortedMap<Long, String> found = new TreeMap<>();
  private WriteJournal journal;

  /**
   * Opens the journal of this test, which is empty at first. One that was opened before is not used
   * any more; where it was not closed, its process was killed.
   */
  protected abstract WriteJournal open(WriteJournal.Sink sink) throws Exception;

  /** Cuts the power under the journal opened last; it is not used any more. */
  protected abstract void powerCut(long seed) throws Exception;

  @BeforeEach
  void openFirst() throws Exception {
    reopen();
  }

  @AfterEach
  void closeLast() {
    journal.close();
  }

  @Test
  void anEmptyJournalHasNothing() {
    assertThat(found).isEmpty();
    assertThat(journal.lastSequence()).isZero();
    assertThat(journal.heldBytes()).isZero();
  }

  @Test
  void numbersBeginAtOneOrMoreAndGrow() throws IOException {
    long last = 0;
    for (int i = 0; i < 20; i++) {
      long sequence = journal.append(JournalRecords.written(i, 100));
      assertThat(sequence).isGreaterThan(last);
      assertThat(journal.lastSequence()).isEqualTo(sequence);
      last = sequence;
    }
  }

  @Test
  void everyKindOfRecordIsFoundAsItWas() throws Exception {
    List<JournalRecord> records =
        List.of(
            new JournalRecord.Named(VERSION, "a/\u00ff b".getBytes("ISO-8859-1"), true),
            new JournalRecord.Named(new FileVersion(FILE, -1, -2, -3), new byte[0], false),
            JournalRecords.written(1, 4096),
            JournalRecords.written(2, 1),
            new JournalRecord.Written(FILE, Long.MAX_VALUE, -1, MemorySegment.NULL),
            JournalRecords.written(3, WriteJournal.RECORD_BYTES_MAX),
            new JournalRecord.Truncated(FILE, 0, Long.MIN_VALUE),
            new JournalRecord.Flushing(VERSION),
            new JournalRecord.Flushed(FILE));
    List<String> expected = new ArrayList<>();
    for (JournalRecord record : records) {
      journal.append(record);
      expected.add(JournalRecords.text(record));
    }

    reopen();

    assertThat(found.values()).containsExactlyElementsOf(expected);
  }

  @Test
  void aRecordIsCopiedBeforeAppendReturns() throws Exception {
    String expected;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(100).fill((byte) 7);
      byte[] path = {'a', 'b'};
      JournalRecord.Written written = new JournalRecord.Written(FILE, 0, 0, bytes);
      JournalRecord.Named named = new JournalRecord.Named(VERSION, path, false);
      expected = JournalRecords.text(written) + JournalRecords.text(named);
      journal.append(written);
      journal.append(named);
      bytes.fill((byte) 9);
      path[0] = 'x';
    }

    reopen();

    assertThat(String.join("", found.values())).isEqualTo(expected);
  }

  @Test
  void aRecordThatIsTooLongOrAtNoPlaceIsRefusedAndNothingElse() throws Exception {
    JournalRecord written = JournalRecords.written(1, WriteJournal.RECORD_BYTES_MAX + 1);
    JournalRecord named = new JournalRecord.Named(VERSION, new byte[(1 << 20) + 1], false);
    JournalRecord before = new JournalRecord.Written(FILE, -1, 0, MemorySegment.NULL);
    JournalRecord shorter = new JournalRecord.Truncated(FILE, -1, 0);
    for (JournalRecord refused : List.of(written, named, before, shorter)) {
      assertThatThrownBy(() -> journal.append(refused))
          .isInstanceOf(IllegalArgumentException.class);
    }
    long sequence = journal.append(JournalRecords.written(2, 10));

    reopen();

    assertThat(found.keySet()).containsExactly(sequence);
  }

  @Test
  void whatWasAppendedOutlivesTheProcess() throws Exception {
    SortedMap<Long, String> appended = append(0, 50);

    reopen();

    assertThat(found).isEqualTo(appended);
  }

  @Test
  void whatWasSyncedOutlivesAPowerCut() throws Exception {
    for (int seed = 0; seed < 8; seed++) {
      SortedMap<Long, String> synced = append(seed, 20);
      journal.sync(synced.lastKey());
      append(seed + 100, 10);
      journal.sync(synced.firstKey());

      powerCut(seed);
      reopen();

      assertThat(found).containsAllEntriesOf(synced);
    }
  }

  @Test
  void afterAPowerCutABeginningIsFound() throws Exception {
    for (int seed = 0; seed < 8; seed++) {
      SortedMap<Long, String> expected = new TreeMap<>(found);
      expected.putAll(append(seed, 30));

      powerCut(seed);
      reopen();

      assertBeginning(expected);
      if (found.isEmpty()) {
        append(1000, 1);
        reopen();
      }
    }
  }

  @Test
  void numbersGoOnBehindWhatWasFound() throws Exception {
    SortedMap<Long, String> first = append(0, 10);
    reopen();
    assertThat(journal.lastSequence()).isGreaterThanOrEqualTo(first.lastKey());
    SortedMap<Long, String> second = append(20, 10);
    assertThat(second.firstKey()).isGreaterThan(first.lastKey());

    reopen();

    first.putAll(second);
    assertThat(found).isEqualTo(first);
  }

  @Test
  void releasedRecordsMayBeFoundAgainWithAllThatCameAfter() throws Exception {
    SortedMap<Long, String> appended = append(0, 40);
    long kept = 20 + appended.firstKey();
    journal.release(kept);
    journal.release(5);

    reopen();

    assertThat(found).containsAllEntriesOf(appended.tailMap(kept));
    assertThat(found).isEqualTo(appended.tailMap(found.firstKey()));
  }

  @Test
  void aReleaseSaysNothingAboutRecordsToCome() throws Exception {
    append(0, 5);
    journal.release(Long.MAX_VALUE);
    SortedMap<Long, String> after = append(10, 5);
    assertThat(journal.heldBytes()).isPositive();
    journal.close();

    reopen();

    assertThat(found).containsAllEntriesOf(after);
  }

  @Test
  void whereAllWasReleasedAndClosedNothingIsFound() throws Exception {
    for (int time = 0; time < 3; time++) {
      long last = append(time, 30).lastKey();
      journal.sync(last);
      journal.release(last + 1);
      assertThat(journal.heldBytes()).isZero();
      journal.close();

      reopen();

      assertThat(found).isEmpty();
      assertThat(journal.heldBytes()).isZero();
      assertThat(journal.lastSequence()).isGreaterThanOrEqualTo(last);
    }
  }

  @Test
  void whatWasFoundCanBeReleased() throws Exception {
    append(0, 10);
    reopen();
    assertThat(journal.heldBytes()).isPositive();
    journal.release(journal.lastSequence() + 1);
    assertThat(journal.heldBytes()).isZero();
    journal.close();

    reopen();

    assertThat(found).isEmpty();
  }

  @Test
  void closedRecordsThatWereNotReleasedAreFound() throws Exception {
    SortedMap<Long, String> appended = append(0, 10);
    journal.close();
    journal.close();

    reopen();
    assertThat(found).isEqualTo(appended);
    journal.close();
    reopen();

    assertThat(found).isEqualTo(appended);
  }

  @Test
  void heldBytesCountWhatWasNotReleased() throws Exception {
    long bytes = 0;
    for (int i = 0; i < 10; i++) {
      journal.append(JournalRecords.written(i, 1000));
      assertThat(journal.heldBytes()).isGreaterThanOrEqualTo(bytes + 1000);
      bytes = journal.heldBytes();
    }
  }

  @Test
  void aSyncOfNothingOrOfWhatIsToComeReturns() throws Exception {
    journal.sync(0);
    journal.sync(100);
    long last = append(0, 3).lastKey();
    journal.sync(last + 100);
    journal.sync(last);

    powerCut(1);
    reopen();

    assertThat(found).hasSize(3);
  }

  @Test
  void afterTheCloseNothingIsTaken() throws Exception {
    append(0, 1);
    journal.close();

    assertThatThrownBy(() -> append(1, 1)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> journal.sync(1)).isInstanceOf(IOException.class);
    journal.release(1);
  }

  @Test
  void anyOrderOfCallsKillsAndPowerCutsLeavesABeginning() {
    Seeds.check(random -> {
      SortedMap<Long, String> model = new TreeMap<>(found);
      long released = 0;
      long durable = journal.lastSequence();
      for (int step = 0; step < 250; step++) {
        switch (random.nextInt(12)) {
          case 0 -> {
            released = random.nextLong(journal.lastSequence() + 2);
            journal.release(released);
            model = new TreeMap<>(model.tailMap(released));
          }
          case 1, 2 -> {
            journal.sync(journal.lastSequence());
            durable = journal.lastSequence();
          }
          case 3 -> {
            if (random.nextInt(3) == 0) {
              model = reopened(random, model, durable);
              durable = journal.lastSequence();
            }
          }
          default -> {
            JournalRecord record =
                JournalRecords.random(random, random.nextInt(20) == 0 ? 100_000 : 3000);
            model.put(journal.append(record), JournalRecords.text(record));
          }
        }
      }
    });
  }

  /** Ends the journal somehow, opens it, and checks what it finds, which is returned. */
  private SortedMap<Long, String> reopened(
      RandomGenerator random, SortedMap<Long, String> model, long durable) throws Exception {
    boolean isCut = random.nextBoolean();
    if (isCut) {
      powerCut(random.nextLong());
    } else if (random.nextBoolean()) {
      journal.close();
    }
    reopen();
    final SortedMap<Long, String> kept = isCut ? model.headMap(durable + 1) : model;
    assertThat(found).containsAllEntriesOf(kept);
    // What was released may come again in front of it; behind it there is a beginning of the rest.
    if (!model.isEmpty()) {
      found.headMap(model.firstKey()).clear();
      assertBeginning(model);
    }
    return new TreeMap<>(found);
  }

  private void assertBeginning(SortedMap<Long, String> whole) {
    assertThat(whole).hasSizeGreaterThanOrEqualTo(found.size());
    assertThat(found.keySet())
        .containsExactlyElementsOf(whole.keySet().stream().limit(found.size()).toList());
    assertThat(whole).containsAllEntriesOf(found);
  }

  private void reopen() throws Exception {
    found.clear();
    journal =
        open((sequence, record) -> {
          assertThat(found.isEmpty() ? 0 : found.lastKey()).isLessThan(sequence);
          found.put(sequence, JournalRecords.text(record));
        });
  }

  private SortedMap<Long, String> append(int seed, int count) throws IOException {
    RandomGenerator random = Seeds.random(seed);
    SortedMap<Long, String> appended = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      JournalRecord record = JournalRecords.random(random, 5000);
      appended.put(journal.append(record), JournalRecords.text(record));
    }
    return appended;
  }
}
