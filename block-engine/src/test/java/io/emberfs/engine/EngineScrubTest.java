package io.emberfs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.Scrub.Findings;
import io.emberfs.core.Scrub.Progress;
import io.emberfs.engine.file.OpenFile;
import io.emberfs.engine.ram.RamDamage;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.testkit.Seeds;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Damage where blocks lie: found, dropped, counted, repaired where that can be, and never served.
 */
class EngineScrubTest {
  private static final int BLOCK = 8192;
  private static final int BLOCKS = 60;
  private static final long FAST = 1L << 40;
  private static final long HOUR_MILLIS = 3_600_000;
  private static final long ATTRIBUTE_TTL_MILLIS = 1_000;
  private static final int TOO_MANY = 16;

  private final byte[] content = new byte[BLOCKS * BLOCK];
  private EngineFixture engine;
  private CachedFile file;
  private long fileId;

  @BeforeEach
  void start() {
    Seeds.random(1).nextBytes(content);
    begin(16 << 20);
  }

  private void begin(long ssdBytes) {
    engine = new EngineFixture(BLOCK, 2 << 20, ssdBytes);
    engine.store().changeBehind("f", content);
    engine.passYouth();
    file = engine.open("f");
    fileId = ((OpenFile) file).state().fileId();
    assertThat(engine.read(file, 0, content.length)).isEqualTo(content);
    handDown();
  }

  @AfterEach
  void stop() {
    engine.close(file);
    engine.close();
  }

  @Test
  void aHealthyRoundFindsEveryBlockGood() {
    assertThat(round().findings())
        .containsExactly(new Findings("ram", BLOCKS, 0, 0), new Findings("ssd", BLOCKS, 0, 0));
    assertThat(engine.counter("integrity.scrubbedBlocks")).isEqualTo(2 * BLOCKS);
    assertThat(engine.counter("integrity.checksumFailures")).isZero();
  }

  @Test
  void aPlainBlockOfRamIsServedAsItLies() {
    RamDamage.flip(ram(), fileId, 3);

    assertThat(engine.read(file, 0, content.length))
        .as("the negative control: without a scrub the damage is served")
        .isNotEqualTo(content);
  }

  @Test
  void aDamagedBlockOfRamComesBackFromBelow() {
    long reads = engine.counter("backing.reads");
    RamDamage.flip(ram(), fileId, 3);

    assertThat(round().findings().getFirst()).isEqualTo(new Findings("ram", BLOCKS - 1, 1, 1));

    assertThat(engine.read(file, 0, content.length)).isEqualTo(content);
    assertThat(engine.counter("backing.reads")).isEqualTo(reads);
    assertThat(engine.counter("integrity.checksumFailures")).isOne();
    assertThat(engine.counter("integrity.repairedBlocks")).isOne();
    assertThat(round().findings().getFirst()).isEqualTo(new Findings("ram", BLOCKS, 0, 0));
  }

  @Test
  void aDamagedBlockOfRamComesBackFromTheBackingWhereNothingIsBelow() {
    stop();
    begin(0);
    RamDamage.flip(ram(), fileId, 3);

    assertThat(round().findings()).containsExactly(new Findings("ram", BLOCKS - 1, 1, 1));

    long reads = engine.counter("backing.reads");
    assertThat(engine.read(file, 0, content.length)).isEqualTo(content);
    assertThat(engine.counter("backing.reads")).isEqualTo(reads);
  }

  @Test
  void aDamagedBlockOfAFileThatNobodyHasOpenIsDropped() {
    stop();
    begin(0);
    RamDamage.flip(ram(), fileId, 3);
    engine.close(file);

    assertThat(round().findings()).containsExactly(new Findings("ram", BLOCKS - 1, 1, 0));

    assertThat(engine.counter("integrity.repairedBlocks")).isZero();
    file = engine.open("f");
    assertThat(engine.read(file, 0, content.length)).isEqualTo(content);
  }

