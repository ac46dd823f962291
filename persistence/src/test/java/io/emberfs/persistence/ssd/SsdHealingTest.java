package io.emberfs.persistence.ssd;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockLease;
import io.emberfs.core.FileRecord;
import io.emberfs.core.FileVersion;
import io.emberfs.core.Lookup;
import io.emberfs.core.Meters;
import io.emberfs.core.NodeIdentity;
import io.emberfs.core.WriteFence;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.FakePolicy;
import io.emberfs.testkit.Seeds;
import io.emberfs.testkit.TestBlocks;
import io.emberfs.testkit.TierProbe;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device that fails and comes back: what may be served, and when. */
final class SsdHealingTest {
  private static final long FILE = 77;
  private static final long GENERATION = 5;
  private static final long GRANULES = 0b11;
  private static final int BLOCKS = 24;
  private static final NodeIdentity IDENTITY = new NodeIdentity(1, 2, 3);

  @TempDir private Path temporary;
  private final FakeClock clock = new FakeClock();
  private Meters meters = new Meters();
  private final TestBlocks blocks = new TestBlocks(WriteHistory.GEOMETRY);
  private final long[] contents = new long[BLOCKS];
  private SsdDatabase database;

  @BeforeEach
  void open() throws IOException {
    database = openIn(folder());
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aDeviceThatIsAwayAndComesBackServesWhatItServed() throws IOException {
    offer(1);
    offer(2);
    database.tier().flush();
    takeAway();
    assertThat(database.hasFailed()).isTrue();
    assertThat(hit(1)).isFalse();
    assertThat(trouble()).contains("failed");

    bringBack();
    heal();

    assertThat(database.hasFailed()).isFalse();
    assertThat(trouble()).isEmpty();
    assertThat(hit(1)).isTrue();
    assertThat(hit(2)).isTrue();
    offer(3);
    assertThat(hit(3)).isTrue();
    assertThat(count("ssd.takenBack")).isOne();
    assertThat(count("ssd.coldStarts")).isZero();
  }

  @Test
  void whatWasRemovedWhileTheDeviceWasAwayIsNotServedByThisRunNorByTheNext() throws IOException {
    offer(1);
    offer(2);
    database.tier().flush();
    takeAway();
    database.tier().remove(FILE, 1);

    bringBack();
    heal();

    assertThat(hit(1)).isFalse();
    assertThat(hit(2)).isTrue();
    assertThat(count("ssd.unprovenBlocks")).isPositive();
    database.close();
    database = openIn(folder());
    assertThat(count("ssd.coldStarts")).isZero();
    assertThat(hit(1)).isFalse();
    assertThat(hit(2)).isTrue();
  }

  @Test
  void aBlockThatNeverReachedTheDeviceIsNotServedAndCounted() throws IOException {
    offer(1);
    database.tier().flush();
    offer(2);
    takeAway();
    bringBack();
    heal();

    assertThat(hit(1)).isTrue();
    assertThat(hit(2)).isFalse();
    assertThat(database.tier().blockCount()).isOne();
    assertThat(count("ssd.unprovenBlocks")).as("this one, and what found the failure").isEqualTo(2);
  }

  @Test
  void anOlderCopyOfTheDatabaseIsComparedWithTheIndex() throws IOException {
    offer(1);
    offer(2);
    database.tier().flush();
    Path old = TestFolders.copy(folder(), temporary.resolve("old"));
    database.tier().remove(FILE, 1);
    contents[2]++;
    database.tier().remove(FILE, 2);
    offer(2);
    database.tier().flush();
    takeAway();
    // The device comes back with what it held long ago: nothing in it says so.
    TestFolders.delete(temporary.resolve("away"));
    Files.move(old, temporary.resolve("away"));
    bringBack();
    heal();

    assertThat(database.hasFailed()).isFalse();
    assertThat(hit(1)).isFalse();
    assertThat(hit(2)).isFalse();
    database.close();
    database = openIn(folder());
    assertThat(hit(1)).isFalse();
    assertThat(hit(2)).isFalse();
  }

  /** The negative control: without the comparison, the same copy serves what was removed. */
  @Test
  void withoutTheComparisonTheOlderCopyWouldBeServed() throws IOException {
    offer(1);
    database.tier().flush();
    Path old = TestFolders.copy(folder(), temporary.resolve("old"));
    database.tier().remove(FILE, 1);
    database.close();

    database = openIn(old);

    assertThat(hit(1)).isTrue();
  }

  @Test
  void aDatabaseThatIsGoneIsBegunAnewUnderNumbersThatNobodyHad() throws IOException {
    offer(1);
    long before = database.records().newFileId();
    takeAway();
    TestFolders.delete(temporary.resolve("away"));
    Files.createDirectory(temporary.resolve("away"));
    bringBack();
    heal();

    assertThat(hit(1)).isFalse();
    assertThat(count("ssd.unprovenBlocks")).as("this one, and what found the failure").isEqualTo(2);
    assertThat(database.records().newFileId()).isGreaterThan(before);
    offer(2);
    database.tier().flush();
    database.close();
    database = openIn(folder());
    assertThat(hit(2)).isTrue();
  }

  @Test
  void recordsAreAskedForAgain() throws IOException {
    FileRecord record = new FileRecord(FILE, 1, new FileVersion(IDENTITY, 1, 2, 3), 0);
    int before = database.records().revision();
    takeAway();
    database.records().put(record);
    assertThat(count("ssd.recordsLost")).isOne();
    bringBack();
    heal();

    assertThat(database.records().revision()).isNotEqualTo(before);
    assertThat(database.records().find(IDENTITY)).isEmpty();
    database.records().put(record);
    assertThat(database.records().find(IDENTITY)).contains(record);
  }

  @Test
  void attemptsBecomeRarer() throws IOException {
    takeAway();
    assertThat(database.care()).isZero();
    long second = SsdHealing.FIRST_PAUSE_NANOS / 5;
    int seconds = 3600;
    for (int i = 0; i < seconds; i++) {
      clock.advanceNanos(second);
      assertThat(database.care()).isZero();
    }
    // 5, 10, … 320 seconds, then every 600.
    assertThat(count("ssd.healAttempts")).isBetween(10L, 13L);
    bringBack();
    heal();
    assertThat(database.hasFailed()).isFalse();
  }

  @Test
  void aDeviceThatFailsAtTheStartIsTakenWhenItWorks() throws IOException {
    offer(1);
    database.close();
    obstruct();
    meters = new Meters();
    database = openIn(folder());
    assertThat(database.hasFailed()).isTrue();
    assertThat(hit(1)).isFalse();
    assertThat(database.records().newFileId()).isNegative();
    database.tier().flush();

    bringBack();
    heal();

    assertThat(database.hasFailed()).isFalse();
    assertThat(hit(1)).isTrue();
    assertThat(database.records().newFileId()).isPositive();
  }

  @Test
  void aRemovalBeforeAnybodyKnewTheBlocksBeginsAnew() throws IOException {
    offer(1);
    offer(2);
    database.close();
    obstruct();
    meters = new Meters();
    database = openIn(folder());
    database.tier().remove(FILE, 1);

    bringBack();
    heal();

    assertThat(database.hasFailed()).isFalse();
    assertThat(hit(1)).isFalse();
    assertThat(hit(2)).isFalse();
    offer(3);
  }

  @Test
  void noHistoryOfFailuresShowsAnOldBlock() {
    Seeds.check(random -> {
      int shown = 0;
      for (int step = 0; step < 400; step++) {
        shown += live(random);
      }
      if (isAway()) {
        bringBack();
      }
      heal();
      assertThat(database.hasFailed()).isFalse();
      shown += assertNothingStale(database);
      database.tier().flush();
      try (SsdDatabase killed = openIn(TestFolders.copy(folder(), temporary.resolve("killed")))) {
        assertNothingStale(killed);
      }
      TestFolders.delete(temporary.resolve("killed"));
      assertThat(shown).as("blocks shown").isPositive();
      assertThat(count("ssd.takenBack")).as("failures healed").isPositive();
    });
  }

  private int live(RandomGenerator random) throws IOException {
    int block = random.nextInt(BLOCKS);
    switch (random.nextInt(40)) {
      case 0 -> {
        if (!isAway()) {
          takeAway();
        }
      }
      case 1 -> {
        if (isAway()) {
          bringBack();
        }
        heal();
      }
      case 2 -> database.tier().flush();
      case 3, 4, 5, 6, 7, 8, 9 -> {
        contents[block]++;
        database.tier().remove(FILE, block);
      }
      case 10 -> {
        for (int each = block; each < BLOCKS; each++) {
          contents[each]++;
        }
        database.tier().removeFrom(FILE, block);
      }
      case 11, 12 -> {
        return assertNothingStale(database);
      }
      default -> {
        boolean _ = isTaken(block);
      }
    }
    return 0;
  }

  private int assertNothingStale(SsdDatabase shown) {
    int count = 0;
    for (int block = 0; block < BLOCKS; block++) {
      if (shown.tier().lookup(FILE, block, 0) instanceof Lookup.Hit(BlockLease lease)) {
        try (lease) {
          assertThat(lease.stored().toArray(ValueLayout.JAVA_BYTE))
              .as("block %d", block)
              .isEqualTo(bytes(block));
        }
        count++;
      }
    }
    return count;
  }

  private void offer(int block) {
    assertThat(isTaken(block)).as("offer of block %d", block).isTrue();
  }

  private boolean isTaken(int block) {
    byte[] bytes = bytes(block);
    return new TierProbe(database.tier(), WriteHistory.GEOMETRY, WriteFence.OPEN)
        .offer(blocks.meta(FILE, block, GENERATION, GRANULES, contents[block], bytes), bytes);
  }

  private byte[] bytes(int block) {
    return blocks.bytes(FILE, block, contents[block], GRANULES);
  }

  private boolean hit(int block) {
    if (database.tier().lookup(FILE, block, GRANULES) instanceof Lookup.Hit(BlockLease lease)) {
      try (lease) {
        assertThat(lease.stored().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes(block));
      }
      return true;
    }
    return false;
  }

  /** The folder is gone, and the next flush finds that out. */
  private void takeAway() throws IOException {
    Files.move(folder(), temporary.resolve("away"));
    boolean _ = isTaken(0);
    database.tier().flush();
  }

  /** In the place of the folder is something that can be neither entered nor replaced. */
  private void obstruct() throws IOException {
    Files.move(folder(), temporary.resolve("away"));
    Files.write(folder(), "no folder".getBytes(StandardCharsets.US_ASCII));
  }

  private boolean isAway() {
    return Files.exists(temporary.resolve("away"));
  }

  private void bringBack() throws IOException {
    Files.deleteIfExists(folder());
    Files.move(temporary.resolve("away"), folder());
  }

  /** Lets as much time pass as any pause may take. */
  private void heal() {
    for (int attempt = 0; attempt < 6 && database.hasFailed(); attempt++) {
      int _ = database.care();
      clock.advanceNanos(SsdHealing.LONGEST_PAUSE_NANOS);
      int _ = database.care();
    }
  }

  private String trouble() {
    List<String> texts = new ArrayList<>();
    meters.visit(
        new Meters.Visitor() {
          @Override
          public void count(String name, long value) {}

          @Override
          public void ratio(String name, double value) {}

          @Override
          public void histogram(String name, io.emberfs.core.Histogram histogram) {}

          @Override
          public void text(String name, String value) {
            texts.add(value);
          }
        });
    assertThat(texts).hasSize(1);
    return texts.getFirst();
  }

  private long count(String name) {
    return meters.counter(name).value();
  }

  private SsdDatabase openIn(Path directory) throws IOException {
    return SsdDatabase.open(
        directory,
        new SsdSpec(WriteHistory.GEOMETRY, 64L << 20, 0, FakePolicy.FACTORY),
        WriteFence.OPEN,
        clock,
        meters);
  }

  private Path folder() {
    return temporary.resolve("ssd");
  }
}
