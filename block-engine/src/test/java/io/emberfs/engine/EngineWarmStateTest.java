package io.emberfs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockCache.CachedFile;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What of RAM comes back after an end of each kind. */
final class EngineWarmStateTest {
  private static final int BLOCK = 65536;
  private static final int BLOCK_COUNT = 20;
  private static final long RAM_BYTES = 16L << 20;
  private static final long SSD_BYTES = 16L << 20;

  private final EngineFixture engine = new EngineFixture(BLOCK, RAM_BYTES, SSD_BYTES);

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void whatWasSavedWhileServingIsBackAfterAKill() {
    readAll();
    engine.engine().saveStep();
    engine.restart(false);
    engine.runRoles();
    assertAllAreBack();
  }

  @Test
  void withoutASaveNothingIsBackAfterAKill() {
    readAll();
    engine.restart(false);
    engine.runRoles();
    assertThat(engine.counter("warm.restoredBlocks")).isZero();
  }

  @Test
  void aSaveBeforeEverythingIsBackKeepsTheRest() {
    readAll();
    engine.restart(true);
    assertThat(engine.gauge("warm.waitingBlocks")).isEqualTo(BLOCK_COUNT);
    // One block comes by demand: the keys are others than those that were saved last.
    engine.passYouth();
    CachedFile file = engine.open("file");
    engine.read(file, 0, BLOCK);
    engine.close(file);
    engine.engine().saveStep();
    assertThat(engine.counter("warm.saves")).isOne();
    engine.restart(false);
    engine.runRoles();
    assertAllAreBack();
  }

  @Test
  void whatHasNotChangedIsNotSavedAgain() {
    readAll();
    engine.engine().saveStep();
    engine.engine().saveStep();
    assertThat(engine.counter("warm.saves")).isOne();
    engine.restart(true);
    engine.engine().saveStep();
    assertThat(engine.counter("warm.saves")).as("nothing came back yet").isZero();
  }

  @Test
  void besideDemandItComesBackInSmallSteps() {
    engine.store().changeBehind("cold", new byte[BLOCK]);
    readAll();
    engine.restart(true);
    CachedFile cold = engine.open("cold");
    List<Long> waiting = new ArrayList<>();
    engine.delayBacking(_ -> {
      assertThat(engine.engine().restoreStep()).as("a rest follows").isZero();
      waiting.add(engine.gauge("warm.waitingBlocks"));
    });
    engine.read(cold, 0, BLOCK);
    engine.delayBacking(_ -> {});
    engine.close(cold);
    assertThat(waiting).first().isEqualTo(BLOCK_COUNT - 4L);
  }

  private void readAll() {
    engine.store().changeBehind("file", new byte[BLOCK * BLOCK_COUNT]);
    engine.passYouth();
    CachedFile file = engine.open("file");
    for (int i = 0; i < BLOCK_COUNT; i++) {
      engine.read(file, (long) i * BLOCK, BLOCK);
    }
    engine.close(file);
    while (engine.engine().handDownStep() > 0) {
      engine.advanceMillis(1);
    }
    assertThat(engine.ssdBlocks()).isEqualTo(BLOCK_COUNT);
  }

  private void assertAllAreBack() {
    assertThat(engine.engine().chain().ram().blockCount()).isEqualTo(BLOCK_COUNT);
    CachedFile file = engine.open("file");
    long reads = engine.counter("backing.reads");
    assertThat(engine.read(file, 0, BLOCK * BLOCK_COUNT)).isEqualTo(new byte[BLOCK * BLOCK_COUNT]);
    assertThat(engine.counter("backing.reads")).isEqualTo(reads);
    engine.close(file);
  }
}
