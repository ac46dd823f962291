package io.emberfs.persistence.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.JournalRecord;
import io.emberfs.core.Meters;
import io.emberfs.core.WriteJournal;
import io.emberfs.testkit.JournalRecords;
import io.emberfs.testkit.Seeds;
import io.emberfs.testkit.WriteJournalContract;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The journal on a disk that loses and keeps what it likes of everything that was not synced. */
final class JournalPowerCutTest extends WriteJournalContract {
  private static final int SEGMENT_BYTES = 2 << 20;

  /** Segments change every few records, and all that there is of them happens within a test. */
  private static final int SMALL_SEGMENT_BYTES = 16 << 10;

  /** Lives of journals, twelve each; the property asks for more. */
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
  void noEndLosesWhatWasSyncedOrBringsBackWhatWasGivenUp() {
    for (int round = 0; round < ROUNDS; round++) {
      Seeds.check(random -> new Lives(random).run());
    }
  }

  @Test
  void anOpeningThatEndsHalfwayDoesNotBringBackWhatItGaveUp() throws IOException {
    FileJournal journal = TestJournal.open(folder);
    TestJournal.append(journal, 30, 1000);
    byte[] first = folder.bytes(folder.names("segment-").getFirst());
    Arrays.fill(first, SegmentHeader.RECORDS_OFFSET, first.length - SegmentHeader.BYTES, (byte) 0);
    List<MemoryFolder> moments = new ArrayList<>();
    folder.beforeChange(() -> moments.add(folder.afterKill()));

    TestJournal.open(folder);

    assertThat(moments).hasSizeGreaterThan(3);
    for (MemoryFolder moment : moments) {
      assertThat(TestJournal.scan(moment).records()).isEmpty();
    }
  }

  /**
   * One journal over many lives. Each ends before some change of the disk, or after a step: by a
   * power cut, a kill or a close.
   */
  private static final class Lives {
    private final RandomGenerator random;
    private final SortedMap<Long, String> model = new TreeMap<>();
    private MemoryFolder disk = new MemoryFolder();
    private long released;
    private long durable;

    /** What the next life finds, once this one is over, and what of it was durable then. */
    private @Nullable MemoryFolder left;

    private long leftDurable;

    private Lives(RandomGenerator random) {
      this.random = random;
    }

    private void run() throws IOException {
      for (int life = 0; life < LIVES; life++) {
        left = null;
        int[] changesLeft = {random.nextInt(2 * STEPS)};
        disk.beforeChange(() -> {
          if (--changesLeft[0] == 0) {
            end();
          }
        });
        live();
        if (left == null) {
          end();
        }
        disk = Objects.requireNonNull(left);
        durable = leftDurable;
      }
    }

    private void live() throws IOException {
      SortedMap<Long, String> found = new TreeMap<>();
      FileJournal journal =
          FileJournal.open(
              disk,
              SMALL_SEGMENT_BYTES,
              (sequence, record) -> found.put(sequence, JournalRecords.text(record)),
              new Meters());
      assertThat(journal.findings().isDamaged()).as("%s", journal.findings()).isFalse();
      assertFound(found, model, released, durable);
      // A segment whose records were released may come back as long as its new name is not synced.
      model.tailMap(released).keySet().retainAll(found.keySet());
      durable = journal.lastSequence();
      for (int step = random.nextInt(STEPS); step > 0 && left == null; step--) {
        step(journal);
      }
      if (left == null && random.nextInt(4) == 0) {
        journal.close();
        durable = journal.lastSequence();
      }
    }

    private void step(FileJournal journal) throws IOException {
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
          JournalRecord record = JournalRecords.random(random, 3000);
          model.put(journal.lastSequence() + 1, JournalRecords.text(record));
          journal.append(record);
        }
      }
    }

    private void end() {
      boolean isCut = random.nextInt(3) > 0;
      left = isCut ? disk.afterPowerCut(random) : disk.afterKill();
      // After a kill everything is found; what the next life finds is durable only then.
      leftDurable = durable;
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
    Set<Long> needed = found.tailMap(released).keySet();
    assertThat(model.tailMap(released).keySet().stream().limit(needed.size()))
        .containsExactlyElementsOf(needed);
  }
}
