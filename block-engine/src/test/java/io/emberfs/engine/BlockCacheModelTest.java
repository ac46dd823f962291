package io.emberfs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.testkit.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random operations on the block cache against a byte array per file, in the manner of fsx, but
 * with tiers that are too small, with changes behind the cache's back, and with restarts in
 * between.
 */
class BlockCacheModelTest {
  private static final int FILES = 3;
  private static final int SIZE_MAX = 300_000;
  private static final int OPERATIONS = 1_500;

  @ParameterizedTest(name = "block size {0}, RAM {1}, SSD {2}")
  @CsvSource({
    "65536, 4194304, 4194304",
    "65536, 524288, 1048576",
    "4096, 262144, 524288",
    "1048576, 16777216, 8388608",
    "65536, 0, 1048576",
    "65536, 524288, 0",
    "65536, 0, 0"
  })
  void everyReadEqualsTheModel(int blockSize, long ramBytes, long ssdBytes) {
    Seeds.check(random -> {
      try (EngineFixture engine = new EngineFixture(blockSize, ramBytes, ssdBytes)) {
        new Run(engine, random).operate(OPERATIONS);
      }
    });
  }

  @Test
  void theModelFindsAFenceThatIsOpen() {
    // The negative control: with the fence and the version check taken out, the very same run must
    // fail.
    List<Throwable> found = new ArrayList<>();
    for (long seed = 1; seed <= 20 && found.isEmpty(); seed++) {
      try (EngineFixture engine = EngineFixture.blindToChanges(65536, 4 << 20, 4 << 20)) {
        new Run(engine, Seeds.random(seed)).operate(OPERATIONS);
      } catch (AssertionError caught) {
        found.add(caught);
      }
    }
    assertThat(found).as("a run that must read stale bytes").isNotEmpty();
  }

  /** One run: the model and what is open. */
  private static final class Run {
    private final EngineFixture engine;
    private final RandomGenerator random;
    private final byte[][] model = new byte[FILES][];
    private final List<List<CachedFile>> open = new ArrayList<>();

    Run(EngineFixture engine, RandomGenerator random) {
      this.engine = engine;
      this.random = random;
      for (int file = 0; file < FILES; file++) {
        model[file] = bytes(random.nextInt(SIZE_MAX));
        engine.store().changeBehind(name(file), model[file]);
        open.add(new ArrayList<>());
      }
      engine.passYouth();
    }

    void operate(int count) {
      for (int i = 0; i < count; i++) {
        int file = random.nextInt(FILES);
        switch (random.nextInt(20)) {
          case 0 -> open(file);
          case 1 -> close(file);
          case 2, 3, 4, 5 -> write(file);
          case 6 -> truncate(file);
          case 7 -> changeBehind(file);
          case 8 -> engine.runRoles();
          case 9 -> engine.advanceMillis(random.nextInt(3_000));
          case 10 -> punch(file);
          case 11 -> copyRange(file, random.nextInt(FILES));
          case 12 -> restart(random.nextBoolean());
          case 13 -> engine.clear(random.nextBoolean() ? "ram" : "ssd");
          default -> read(file);
        }
      }
      for (int file = 0; file < FILES; file++) {
        assertThat(engine.store().contentOf(name(file))).isEqualTo(model[file]);
        while (!open.get(file).isEmpty()) {
          close(file);
        }
      }
    }

    private void open(int file) {
      if (open.get(file).size() < 3) {
        open.get(file).add(engine.open(name(file)));
      }
    }

    private void close(int file) {
      if (!open.get(file).isEmpty()) {
        engine.close(open.get(file).removeLast());
      }
    }

    private CachedFile handle(int file) {
      if (open.get(file).isEmpty()) {
        open(file);
      }
      return open.get(file).get(random.nextInt(open.get(file).size()));
    }

    private void read(int file) {
      int offset = random.nextInt(SIZE_MAX);
      int length = 1 + random.nextInt(random.nextBoolean() ? 8_192 : 200_000);
      byte[] got = engine.read(handle(file), offset, length);
      int from = Math.min(offset, model[file].length);
      int to = Math.min(offset + length, model[file].length);
      assertThat(got)
          .as("file %d, offset %d, length %d", file, offset, length)
          .isEqualTo(Arrays.copyOfRange(model[file], from, to));
    }

    private void write(int file) {
      int offset = random.nextInt(SIZE_MAX);
      byte[] data = bytes(1 + random.nextInt(random.nextBoolean() ? 5_000 : 150_000));
      engine.write(handle(file), offset, data);
      model[file] = Arrays.copyOf(model[file], Math.max(model[file].length, offset + data.length));
      System.arraycopy(data, 0, model[file], offset, data.length);
    }

    private void truncate(int file) {
      int size = random.nextInt(SIZE_MAX);
      engine.truncate(name(file), size);
      model[file] = Arrays.copyOf(model[file], size);
    }

    private void punch(int file) {
      int offset = random.nextInt(SIZE_MAX);
      int length = 1 + random.nextInt(100_000);
      engine.punch(handle(file), offset, length);
      int from = Math.min(offset, model[file].length);
      int to = Math.min(offset + length, model[file].length);
      Arrays.fill(model[file], from, to, (byte) 0);
    }

    private void copyRange(int source, int target) {
      if (source == target) {
        return;
      }
      int offset = random.nextInt(SIZE_MAX);
      int targetOffset = random.nextInt(SIZE_MAX);
      int length = 1 + random.nextInt(100_000);
      int n = (int) engine.copyRange(handle(source), offset, handle(target), targetOffset, length);
      int available = Math.max(0, Math.min(length, model[source].length - offset));
      assertThat(n).isEqualTo(available);
      if (n > 0) {
        model[target] =
            Arrays.copyOf(model[target], Math.max(model[target].length, targetOffset + n));
        System.arraycopy(model[source], offset, model[target], targetOffset, n);
      }
    }

    /**
     * Somebody else changes the file; what is open may be old until the next check, so let one
     * attribute lifetime pass.
     */
    private void changeBehind(int file) {
      if (random.nextBoolean() || model[file].length == 0) {
        model[file] = bytes(random.nextInt(SIZE_MAX));
        engine.store().changeBehind(name(file), model[file].clone());
      } else {
        int offset = random.nextInt(model[file].length);
        byte[] part = bytes(1 + random.nextInt(model[file].length - offset));
        System.arraycopy(part, 0, model[file], offset, part.length);
        engine.store().changeBehind(name(file), offset, part);
      }
      engine.passAttributeTtl();
    }

    private void restart(boolean clean) {
      for (int file = 0; file < FILES; file++) {
        while (!open.get(file).isEmpty()) {
          close(file);
        }
      }
      engine.restart(clean);
    }

    private byte[] bytes(int length) {
      byte[] data = new byte[length];
      // Half of it compresses.
      new Random(random.nextLong()).nextBytes(data);
      Arrays.fill(data, 0, length / 2, (byte) random.nextInt(256));
      return data;
    }

    private static String name(int file) {
      return "file" + file;
    }
  }
}
