package io.emberfs.persistence.journal;

import static io.emberfs.persistence.journal.TestJournal.append;
import static io.emberfs.persistence.journal.TestJournal.appendSynced;
import static io.emberfs.persistence.journal.TestJournal.open;
import static io.emberfs.persistence.journal.TestJournal.scan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.JournalFullException;
import io.emberfs.testkit.JournalRecords;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Segments come and go, syncs are shared, and failures stay. */
final class JournalSegmentsTest {
  private static final int RECORD_BYTES = RecordHeader.storedBytes(40 + 1000);

  private final MemoryFolder folder = new MemoryFolder();

  @Test
  void recordsGoOnInTheNextSegment() throws IOException {
    FileJournal journal = open(folder);
    SortedMap<Long, String> all = append(journal, 100, 1000);

    assertThat(folder.names("segment-")).hasSizeGreaterThan(5);
    assertThat(scan(folder).records()).isEqualTo(all);
  }

  @Test
  void aSegmentIsWholeAndDurableBeforeARecordIsInIt() throws IOException {
    FileJournal journal = open(folder);
    assertThat(journal.prepareStep()).isTrue();
    assertThat(journal.prepareStep()).as("one is ready").isFalse();
    long forces = folder.forceCount();

    append(journal, 1, 1000);

    assertThat(folder.forceCount()).as("forces of an append").isEqualTo(forces);
    assertThat(folder.bytes(folder.names().getFirst())).hasSize(TestJournal.SEGMENT_BYTES);
    assertThat(journal.prepareStep()).isTrue();
  }

  @Test
  void releasedSegmentsGoInTheirOrderAndFewAreKept() throws IOException {
    FileJournal journal = open(folder);
    appendSynced(journal, 100, 1000);
    long made = folder.names("segment-").size();

    journal.release(50);
    assertThat(folder.names("segment-").size()).isBetween(3, (int) made - 3);
    journal.release(journal.lastSequence() + 1);
    assertThat(folder.names("segment-")).hasSize(1);

    List<String> retired =
        folder.retired().stream().filter(name -> name.startsWith("segment-")).toList();
    assertThat(retired).hasSize((int) made - 1).isSorted();
    assertThat(folder.names("spare-")).hasSize(SegmentPool.SPARES_MAX);
    assertThat(folder.names()).hasSize(1 + SegmentPool.SPARES_MAX);
  }

  @Test
  void whatIsNotDurableIsReleasedAfterItsSync() throws IOException {
    FileJournal journal = open(folder);
    append(journal, 100, 1000);
    journal.release(journal.lastSequence() + 1);
    assertThat(journal.heldBytes()).isZero();
    assertThat(folder.names("spare-")).isEmpty();

    journal.sync(journal.lastSequence());

    assertThat(folder.names("segment-")).hasSize(1);
  }

  @Test
  void aRecycledSegmentShowsNothingOfItsFormerLife() throws IOException {
    FileJournal journal = open(folder);
    appendSynced(journal, 1, 1000);
    int perSegment = 1;
    while (folder.names("segment-").size() < 2) {
      appendSynced(journal, 1, 1000);
      perSegment += folder.names("segment-").size() == 1 ? 1 : 0;
    }
    appendSynced(journal, 2 * perSegment - 1, 1000);
    journal.release(journal.lastSequence() + 1);
    assertThat(folder.names()).contains("spare-0000000000000001");

    SortedMap<Long, String> rest = appendSynced(journal, perSegment / 2, 1000);

    assertThat(folder.names()).doesNotContain("spare-0000000000000001");
    byte[] recycled = folder.bytes("segment-0000000000000004");
    int records = 0;
    for (int at = SegmentHeader.RECORDS_OFFSET; at < recycled.length; at += RECORD_BYTES) {
      records += recycled[at] == 'E' && recycled[at + 1] == 'B' ? 1 : 0;
    }
    assertThat(records).as("records of both lives").isEqualTo(perSegment);
    assertThat(scan(folder).records()).isEqualTo(rest);
    assertThat(scan(folder).findings().isDamaged()).isFalse();
    assertThat(scan(folder).findings().tornTailBytes()).isZero();
  }

