package io.emberfs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.Errno;
import io.emberfs.testkit.FaultyBackingStore.Operation;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A power cut takes bytes of a file and leaves its times: what the SSD has of them is newer than
 * the file, and must not be served.
 */
final class EnginePowerCutTest {
  private static final int BLOCK = 65536;
  private static final int BLOCK_COUNT = 4;
  private static final String NAME = "file";

  private final EngineFixture engine = new EngineFixture(BLOCK, 16L << 20, 16L << 20);
  private final byte[] before = filled(1);
  private final byte[] after = filled(2);

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void whatThePowerCutTookIsNotServedFromTheSsd() {
    overwrite();
    engine.restartWith(false, engine.store()::powerCutKeepingTimes);
    assertThat(content()).isEqualTo(before);
  }

  @Test
  void aKillTakesNothing() {
    overwrite();
    engine.restart(false);
    assertServedFromTheSsd();
  }

  @Test
  void whatWasSyncedWithTheWholeBackingIsServed() {
    overwrite();
    engine.advanceMillis(1000);
    int _ = engine.engine().syncStep();
    handDown();
    engine.restartWith(false, engine.store()::powerCutKeepingTimes);
    assertServedFromTheSsd();
  }

  @Test
  void whatWasSyncedByItselfIsServed() {
    overwrite();
    CachedFile file = engine.open(NAME);
    engine.cache().sync(file, false);
    engine.close(file);
    handDown();
    engine.restartWith(false, engine.store()::powerCutKeepingTimes);
    assertServedFromTheSsd();
  }

  @Test
  void aSyncThatFailsProvesNothing() {
    overwrite();
    engine.faults().failAt(Operation.SYNC, 1, Errno.EIO);
    int _ = engine.engine().syncStep();
    handDown();
    engine.restartWith(false, engine.store()::powerCutKeepingTimes);
    assertThat(content()).isEqualTo(before);
  }

  @Test
  void aSecondKillBeforeTheSyncChangesNothing() {
    overwrite();
    engine.restart(false);
    assertThat(content()).isEqualTo(after);
    engine.restartWith(false, engine.store()::powerCutKeepingTimes);
    assertThat(content()).isEqualTo(before);
  }

  /** A file whose first content is durable is written over, and the SSD has all of it. */
  private void overwrite() {
    engine.store().changeBehind(NAME, before);
    engine.store().syncAll();
    engine.passYouth();
    int _ = engine.engine().syncStep();
    engine.passYouth();
    assertThat(content()).isEqualTo(before);
    handDown();
    CachedFile file = engine.open(NAME);
    engine.write(file, 0, after);
    engine.close(file);
    handDown();
    assertThat(engine.ssdBlocks()).isEqualTo(BLOCK_COUNT);
  }

  private void handDown() {
    do {
      engine.advanceMillis(3000);
    } while (engine.engine().handDownStep() > 0);
  }

  private void assertServedFromTheSsd() {
    long reads = engine.counter("backing.reads");
    assertThat(content()).isEqualTo(after);
    assertThat(engine.counter("backing.reads")).isEqualTo(reads);
  }

  private byte[] content() {
    CachedFile file = engine.open(NAME);
    byte[] content = engine.read(file, 0, BLOCK * BLOCK_COUNT);
    engine.close(file);
    return content;
  }

  private static byte[] filled(int value) {
    byte[] bytes = new byte[BLOCK * BLOCK_COUNT];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }
}
