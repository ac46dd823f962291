package io.emberfs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BackingException;
import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.Errno;
import io.emberfs.testkit.FaultyBackingStore.Operation;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What a backing that fails, or is slow at the wrong moment, must not do to the bytes: each of
 * these was found by a seed of the simulation.
 */
class EngineFaultTest {
  private static final int BLOCK = 8192;
  private static final int KNOWN_FILES_MAX = 100;
  private static final long SLOW_MILLIS = 2_500;

  private final EngineFixture engine = new EngineFixture(BLOCK, 1 << 20, 1 << 20);

  @AfterEach
  void close() {
    engine.faults().heal();
    engine.close();
  }

  @Test
  void aWriteThatCannotBeLookedAtAfterwardsLeavesNothingOld() {
    CachedFile file = openOld("f", bytes(1, 100));
    engine.read(file, 0, BLOCK);
    engine.faults().failAt(Operation.VERSION, 2, Errno.EIO);

    assertThatThrownBy(() -> engine.write(file, 0, bytes(2, 3000)))
        .isInstanceOf(BackingException.class);

    assertThat(engine.read(file, 0, BLOCK)).isEqualTo(bytes(2, 3000));
    engine.close(file);
  }

  @Test
  void blocksAreCachedAgainAfterAWriteThatCouldNotBeLookedAt() {
    CachedFile file = openOld("f", bytes(1, 3000));
    for (int look = 1; look <= 2; look++) {
      engine.faults().failAt(Operation.VERSION, look, Errno.EIO);
      assertThatThrownBy(() -> engine.write(file, 0, bytes(2, 3000)))
          .isInstanceOf(BackingException.class);
    }
    engine.passYouth();
    engine.read(file, 0, BLOCK);
    int reads = engine.faults().callsOf(Operation.READ);

    engine.read(file, 0, BLOCK);

    assertThat(engine.faults().callsOf(Operation.READ)).isEqualTo(reads);
    engine.close(file);
  }

  @Test
  void bytesThatASlowReadMissedAreSeenAfterTheTimeToLive() {
    engine.store().changeBehind("f", bytes(1, 3000));
    CachedFile file = engine.open("f");
    // The kernel has moved the times; the bytes of the foreign write come after the read.
    once(
        Operation.READ,
        () -> {
          engine.store().changeBehindKeepingVersion("f", 0, bytes(2, 3000));
          engine.advanceMillis(SLOW_MILLIS);
        });
    engine.read(file, 0, BLOCK);

    engine.passAttributeTtl();

    assertThat(engine.read(file, 0, BLOCK)).isEqualTo(bytes(2, 3000));
    engine.close(file);
  }

  @Test
  void aComparisonIsAsOldAsItsBeginning() {
    CachedFile file = openOld("f", bytes(1, 3000));
    engine.read(file, 0, BLOCK);
    engine.passAttributeTtl();
    once(
        Operation.VERSION,
        () -> {
          engine.store().changeBehind("f", bytes(2, 3000));
          engine.passAttributeTtl();
        });
    engine.read(file, 0, BLOCK);

    assertThat(engine.read(file, 0, BLOCK)).isEqualTo(bytes(2, 3000));
    engine.close(file);
  }

  @Test
  void aFileThatWasReadWhileYoungIsNotTrustedAfterItsStateWasForgotten() {
    engine.store().changeBehind("f", bytes(1, 3000));
    CachedFile file = engine.open("f");
    engine.read(file, 0, BLOCK);
    engine.close(file);
    engine.store().changeBehindKeepingVersion("f", 0, bytes(2, 3000));
    for (int other = 0; other < 3 * KNOWN_FILES_MAX; other++) {
      engine.store().changeBehind("other" + other, bytes(3, 10));
      engine.close(engine.open("other" + other));
    }
    engine.passYouth();

    CachedFile again = engine.open("f");

    assertThat(engine.read(again, 0, BLOCK)).isEqualTo(bytes(2, 3000));
    engine.close(again);
  }

  @Test
  void aReadThatATruncationOvertakesShowsNoZerosBehindTheNewEnd() {
    CachedFile file = openOld("f", bytes(1, 2 * BLOCK));
    engine.read(file, 0, 2 * BLOCK);
    engine.runRoles();
    engine.clear("ram");
    engine
        .ssd()
        .onNextIndexLook(() -> {
          engine.truncate("f", 2 * BLOCK - 100);
          engine.read(file, BLOCK, BLOCK);
        });

    byte[] got = engine.read(file, 0, 2 * BLOCK);

    assertThat(got).isEqualTo(bytes(1, 2 * BLOCK - 100));
    engine.close(file);
  }

  @Test
  void aFileThatCannotBeLookedAtDoesNotKeepTheOthersFromBeingChecked() {
    CachedFile first = openOld("f", bytes(1, 100));
    CachedFile second = openOld("g", bytes(1, 100));
    engine.store().changeBehind("f", bytes(2, 100));
    engine.store().changeBehind("g", bytes(2, 100));
    engine.passAttributeTtl();
    engine.faults().failAt(Operation.VERSION, 1, Errno.EIO);

    engine.engine().checkStep();

    assertThat(engine.counter("integrity.versionDrops")).isEqualTo(1);
    engine.close(first);
    engine.close(second);
  }

  private CachedFile openOld(String name, byte[] content) {
    engine.store().changeBehind(name, content);
    engine.passYouth();
    return engine.open(name);
  }

  /** Something that happens after the next call of an operation, before its caller hears of it. */
  private void once(Operation operation, Runnable event) {
    boolean[] done = new boolean[1];
    engine
        .faults()
        .after(
            operation,
            () -> {
              if (!done[0]) {
                done[0] = true;
                event.run();
              }
            });
  }

  private static byte[] bytes(int value, int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }
}
