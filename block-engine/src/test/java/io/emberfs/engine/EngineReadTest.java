package io.emberfs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BlockCache;
import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.testkit.Seeds;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EngineReadTest {
  private static final int BLOCK = 65536;
  private static final int GRANULE = 4096;
  private static final int SIZE = 10 * BLOCK + 1000;

  private final byte[] content = new byte[SIZE];
  private EngineFixture engine;

  @BeforeEach
  void start() {
    Seeds.random(1).nextBytes(content);
    engine = new EngineFixture(BLOCK, 4 << 20, 16 << 20);
    engine.store().changeBehind("f", content);
    engine.passYouth();
  }

  @AfterEach
  void stop() {
    engine.close();
    assertThat(engine.store().openFiles()).isZero();
  }

  @Test
  void aRandomMissFetchesTheGranulesAskedForAndNoMore() {
    CachedFile file = engine.open("f");
    assertThat(engine.read(file, 3 * BLOCK + 5000, 100)).isEqualTo(part(3 * BLOCK + 5000, 100));
    assertThat(engine.counter("backing.readBytes")).isEqualTo(GRANULE);
    engine.close(file);
  }

  @Test
  void withoutAnyTierAReadIsOneReadOfTheBackingAndSeesWhatIsThere() {
    try (EngineFixture bare = new EngineFixture(BLOCK, 0, 0)) {
      bare.store().changeBehind("f", content);
      CachedFile file = bare.open("f");
      assertThat(bare.read(file, 5000, 100)).isEqualTo(part(5000, 100));
      assertThat(bare.read(file, SIZE - 10, 100)).isEqualTo(part(SIZE - 10, 10));
      byte[] longer = Arrays.copyOf(content, SIZE + 50);
      Arrays.fill(longer, SIZE, SIZE + 50, (byte) 7);
      bare.store().changeBehind("f", longer);
      assertThat(bare.read(file, SIZE, 100)).hasSize(50).containsOnly(7);
      assertThat(bare.counter("backing.reads")).isEqualTo(3);
      assertThat(bare.counter("backing.readBytes")).isEqualTo(160);
      bare.close(file);
      assertThat(bare.store().openFiles()).isZero();
    }
  }

  @Test
  void withoutAnyTierTheReceivingThreadOpensNothing() {
    try (EngineFixture bare = new EngineFixture(BLOCK, 0, 0);
        Arena arena = Arena.ofConfined()) {
      bare.store().changeBehind("f", content);
      CachedFile file = bare.open("f");
      long openFiles = bare.store().openFiles();
      assertThat(bare.cache().readNow(file, 0, 100, arena.allocate(100), 1))
          .isEqualTo(BlockCache.WOULD_WAIT);
      assertThat(bare.store().openFiles()).isEqualTo(openFiles);
      bare.close(file);
    }
  }

  @Test
  void aReadThatGoesOnWhereTheLastOneEndedFetchesTheWholeBlock() {
    CachedFile file = engine.open("f");
    engine.read(file, 3 * BLOCK, GRANULE);
    engine.read(file, 3 * BLOCK + GRANULE, GRANULE);
    assertThat(engine.counter("backing.readBytes")).isEqualTo(GRANULE + BLOCK);
    engine.close(file);
  }

  @Test
  void aRequestOverManyMissingBlocksIsOneReadOfTheBacking() {
    CachedFile file = engine.open("f");
    assertThat(engine.read(file, 0, 8 * BLOCK)).isEqualTo(part(0, 8 * BLOCK));
    assertThat(engine.counter("backing.reads")).isEqualTo(1);
    engine.close(file);
  }

  @Test
  void aSecondReadComesFromRamAndNeverWaits() {
    CachedFile file = engine.open("f");
    engine.read(file, 0, SIZE);
    long reads = engine.counter("backing.reads");
    try (Arena arena = Arena.ofConfined()) {
      assertThat(engine.cache().readNow(file, 0, SIZE, arena.allocate(SIZE), 1)).isEqualTo(SIZE);
    }
    assertThat(engine.counter("backing.reads")).isEqualTo(reads);
    engine.close(file);
  }

  @Test
  void aReadPastTheEndIsShortOrEmpty() {
    CachedFile file = engine.open("f");
    assertThat(engine.read(file, SIZE - 10, 100)).isEqualTo(part(SIZE - 10, 10));
    assertThat(engine.read(file, SIZE + 5, 100)).isEmpty();
    engine.close(file);
  }

  @Test
  void aForeignChangeIsSeenAtTheNextOpen() {
    CachedFile first = engine.open("f");
    engine.read(first, 0, SIZE);
    engine.store().changeBehind("f", 100, new byte[] {1, 2, 3});
    CachedFile second = engine.open("f");
    assertThat(second.unchangedSinceLastOpen()).isFalse();
    assertThat(engine.read(second, 100, 3)).containsExactly(1, 2, 3);
    engine.close(first);
    engine.close(second);
  }

  @Test
  void aForeignChangeIsSeenInAnOpenFileAfterTheAttributeTtl() {
    CachedFile file = engine.open("f");
    engine.read(file, 0, SIZE);
    engine.store().changeBehind("f", 100, new byte[] {1, 2, 3});
    engine.passAttributeTtl();
    assertThat(engine.read(file, 100, 3)).containsExactly(1, 2, 3);
    assertThat(engine.counter("integrity.versionDrops")).isEqualTo(1);
    engine.close(file);
  }

  @Test
  void anOpenFileThatNobodyReadsHereIsComparedWithinTheAttributeTtlInEveryPhase() {
    long ttlMillis = EngineFixture.ATTRIBUTE_TTL_NANOS / 1_000_000;
    for (long phase = 0; phase < ttlMillis; phase += 40) {
      // The looks go on at even intervals, whenever the file happens to be opened and changed.
      engine.advanceMillis(phase);
      CachedFile file = engine.open("f");
      long drops = engine.counter("integrity.versionDrops");
      engine.store().changeBehind("f", 100, new byte[] {(byte) phase, 1});
      long waited = 0;
      for (long tick = phase; engine.counter("integrity.versionDrops") == drops; tick++) {
        if (tick % engine.engine().checkPeriodMillis() == 0) {
          engine.engine().checkStep();
        }
        engine.advanceMillis(1);
        waited++;
        assertThat(waited).as("milliseconds since the change").isLessThanOrEqualTo(ttlMillis);
      }
      engine.close(file);
    }
  }

  @Test
  void bytesReadWhileAForeignWriteMayStillRunAreReadAgain() {
    engine.store().changeBehind("f", content);
    CachedFile file = engine.open("f");
    engine.read(file, 0, GRANULE);
    // The rest of that write arrives: content changes, ctime does not.
    engine.store().changeBehindKeepingVersion("f", 0, new byte[] {9, 9});
    engine.passAttributeTtl();
    assertThat(engine.read(file, 0, 2)).containsExactly(9, 9);
    engine.close(file);
  }

  @Test
  void bytesOfAYoungFileAreNotPersisted() {
    engine.store().changeBehind("f", content);
    CachedFile file = engine.open("f");
    engine.read(file, 0, SIZE);
    engine.runRoles();
    assertThat(engine.ssdBlocks()).isZero();
    engine.passYouth();
    engine.read(file, 0, SIZE);
    engine.runRoles();
    assertThat(engine.ssdBlocks()).isEqualTo(11);
    engine.close(file);
  }

  @Test
  void anOwnWriteKeepsTheOtherBlocks() {
    CachedFile file = engine.open("f");
    engine.read(file, 0, SIZE);
    long reads = engine.counter("backing.reads");
    engine.write(file, 2 * BLOCK, new byte[GRANULE]);
    engine.passAttributeTtl();
    byte[] expected = content.clone();
    Arrays.fill(expected, 2 * BLOCK, 2 * BLOCK + GRANULE, (byte) 0);
    assertThat(engine.read(file, 0, SIZE)).isEqualTo(expected);
    assertThat(engine.counter("backing.reads")).isEqualTo(reads);
    engine.close(file);
  }

  @Test
  void anOwnChangeOfModeKeepsTheBlocks() {
    CachedFile file = engine.open("f");
    engine.read(file, 0, SIZE);
    BackingNode node = file.node();
    engine
        .cache()
        .changeInode(
            node,
            () -> engine.store().change(node, new AttributeChange(0600, null, null, null, null)));
    engine.passAttributeTtl();
    engine.read(file, 0, SIZE);
    assertThat(engine.counter("backing.reads")).isEqualTo(1);
    engine.close(file);
  }

  @Test
  void aCleanRestartReadsNothingOfTheBackingForWhatWasCached() {
    readAllAndRestart(true);
    assertThat(engine.counter("backing.reads")).isZero();
  }

  @Test
  void aKilledEngineServesWhatWasHandedDown() {
    CachedFile file = engine.open("f");
    engine.read(file, 0, SIZE);
    engine.runRoles();
    engine.close(file);
    engine.restart(false);
    readAll();
    assertThat(engine.counter("backing.reads")).isZero();
  }

  @Test
  void aFileThatChangedWhileDownIsReadAnew() {
    CachedFile file = engine.open("f");
    engine.read(file, 0, SIZE);
    engine.close(file);
    engine.restartWith(true, () -> engine.store().changeBehind("f", 0, new byte[] {7}));
    content[0] = 7;
    readAll();
  }

  @Test
  void aControlWithoutVersionsServesTheOldBytes() {
    try (EngineFixture blind = EngineFixture.blindToChanges(BLOCK, 4 << 20, 16 << 20)) {
      blind.store().changeBehind("f", content);
      blind.passYouth();
      CachedFile file = blind.open("f");
      blind.read(file, 0, SIZE);
      blind.close(file);
      blind.restartWith(true, () -> blind.store().changeBehind("f", 0, new byte[] {7}));
      CachedFile again = blind.open("f");
      assertThat(blind.read(again, 0, 1))
          .as("what the version check prevents")
          .isEqualTo(part(0, 1));
      blind.close(again);
    }
  }

  @Test
  void anAppendGoesBehindWhatOthersAppended() {
    CachedFile file = engine.open("f");
    engine.store().changeBehind("f", SIZE, new byte[] {1, 2, 3});
    engine.append(file, new byte[] {4, 5});
    assertThat(engine.read(file, SIZE, 100)).containsExactly(1, 2, 3, 4, 5);
    engine.close(file);
  }

  @Test
  void anAppendWhileAReadOfTheTailIsPlannedLeavesNoZeros() {
    CachedFile file = engine.open("f");
    byte[] appended = new byte[100];
    Arrays.fill(appended, (byte) 5);
    // The read has taken the size and looks for its block; then the file grows.
    engine.ssd().onNextIndexLook(() -> engine.append(file, appended));
    engine.read(file, SIZE - 10, 200);
    assertThat(engine.read(file, SIZE, 200)).isEqualTo(appended);
    engine.close(file);
  }

  @Test
  void aPrefetchFetchesWholeBlocksAndLeavesThoseAloneThatAreHereInPart() {
    CachedFile file = engine.open("f");
    engine.read(file, 3 * BLOCK + 5000, 100);
    engine.proposeWithNextRead(2, 3);
    engine.read(file, 7 * BLOCK + 5000, 100);
    engine.runRoles();
    assertThat(engine.counter("prefetch.issuedBlocks")).isEqualTo(2);
    assertThat(engine.counter("backing.readBytes")).isEqualTo(2 * GRANULE + 2 * BLOCK);
    assertThat(engine.read(file, 2 * BLOCK, BLOCK)).isEqualTo(part(2 * BLOCK, BLOCK));
    assertThat(engine.read(file, 4 * BLOCK, BLOCK)).isEqualTo(part(4 * BLOCK, BLOCK));
    assertThat(engine.counter("backing.readBytes")).isEqualTo(2 * GRANULE + 2 * BLOCK);
    engine.close(file);
  }

  @Test
  void aPrefetchOfWhatTheSsdHasCountsAsOneAndReadsNothingOfTheBacking() {
    CachedFile file = engine.open("f");
    engine.read(file, 2 * BLOCK, BLOCK);
    engine.runRoles();
    engine.clear("ram");
    long before = engine.counter("backing.readBytes");
    engine.proposeWithNextRead(2, 1);
    engine.read(file, 7 * BLOCK + 5000, 100);
    engine.runRoles();
    assertThat(engine.read(file, 2 * BLOCK, BLOCK)).isEqualTo(part(2 * BLOCK, BLOCK));
    assertThat(engine.counter("backing.readBytes")).isEqualTo(before + GRANULE);
    assertThat(engine.counter("prefetch.usedBlocks")).isEqualTo(1);
    assertThat(engine.counter("prefetch.issuedBlocks")).isEqualTo(1);
    assertThat(engine.counter("prefetch.issuedBytes")).isZero();
    engine.close(file);
  }

  @Test
  void aReadInOrderTakesEverMoreOfWhatFollowsAlongAndNothingTwice() {
    CachedFile file = engine.open("f");
    for (int at = 0; at < SIZE; at += BLOCK / 2) {
      int length = Math.min(BLOCK / 2, SIZE - at);
      assertThat(engine.read(file, at, length)).isEqualTo(part(at, length));
    }
    assertThat(engine.counter("backing.readBytes")).isEqualTo(SIZE);
    // 1, 2, 4 and 4 blocks: the one that was asked for, and no more ahead than was read in order.
    assertThat(engine.counter("backing.reads")).isEqualTo(4);
    engine.close(file);
  }

  @Test
  void nobodyGetsBytesOfAForgottenFile() {
    CachedFile file = engine.open("f");
    engine.read(file, 0, SIZE);
    BackingNode node = engine.node("f");
    engine.close(file);
    engine.cache().forget(node);
    node.release(1);
    assertThat(engine.engine().chain().ram().blockCount()).isZero();
    assertThat(engine.ssdBlocks()).isZero();
  }

  @Test
  void aDroppedTierIsEmpty() {
    CachedFile file = engine.open("f");
    engine.read(file, 0, SIZE);
    assertThat(engine.cache().drop("ram")).isPositive();
    assertThat(engine.cache().drop("no such tier")).isZero();
    try (Arena arena = Arena.ofConfined()) {
      assertThat(engine.cache().readNow(file, 0, 10, arena.allocate(10), 1))
          .isEqualTo(BlockCache.WOULD_WAIT);
    }
    engine.close(file);
  }

  private void readAllAndRestart(boolean clean) {
    CachedFile file = engine.open("f");
    engine.read(file, 0, SIZE);
    engine.close(file);
    engine.restart(clean);
    engine.runRoles();
    readAll();
  }

  private void readAll() {
    CachedFile file = engine.open("f");
    assertThat(engine.read(file, 0, SIZE)).isEqualTo(content);
    engine.close(file);
  }

  private byte[] part(int offset, int length) {
    return Arrays.copyOfRange(content, offset, offset + length);
  }
}