  @Test
  void threadsThatSyncAtTheSameTimeShareOneForce() throws Exception {
    FileJournal journal = open(folder);
    appendSynced(journal, 1, 10);
    long forces = folder.forceCount();
    int threads = 8;
    CountDownLatch inForce = new CountDownLatch(1);
    CountDownLatch appended = new CountDownLatch(threads);
    AtomicBoolean isFirst = new AtomicBoolean(true);
    folder.onForce(() -> {
      if (isFirst.getAndSet(false)) {
        inForce.countDown();
        await(appended);
      }
    });
    try (ExecutorService pool = Executors.newFixedThreadPool(threads + 1)) {
      long leader = journal.append(JournalRecords.written(1, 10));
      List<Future<?>> done = new ArrayList<>();
      done.add(
          pool.submit(() -> {
            journal.sync(leader);
            return null;
          }));
      await(inForce);
      for (int i = 0; i < threads; i++) {
        int number = i;
        done.add(
            pool.submit(() -> {
              long sequence = journal.append(JournalRecords.written(number, 10));
              appended.countDown();
              journal.sync(sequence);
              return null;
            }));
      }
      for (Future<?> each : done) {
        each.get();
      }
    }
    assertThat(folder.forceCount() - forces).isEqualTo(2);
  }

  @Test
  void aSyncForcesWhatIsNewerOnly() throws IOException {
    FileJournal journal = open(folder);
    SortedMap<Long, String> all = append(journal, 30, 1000);
    int segments = folder.names("segment-").size();
    long forces = folder.forceCount();

    journal.sync(all.firstKey());
    assertThat(folder.forceCount() - forces).isEqualTo(segments);
    journal.sync(all.lastKey());
    assertThat(folder.forceCount() - forces).isEqualTo(segments);
    append(journal, 1, 10);
    journal.sync(journal.lastSequence());
    assertThat(folder.forceCount() - forces).isEqualTo(segments + 1L);
  }

  @Test
  void aFailedForceEndsTheJournal() throws IOException {
    FileJournal journal = open(folder);
    SortedMap<Long, String> all = appendSynced(journal, 3, 100);
    all.putAll(append(journal, 1, 100));
    folder.failForce();
    assertThatThrownBy(() -> journal.sync(4)).hasMessageContaining("injected");
    folder.heal();

    for (int time = 0; time < 2; time++) {
      assertThatThrownBy(() -> journal.sync(4)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> journal.sync(1)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> append(journal, 1, 100)).isInstanceOf(IOException.class);
      assertThat(journal.prepareStep()).isFalse();
      journal.release(journal.lastSequence() + 1);
    }
    journal.close();
    assertThat(scan(folder).records()).isEqualTo(all);
  }

  @Test
  void aFailedWriteEndsTheJournal() throws IOException {
    FileJournal journal = open(folder);
    SortedMap<Long, String> all = appendSynced(journal, 3, 100);
    folder.failWrite();
    assertThatThrownBy(() -> append(journal, 1, 100))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(JournalFullException.class);
    folder.heal();

    assertThatThrownBy(() -> append(journal, 1, 100)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> journal.sync(1)).isInstanceOf(IOException.class);
    assertThat(scan(folder).records()).isEqualTo(all);
  }

  @Test
  void aFullDiskRefusesARecordAndTakesItLater() throws IOException {
    FileJournal journal = open(folder);
    SortedMap<Long, String> all = appendSynced(journal, 3, 1000);
    folder.room(TestJournal.SEGMENT_BYTES / 2);
    assertThat(journal.prepareStep()).isFalse();
    int refused = 0;
    for (int i = 0; i < 30; i++) {
      try {
        all.putAll(append(journal, 1, 1000));
      } catch (JournalFullException full) {
        refused++;
      }
    }
    assertThat(refused).isBetween(15, 25);
    journal.sync(journal.lastSequence());
    assertThat(folder.names("new-")).isEmpty();
    assertThat(scan(folder).records()).isEqualTo(all);

    folder.room(100 * TestJournal.SEGMENT_BYTES);
    all.putAll(appendSynced(journal, 30, 1000));
    assertThat(scan(folder).records()).isEqualTo(all);
  }

  @Test
  void aJournalOnAFullDiskOpensAndGoesOnWithItsSpares() throws IOException {
    FileJournal journal = open(folder);
    appendSynced(journal, 40, 1000);
    journal.release(journal.lastSequence() + 1);
    folder.room(0);
    journal.close();

    FileJournal next = open(folder);
    SortedMap<Long, String> all = appendSynced(next, 10, 1000);

    assertThat(scan(folder).records()).isEqualTo(all);
  }

  @Test
  void whatAKillLeftUnfinishedIsCleanedUp() throws IOException {
    folder.put("new-0000000000000009", new byte[100]);
    folder.put("spare-0000000000000008", new byte[100]);
    folder.put("notes", new byte[1]);
    FileJournal journal = open(folder);
    append(journal, 1, 10);

    assertThat(folder.names()).containsExactly("notes", "segment-000000000000000a");
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).as("others came in time").isTrue();
    } catch (InterruptedException interrupt) {
      throw new AssertionError(interrupt);
    }
  }
}
