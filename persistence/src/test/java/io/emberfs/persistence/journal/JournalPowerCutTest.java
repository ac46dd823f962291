package io.emberfs.persistence.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Meters;
import io.emberfs.core.WriteJournal;
import io.emberfs.testkit.JournalRecords;
import io.emberfs.testkit.Seeds;
import io.emberfs.testkit.WriteJournalContract;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The journal on a disk that loses and keeps what it likes of everything that was not synced. */
final class JournalPowerCutTest extends WriteJournalContract {
  private static final int SEGMENT_BYTES = 2 << 20;

  /** Segments change every few records, and all that there is of them happens within a test. */
  private static final int SMALL_SEGMENT_BYTES = 16 << 10;

  private static final int ROUNDS = Integer.getInteger("emberfs.rounds", 60);
  private static final int LIVES = 12;
  private static final int STEPS = 40;

  private MemoryFolder folder = new MemoryFolder();

  @Override
  protected WriteJournal open(WriteJournal.Sink sink) throws IOException {
    return FileJournal.open(folder, SEGMENT_BYTES, sink, new Meters());
  }

  @Override
  protected void powerCut(long seed) {
    folder = folder.afterPowerCut(Seeds.random(seed));
  }

  @Test
  void noPowerCutLosesWhatWasSyncedOrBringsBackWhatWasGivenUp() {
    for (int round = 0; round < ROUNDS; round++) {
      Seeds.check(this::lives);
    }
  }

  /** One journal over many lives, each ended by a power cut, a kill or a close. */
  private void lives(RandomGenerator random) throws Exception {
    MemoryFolder disk = new MemoryFolder();
    SortedMap<Long, String> model = new TreeMap<>();
    long released = 0;
    long durable = 0;
    boolean isCut = false;
    for (int life = 0; life < LIVES; life++) {
      SortedMap<Long, String> found = new TreeMap<>();
      FileJournal journal =
          FileJournal.open(
              disk,
              SMALL_SEGMENT_BYTES,
              (sequence, record) -> found.put(sequence, JournalRecords.text(record)),
              new Meters());
      assertThat(journal.findings().isDamaged()).as("%s", journal.findings()).isFalse();
      assertFound(found, model, released, isCut ? durable : Long.MAX_VALUE);
      model.keySet().retainAll(found.keySet());
      durable = journal.lastSequence();
      for (int step = random.nextInt(STEPS); step > 0; step--) {
        switch (random.nextInt(8)) {
          case 0 -> {
            released = Math.max(released, random.nextLong(journal.lastSequence() + 2));
            journal.release(released);
          }
          case 1 -> {
            journal.sync(journal.lastSequence());
            durable = journal.lastSequence();
          }
          case 2 -> journal.prepareStep();
          default -> {
            var record = JournalRecords.random(random, 3000);
            model.put(journal.append(record), JournalRecords.text(record));
          }
        }
      }
      int end = random.nextInt(4);
      if (end == 0) {
        journal.close();
        durable = journal.lastSequence();
      }
      isCut = end < 3;
      disk = isCut ? disk.afterPowerCut(random) : disk;
    }
  }

  /**
   * What was not released and was durable is there, as a beginning of what was appended; records
   * that were released may be in front of it.
   */
  private static void assertFound(
      SortedMap<Long, String> found, SortedMap<Long, String> model, long released, long durable) {
    assertThat(model).containsAllEntriesOf(found);
    List<Long> wanted = new ArrayList<>(model.tailMap(released).keySet());
    wanted.removeIf(sequence -> sequence > durable);
    assertThat(found.keySet()).containsAll(wanted);
    if (!found.isEmpty()) {
      assertThat(model.tailMap(found.firstKey()).keySet().stream().limit(found.size()))
          .containsExactlyElementsOf(found.keySet());
    }
  }
}
