package io.emberfs.engine.ram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Meters;
import io.emberfs.core.TierClosedException;
import io.emberfs.core.WriteFence;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.Lz4Codec;
import io.emberfs.engine.codec.NoneCodec;
import io.emberfs.testkit.FaultyCodec;
import io.emberfs.testkit.Seeds;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class RamTierReadTest {
  private final TestTier blocks = new TestTier(8 << 20, "lru");
  private final RamTier tier = blocks.tier;
  private final long whole = blocks.whole;

  @AfterEach
  void closeTier() {
    blocks.close();
  }

  @Test
  void anyRangeOfAPlainBlockIsRead() {
    blocks.insert(1, whole, 0);

    Seeds.check(random -> readRandomRanges(random, 1));
  }

  @Test
  void anyRangeOfACompressedBlockIsRead() {
    assertThat(blocks.offerCompressed(1, TestTier.GENERATION, whole)).isTrue();
    assertThat(tier.usedBytes()).isLessThan(emptyBytes() + 8 * blocks.geometry.granuleSize());

    Seeds.check(random -> readRandomRanges(random, 1));
  }

  @Test
  void onlyValidGranulesAreRead() {
    long granules = 0b1010_0000_1111_0010L;
    blocks.insert(1, granules, 0);
    blocks.offerCompressed(2, TestTier.GENERATION, granules);
    int granuleSize = blocks.geometry.granuleSize();

    for (long block = 1; block <= 2; block++) {
      for (int granule = 0; granule < blocks.geometry.granulesPerBlock(); granule++) {
        boolean isValid = (granules & 1L << granule) != 0;
        assertThat(blocks.readsRight(block, granule * granuleSize, granuleSize))
            .as("granule %d of block %d", granule, block)
            .isEqualTo(isValid);
      }
      assertThat(blocks.readsRight(block, 5 * granuleSize + 7, 2 * granuleSize)).isTrue();
      assertThat(blocks.readsRight(block, 7 * granuleSize + 7, granuleSize)).isFalse();
    }
  }

  @Test
  void anotherGenerationIsAMiss() {
    blocks.insert(1, TestTier.GENERATION - 1, whole, 0);

    assertThat(blocks.readsRight(1)).isFalse();
  }

  @Test
  void aPartlyValidBlockTakesWhatIsValid() {
    long before = tier.usedBytes();
    blocks.insert(1, 0b11, 0);

    assertThat(tier.usedBytes() - before)
        .isLessThan(3L * blocks.geometry.granuleSize())
        .isGreaterThanOrEqualTo(2L * blocks.geometry.granuleSize());
    assertThat(tier.logicalBytes()).isEqualTo(2L * blocks.geometry.granuleSize());
  }

  @Test
  void granulesAreAddedAndTakenOneByOne() {
    for (int granule = 0; granule < blocks.geometry.granulesPerBlock(); granule++) {
      assertThat(blocks.insert(1, 0b11L << granule & whole, 0)).isTrue();
    }
    assertThat(blocks.readsRight(1)).isTrue();

    tier.removeGranules(TestTier.FILE, 1, 0b100);

    assertThat(tier.validGranules(TestTier.FILE, 1, TestTier.GENERATION)).isEqualTo(whole & ~0b100);
    assertThat(blocks.readsRight(1)).isFalse();
    assertThat(blocks.readsRight(1, 0, 2 * blocks.geometry.granuleSize())).isTrue();
    tier.removeGranules(TestTier.FILE, 1, whole);
    assertThat(tier.blockCount()).isZero();
  }

  @Test
  void aBlockInTheMemoryOfAnotherLiesInARowLikeThatOne() {
    for (long block = 0; block < 5; block++) {
      blocks.insert(block, blocks.whole, 0);
      int slot = tier.table.find(TestTier.FILE, block);
      for (int granule = 1; granule < blocks.geometry.granulesPerBlock(); granule++) {
        assertThat(tier.table.page(slot, granule)).isEqualTo(tier.table.page(slot, 0) + granule);
      }
      tier.remove(TestTier.FILE, block);
    }
  }

  @Test
  void aCompressedBlockDeclinesAPartThatItHasNotAndIsMadePlainForTheNext() {
    blocks.offerCompressed(1, TestTier.GENERATION, 0xFF);

    assertThat(blocks.insert(1, 0xF00, 0)).isFalse();
    blocks.settle();

    assertThat(blocks.insert(1, 0xF00, 0)).isTrue();
    assertThat(tier.validGranules(TestTier.FILE, 1, TestTier.GENERATION)).isEqualTo(0xFFF);
    assertThat(blocks.readsRight(1, 0, 12 * blocks.geometry.granuleSize())).isTrue();
  }

  @Test
  void aBlockOfAnUnknownCodecIsDeclined() {
    try (Arena caller = Arena.ofConfined()) {
      MemorySegment stored = caller.allocate(100);

      assertThat(tier.offer(blocks.meta(1, 1, whole, 77, stored), stored)).isFalse();
    }
    assertThat(blocks.count("ram.declined")).isOne();
  }

  @Test
  void memoryThatCannotBeReadLeavesTheTierAsItWas() throws Exception {
    long before = tier.usedBytes();
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    try (Arena caller = Arena.ofConfined()) {
      MemorySegment raw = blocks.raw(1, 1, whole, caller);
      BlockMeta meta = blocks.meta(1, 1, whole, 0, raw);
      Thread stranger =
          Thread.ofPlatform()
              .uncaughtExceptionHandler((_, uncaught) -> thrown.set(uncaught))
              .start(() -> tier.insert(meta, raw, 0));
      stranger.join();
    }
    assertThat(thrown.get()).isInstanceOf(WrongThreadException.class);
    assertThat(tier.usedBytes()).isEqualTo(before);
  }

  @Test
  void anOwnWriteThatEndsWhileBytesAreCopiedKeepsThemOut() {
    AtomicInteger questions = new AtomicInteger();
    WriteFence raisedMeanwhile =
        new WriteFence() {
          @Override
          public long sequence() {
            return 0;
          }

          @Override
          public boolean isCurrent(long fileId, long blockIndex, long sequence) {
            return questions.incrementAndGet() == 1;
          }
        };
    RamTierSpec spec = new RamTierSpec(blocks.geometry, 8 << 20, "lru", CodecChoice.NONE);
    try (Arena caller = Arena.ofConfined();
        RamTier raced =
            new RamTier(
                spec, raisedMeanwhile, RamTier.Observer.NONE, new Meters(), Codecs.standard())) {
      long before = raced.usedBytes();
      MemorySegment raw = blocks.raw(1, TestTier.GENERATION, whole, caller);

      assertThat(raced.insert(blocks.meta(1, 1, whole, 0, raw), raw, 0)).isFalse();

      assertThat(questions).hasValue(2);
      assertThat(raced.blockCount()).isZero();
      assertThat(raced.usedBytes()).isEqualTo(before);
    }
  }

  @Test
  void aCompressedBlockThatDoesNotExpandIsDroppedAndCounted() {
    Codecs codecs = new Codecs(List.of(new NoneCodec(), new FaultyCodec(new Lz4Codec(), 0, 1)));
    try (TestTier faulty = new TestTier(8 << 20, "lru", codecs)) {
      faulty.offerCompressed(1, TestTier.GENERATION, whole);

      assertThat(faulty.readsRight(1)).isFalse();

      assertThat(faulty.tier.blockCount()).isZero();
      assertThat(faulty.count("integrity.checksumFailures")).isOne();
    }
  }

  @Test
  void aBlockIsFoundAmongManyThatShareNothingButTheTable() {
    for (long block = 0; block < 1500; block++) {
      assertThat(blocks.insert(block, 0b1, 0)).isTrue();
    }
    for (long block = 0; block < 1500; block++) {
      assertThat(blocks.readsRight(block, 0, 4096)).isTrue();
    }
    assertThat(tier.evictionCount()).isZero();
  }

  @Test
  void aPlainHitAllocatesNothing() {
    RamTierSpec spec = new RamTierSpec(blocks.geometry, 8 << 20, "default", CodecChoice.NONE);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Arena caller = Arena.ofConfined();
        RamTier quiet =
            new RamTier(
                spec, WriteFence.OPEN, RamTier.Observer.NONE, new Meters(), Codecs.standard())) {
      MemorySegment raw = blocks.raw(1, TestTier.GENERATION, whole, caller);
      quiet.insert(blocks.meta(1, TestTier.GENERATION, whole, 0, raw), raw, 0);
      MemorySegment target = caller.allocate(BlockGeometry.BLOCK_SIZE_DEFAULT);
      long leastAllocated = Long.MAX_VALUE;
      // More than one round: the compiler, when it gives up on a method, allocates in its name.
      for (int round = 0; round < 10; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        int hits = hits(quiet, 20_000, target);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(hits).isEqualTo(20_000);
        leastAllocated = Math.min(leastAllocated, allocated);
      }
      assertThat(leastAllocated).isZero();
    }
  }

  @Test
  void aFirstUseIsToldOnce() {
    blocks.insert(1, whole, RamTier.PREFETCHED);
    blocks.insert(2, whole, 0);

    blocks.readsRight(1);
    blocks.readsRight(1);
    blocks.readsRight(2);

    assertThat(blocks.firstUses).containsExactly(new BlockKey(TestTier.FILE, 1));
  }

  @Test
  void aReadOutsideTheBlockIsRefused() {
    MemorySegment target = MemorySegment.ofArray(new byte[1]);

    assertThatThrownBy(() -> tier.read(TestTier.FILE, 1, 1, 65_536, 1, target, 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void aReadAfterCloseIsRefused() {
    TestTier closed = new TestTier(8 << 20, "lru");
    closed.close();

    assertThatThrownBy(() -> closed.readsRight(1)).isInstanceOf(TierClosedException.class);
  }

  @Test
  void aBudgetWithoutRoomForABlockIsRefused() {
    assertThatThrownBy(() -> new TestTier(200_000, "lru"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65536");
  }

  private void readRandomRanges(RandomGenerator random, long block) {
    for (int round = 0; round < 300; round++) {
      int offset = random.nextInt(blocks.geometry.blockSize());
      int length = 1 + random.nextInt(blocks.geometry.blockSize() - offset);
      assertThat(blocks.readsRight(block, offset, length)).isTrue();
    }
  }

  private long emptyBytes() {
    return RamLayout.of(blocks.geometry, tier.capacityBytes(), "s3fifo").fixedBytes();
  }

  private static int hits(RamTier tier, int reads, MemorySegment target) {
    int hits = 0;
    for (int i = 0; i < reads; i++) {
      int offset = (i & 15) * 4096;
      if (tier.read(TestTier.FILE, 1, TestTier.GENERATION, offset, 4096, target, offset) > 0) {
        hits++;
      }
    }
    return hits;
  }
}