  @Test
  void aBlockOfAFileThatChangedMeanwhileIsNotRepairedWithOldBytes() {
    stop();
    begin(0);
    RamDamage.flip(ram(), fileId, 3);
    byte[] changed = content.clone();
    changed[3 * BLOCK] ^= 1;
    engine.store().changeBehind("f", changed);

    assertThat(round().findings()).containsExactly(new Findings("ram", BLOCKS - 1, 1, 0));

    assertThat(engine.read(file, 0, content.length)).isEqualTo(changed);
  }

  @Test
  void aDamagedBlockBelowIsHandedDownAgain() {
    long reads = engine.counter("backing.reads");
    engine.ssd().damage(fileId, 5);

    assertThat(round().findings().getLast()).isEqualTo(new Findings("ssd", BLOCKS - 1, 1, 1));

    assertThat(engine.ssdBlocks()).isEqualTo(BLOCKS - 1);
    handDown();
    assertThat(engine.ssdBlocks()).isEqualTo(BLOCKS);
    engine.clear("ram");
    assertThat(engine.read(file, 0, content.length)).isEqualTo(content);
    assertThat(engine.counter("backing.reads")).isEqualTo(reads);
  }

  @Test
  void aDamagedBlockBelowComesBackFromTheBackingWhereRamLacksIt() {
    engine.clear("ram");
    engine.ssd().damage(fileId, 5);

    assertThat(round().findings().getLast()).isEqualTo(new Findings("ssd", BLOCKS - 1, 1, 1));

    handDown();
    assertThat(engine.ssdBlocks()).isEqualTo(BLOCKS);
    assertThat(engine.read(file, 0, content.length)).isEqualTo(content);
  }

  @Test
  void aRepairIsNoPrefetchAndNoDemand() {
    engine.clear("ram");
    engine.ssd().damage(fileId, 5);
    long misses = engine.counter("reads.missBlocks");
    round();

    engine.read(file, 5 * BLOCK, BLOCK);

    assertThat(engine.counter("prefetch.usedBlocks")).isZero();
    assertThat(engine.counter("reads.missBlocks")).isEqualTo(misses);
  }

  @Test
  void ramWhoseBytesKeepFailingIsSwitchedOff() {
    for (int block = 0; block < TOO_MANY; block++) {
      RamDamage.flip(ram(), fileId, block);
    }

    round();

    assertThat(ram().capacityBytes()).isZero();
    assertThat(ram().blockCount()).isZero();
    assertThat(engine.gauge("tiers.ram.quarantined")).isOne();
    assertThat(engine.read(file, 0, content.length)).isEqualTo(content);
  }

  @Test
  void ramThatFailsNowAndThenStays() {
    for (int block = 0; block < TOO_MANY + 4; block++) {
      RamDamage.flip(ram(), fileId, block);
      round();
      engine.advanceMillis(10_000);
    }

    assertThat(ram().capacityBytes()).isPositive();
    assertThat(engine.gauge("tiers.ram.quarantined")).isZero();
  }

  @Test
  void aRoundKeepsToItsRate() {
    long blocksPerSecond = 4;
    engine.engine().scrub().begin(blocksPerSecond * BLOCK);
    for (int second = 0; second < 3; second++) {
      for (int tick = 0; tick < 20; tick++) {
        engine.engine().scrubStep();
        engine.advanceMillis(50);
      }
    }

    assertThat(engine.counter("integrity.scrubbedBlocks"))
        .isBetween(3 * blocksPerSecond - 1, 3 * blocksPerSecond + 1);
  }

  @Test
  void aPauseIsNotMadeUpFor() {
    engine.engine().scrub().begin(4 * BLOCK);
    engine.engine().scrubStep();
    engine.advanceMillis(100 * HOUR_MILLIS);
    long before = engine.counter("integrity.scrubbedBlocks");

    while (engine.engine().scrubStep() > 0) {
      // until it is too early for more
    }

    assertThat(engine.counter("integrity.scrubbedBlocks") - before).isLessThanOrEqualTo(5);
  }

