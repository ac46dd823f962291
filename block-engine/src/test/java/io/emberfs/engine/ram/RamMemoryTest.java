package io.emberfs.engine.ram;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockMeta;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The budget is a hard one, whatever blocks come: index, slots and pages together. */
final class RamMemoryTest {
  private static final long MIB = 1 << 20;
  private static final long CAPACITY = 64 * MIB;

  /** What the Java heap may grow by meanwhile; a tenth of what slots of single pages take. */
  private static final long NOISE = 3 * MIB;

  @Test
  void noMixOfBlocksTakesMoreThanTheBudget() {
    Seeds.check(random -> {
      for (String policy : new String[] {"default", "lru", "lirs"}) {
        try (TestTier blocks = new TestTier(16 * MIB, policy)) {
          for (int phase = 0; phase < 12; phase++) {
            long bytes = random.nextInt(3) == 0 ? smaller(blocks.tier, random) : 16 * MIB;
            blocks.tier.resize(bytes);
            assertWithinBudget(blocks.tier);
            fill(blocks, random, random.nextInt(3), 1_000);
          }
        }
      }
    });
  }

  @Test
  void wholeBlocksTakeNearlyAllThatTheFixedPartLeaves() {
    try (TestTier blocks = new TestTier(CAPACITY, "default")) {
      long fixed = blocks.tier.usedBytes();
      for (long block = 0; blocks.tier.evictionCount() == 0; block++) {
        blocks.insert(block, blocks.whole, 0);
      }
      long bytesOfBlocks = (blocks.tier.blockCount() + 1) * blocks.geometry.blockSize();
      assertThat(bytesOfBlocks).isGreaterThan((long) (0.995 * (CAPACITY - fixed)));
    }
  }

  /** A slot keeps what it took, so pages that had been given to whole blocks must go for it. */
  @Test
  void memoryOfTheProcessGrowsByNoMoreThanTheBudget() throws IOException {
    for (int round = 0; round < 2; round++) {
      // The first round is for what Java needs itself.
      try (TestTier blocks = plain(4 * CAPACITY)) {
        long before = anonymousBytes();
        insert(blocks, 0, 5_000, blocks.whole);
        long afterWhole = anonymousBytes();
        insert(blocks, 5_000, 75_000, 1);
        long afterSingle = anonymousBytes();
        long resident = blocks.tier.residentBytes();
        assertThat(resident).isLessThanOrEqualTo(4 * CAPACITY);
        assertThat(blocks.tier.blockCount()).isGreaterThan(50_000);
        if (round == 1) {
          assertThat(afterWhole - before).isBetween(3 * CAPACITY, 4 * CAPACITY + NOISE);
          assertThat(afterSingle - before).isBetween(3 * CAPACITY, resident + NOISE);
        }
      }
    }
  }

  private static TestTier plain(long capacity) {
    return new TestTier(capacity, "default", Codecs.standard(), CodecChoice.NONE);
  }

  private static long smaller(RamTier tier, RandomGenerator random) {
    long least = tier.capacityBytesMin();
    return least + random.nextLong(16 * MIB - least);
  }

  private static void fill(TestTier blocks, RandomGenerator random, int kind, int count) {
    for (int i = 0; i < count; i++) {
      long block = random.nextInt(6_000);
      long granules =
          switch (kind) {
            case 0 -> blocks.whole;
            case 1 -> 1L << random.nextInt(16);
            default -> 1 + random.nextLong(blocks.whole);
          };
      switch (random.nextInt(12)) {
        case 0 -> blocks.tier.remove(TestTier.FILE, block);
        case 1 -> blocks.offerCompressed(block, TestTier.GENERATION, granules);
        case 2 -> blocks.tier.maintain();
        default -> blocks.insert(block, granules, 0);
      }
      assertWithinBudget(blocks.tier);
    }
  }

  private static void assertWithinBudget(RamTier tier) {
    assertThat(tier.usedBytes()).isLessThanOrEqualTo(tier.residentBytes());
    assertThat(tier.residentBytes()).isLessThanOrEqualTo(tier.capacityBytes());
  }

  private static void insert(TestTier blocks, long first, int count, long granules) {
    try (Arena caller = Arena.ofConfined()) {
      MemorySegment raw = blocks.raw(first, TestTier.GENERATION, granules, caller);
      for (long block = first; block < first + count; block++) {
        BlockMeta meta = blocks.meta(block, TestTier.GENERATION, granules, 0, raw);
        assertThat(blocks.tier.insert(meta, raw, 0)).isTrue();
      }
    }
  }

  /** Memory of this process that is no file's, and has been touched. */
  private static long anonymousBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("RssAnon:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("the kernel does not say what is resident");
  }
}