  @Test
  void itBeginsByItselfAnHourAfterTheStartAndAfterEachRound() {
    tickSeconds(3_000);
    assertThat(engine.counter("integrity.scrubbedBlocks")).isZero();
    tickSeconds(700);
    assertThat(engine.counter("integrity.scrubbedBlocks")).isEqualTo(2 * BLOCKS);
    tickSeconds(3_000);
    assertThat(engine.counter("integrity.scrubbedBlocks")).isEqualTo(2 * BLOCKS);
    tickSeconds(700);
    assertThat(engine.counter("integrity.scrubbedBlocks")).isEqualTo(4 * BLOCKS);
  }

  @Test
  void aRoundOfItsOwnWaitsBelowRamWhileDemandIsInFlight() {
    engine.advanceMillis(HOUR_MILLIS + 1);
    while (engine.counter("integrity.scrubbedBlocks") < BLOCKS) {
      engine.engine().scrubStep();
      engine.advanceMillis(500);
    }
    engine.engine().scrubStep();
    engine.advanceMillis(ATTRIBUTE_TTL_MILLIS + 1);

    assertThat(scrubbedDuringARead()).as("all of RAM, nothing below").isEqualTo(BLOCKS);

    tickSeconds(2);
    assertThat(engine.counter("integrity.scrubbedBlocks")).isEqualTo(2 * BLOCKS);
  }

  @Test
  void aRoundOfItsOwnGoesOnInRamWhileDemandIsInFlight() {
    engine.advanceMillis(HOUR_MILLIS + 1);

    assertThat(scrubbedDuringARead()).isPositive();
  }

  @Test
  void aRoundThatIsAskedForLooksAgainAtWhatARoundOfItsOwnHasPassed() {
    engine.advanceMillis(HOUR_MILLIS + 1);
    engine.engine().scrubStep();
    assertThat(engine.counter("integrity.scrubbedBlocks")).isBetween(1L, BLOCKS - 1L);
    for (int block = 0; block < BLOCKS; block += 3) {
      RamDamage.flip(ram(), fileId, block);
    }

    assertThat(round().findings().getFirst().bad()).isEqualTo(BLOCKS / 3);
  }

  @Test
  void whoAsksDuringARoundJoinsItAndMayHurryIt() {
    long first = engine.engine().scrub().begin(1);
    while (engine.engine().scrubStep() > 0) {
      // until it is too early for more
    }
    assertThat(engine.engine().scrub().progress(first).orElseThrow().isDone()).isFalse();

    assertThat(engine.engine().scrub().begin(FAST)).isEqualTo(first);

    engine.advanceMillis(1);
    assertThat(round().findings().getFirst().good()).isEqualTo(BLOCKS);
    assertThat(engine.engine().scrub().progress(first + 1)).isEmpty();
  }

  /** A look at the backing during which the role has a turn. */
  private long scrubbedDuringARead() {
    AtomicLong scrubbed = new AtomicLong(-1);
    engine.delayBacking(_ -> {
      engine.engine().scrubStep();
      scrubbed.set(engine.counter("integrity.scrubbedBlocks"));
    });
    engine.read(file, 0, BLOCK);
    engine.delayBacking(_ -> {});
    return scrubbed.get();
  }

  /** Asks for a round and runs it to its end. */
  private Progress round() {
    long number = engine.engine().scrub().begin(FAST);
    while (engine.engine().scrubStep() > 0) {
      // until it is done: at this rate no step is too early
      engine.advanceMillis(1);
    }
    Progress progress = engine.engine().scrub().progress(number).orElseThrow();
    assertThat(progress.isDone()).isTrue();
    return progress;
  }

  private void tickSeconds(int seconds) {
    for (int tick = 0; tick < 2 * seconds; tick++) {
      engine.engine().scrubStep();
      engine.advanceMillis(500);
    }
  }

  private void handDown() {
    while (engine.engine().handDownStep() > 0) {
      // until the tier below has all
    }
  }

  private RamTier ram() {
    return engine.engine().chain().ram();
  }
}
