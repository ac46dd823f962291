package io.emberfs.engine.ram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockMeta;
import io.emberfs.engine.codec.BlockChecksum;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.GzipCodec;
import io.emberfs.engine.codec.Lz4Codec;
import io.emberfs.engine.codec.NoneCodec;
import io.emberfs.engine.codec.SnappyCodec;
import io.emberfs.engine.codec.ZstdCodec;
import io.emberfs.testkit.FaultyCodec;
import io.emberfs.testkit.Seeds;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class RamTierUpkeepTest {
  private final Arena arena = Arena.ofConfined();
  private final TestTier blocks = new TestTier(8 << 20, "lru");
  private final RamTier tier = blocks.tier;
  private final long whole = blocks.whole;
  private final MemorySegment lower = arena.allocate(blocks.geometry.blockSize());

  @AfterEach
  void closeTier() {
    blocks.close();
    arena.close();
  }

  @Test
  void upkeepKeepsPagesFree() {
    fill();
    long evictions = tier.evictionCount();

    blocks.settle();

    assertThat(tier.evictionCount()).isGreaterThan(evictions);
    long free = tier.capacityBytes() - tier.usedBytes();
    assertThat(free).isGreaterThan(tier.capacityBytes() / 40);
    assertThat(tier.maintain()).isZero();
  }

  @Test
  void aUsedBlockThatWouldLeaveStaysCompressed() {
    long last = fill();
    long first = oldest();
    useAll(last);

    blocks.settle();

    assertThat(blocks.count("ram.warmed")).isPositive();
    for (long block = first; block <= last; block++) {
      assertThat(blocks.readsRight(block)).as("block %d", block).isTrue();
    }
  }

  /** It came in time, and nobody came back to it: so a scan would keep all that it passes. */
  @Test
  void theFirstUseOfAPrefetchedBlockDoesNotKeepItWarm() {
    long block = 0;
    while (tier.evictionCount() == 0) {
      blocks.insert(block, whole, RamTier.PREFETCHED);
      blocks.readsRight(block, 0, 1);
      block++;
    }

    blocks.settle();

    assertThat(blocks.count("ram.warmed")).isZero();
    useAll(block - 1);
    insertUnused(block, 50);
    assertThat(blocks.count("ram.warmed")).isPositive();
  }

  @Test
  void anyCodecKeepsWarmBlocksAndTheirBytes() {
    for (int codec : new int[] {Lz4Codec.ID, ZstdCodec.ID, GzipCodec.ID, SnappyCodec.ID}) {
      try (Codecs codecs = Codecs.standard();
          TestTier warm = new TestTier(8 << 20, "lru", codecs, CodecChoice.of(codec))) {
        long last = fill(warm);
        useAll(warm, last);
        warm.settle();

        assertThat(warm.count("ram.warmed")).as("codec %d", codec).isPositive();
        assertThat(warm.count("compress.kept")).isGreaterThanOrEqualTo(warm.count("ram.warmed"));
        warm.tier.forEachMeta(meta -> {
          assertThat(warm.readsRight(meta.blockIndex())).isTrue();
          assertThat(meta.codecId()).isIn(NoneCodec.ID, codec);
          return true;
        });
      }
    }
  }

  @Test
  void withoutACodecNothingIsKeptWarm() {
    try (TestTier cold = new TestTier(8 << 20, "lru", Codecs.standard(), CodecChoice.NONE)) {
      useAll(cold, fill(cold));
      cold.settle();

      assertThat(cold.tier.evictionCount()).isPositive();
      assertThat(cold.count("ram.warmed")).isZero();
      assertThat(cold.count("compress.tried")).isZero();
    }
  }

  @Test
  void aCompressedBlockLeavesTheNextTime() {
    long last = fill();
    useAll(last);
    long end = insertUnused(last + 1, 400);
    long warmed = blocks.count("ram.warmed");
    assertThat(warmed).isPositive().isLessThanOrEqualTo(last + 1);

    insertUnused(end, 100);

    assertThat(blocks.count("ram.warmed")).isEqualTo(warmed);
    assertThat(blocks.readsRight(last)).isFalse();
  }

  @Test
  void aBlockThatDoesNotShrinkLeaves() {
    byte[] noise = new byte[blocks.geometry.blockSize()];
    Seeds.random(3).nextBytes(noise);
    MemorySegment raw = arena.allocate(noise.length).copyFrom(MemorySegment.ofArray(noise));
    long block = 0;
    while (tier.evictionCount() == 0) {
      tier.insert(blocks.meta(block, TestTier.GENERATION, whole, 0, raw), raw, 0);
      block++;
    }
    for (long used = 0; used < block; used++) {
      tier.read(TestTier.FILE, used, TestTier.GENERATION, 0, 1, lower, 0);
    }

    blocks.settle();

    assertThat(blocks.count("ram.warmed")).isZero();
    assertThat(tier.maintain()).isZero();
  }

  @Test
  void aCompressedBlockUsedTwiceIsPlainAgain() {
    blocks.offerCompressed(1, TestTier.GENERATION, whole);
    long usedBytes = tier.usedBytes();

    for (int use = 0; use < 2; use++) {
      assertThat(blocks.readsRight(1)).isTrue();
      blocks.settle();
    }

    assertThat(blocks.count("ram.expanded")).isOne();
    assertThat(tier.usedBytes()).isGreaterThan(usedBytes);
    assertThat(blocks.readsRight(1)).isTrue();
  }

  @Test
  void unsavedBlocksAreHandedDownOnceInOrder() {
    blocks.insert(1, whole, 0);
    blocks.insert(2, whole, RamTier.TRANSIENT);
    blocks.insert(3, whole, RamTier.SAVED);
    blocks.offerCompressed(4, TestTier.GENERATION, whole);
    blocks.insert(5, 0b101, RamTier.PREFETCHED);

    assertThat(handedDown()).containsExactly(1L, 4L, 5L);
    assertThat(handedDown()).isEmpty();
  }

  @Test
  void whatIsAddedToASavedBlockIsHandedDown() {
    blocks.insert(1, 0b001, RamTier.SAVED);
    assertThat(handedDown()).isEmpty();

    blocks.insert(1, 0b010, 0);

    assertThat(takeUnsaved().validGranules()).isEqualTo(0b011);
    assertThat(handedDown()).isEmpty();
  }

  @Test
  void aBlockWithTransientGranulesIsNeverHandedDown() {
    blocks.insert(1, 0b001, 0);

    blocks.insert(1, 0b010, RamTier.TRANSIENT);

    assertThat(handedDown()).isEmpty();
    assertThat(blocks.readsRight(1, 0, 2 * blocks.geometry.granuleSize())).isTrue();
  }

  @Test
  void sureBytesTakeThePlaceOfTransientOnes() {
    MemorySegment unsure = arena.allocate(blocks.geometry.blockSize());
    BlockMeta meta = blocks.meta(1, TestTier.GENERATION, whole, 0, unsure);
    tier.insert(meta, unsure, RamTier.TRANSIENT);

    blocks.insert(1, 0b11, 0);

    assertThat(tier.validGranules(TestTier.FILE, 1, TestTier.GENERATION)).isEqualTo(0b11);
    assertThat(blocks.readsRight(1, 0, 2 * blocks.geometry.granuleSize())).isTrue();
    assertThat(handedDown()).containsExactly(1L);
  }

  @Test
  void aBlockThatLeavesBeforeItIsHandedDownIsForgotten() {
    blocks.insert(1, whole, 0);
    blocks.insert(2, whole, 0);
    tier.remove(TestTier.FILE, 1);
    blocks.insert(3, whole, 0); // takes the slot of the first

    assertThat(handedDown()).containsExactlyInAnyOrder(2L, 3L);
  }

  @Test
  void whatIsHandedDownIsNoYoungerThanItsOldestPart() {
    long before = blocks.fence.sequence();
    blocks.insert(1, 0b001, 0);
    blocks.fence.raise(TestTier.FILE, 99);
    blocks.insert(1, 0b010, 0);

    assertThat(takeUnsaved().writeSequence()).isEqualTo(before);
  }

  @Test
  void evictionsOfUnsavedBlocksAreCounted() {
    blocks.insert(1, whole, RamTier.SAVED);
    blocks.insert(2, whole, 0);
    takeUnsaved();
    fill();

    long unsaved = blocks.count("ram.evictedUnsaved");

    assertThat(tier.evictionCount()).isGreaterThan(2);
    assertThat(unsaved).isEqualTo(tier.evictionCount() - 2);
  }

  @Test
  void prefetchedBlocksEvictedUnusedAreToldOnce() {
    blocks.insert(1001, whole, RamTier.PREFETCHED);
    blocks.insert(1002, whole, RamTier.PREFETCHED);
    blocks.readsRight(1002);
    fill();
    fill();

    assertThat(blocks.evictedUnused).containsExactly(new BlockKey(TestTier.FILE, 1001));
    assertThat(blocks.firstUses).containsExactly(new BlockKey(TestTier.FILE, 1002));
  }

  @Test
  void aPrefetchedBlockThatIsAskedForBeyondWhatWasFetchedIsUsed() {
    blocks.insert(1, 0b001, RamTier.PREFETCHED);

    blocks.insert(1, 0b010, 0);
    blocks.readsRight(1, 0, 100);

    assertThat(blocks.firstUses).containsExactly(new BlockKey(TestTier.FILE, 1));
  }

  @Test
  void scrubFindsBytesThatChangedAtRest() {
    blocks.insert(1, whole, 0);
    blocks.insert(2, 0b111, 0);
    blocks.offerCompressed(3, TestTier.GENERATION, whole);
    damage(2);
    damage(3);
    List<Long> damaged = new ArrayList<>();

    while (tier.scrub(Long.MAX_VALUE, (_, block) -> damaged.add(block)) > 0) {
      // until the round is complete
    }

    assertThat(damaged).containsExactlyInAnyOrder(2L, 3L);
    assertThat(blocks.count("integrity.checksumFailures")).isEqualTo(2);
    assertThat(tier.blockCount()).isOne();
  }

  @Test
  void bytesThatChangedAtRestAreNotHandedDown() {
    blocks.insert(1, whole, 0);
    damage(1);

    assertThat(handedDown()).isEmpty();
    assertThat(blocks.count("integrity.checksumFailures")).isOne();
  }

  @Test
  void aCompressedBlockWithAChangedByteIsAMiss() {
    blocks.offerCompressed(1, TestTier.GENERATION, whole);
    damage(1);

    assertThat(blocks.readsRight(1)).isFalse();
    assertThat(tier.blockCount()).isZero();
  }

  @Test
  void wrongBytesFromACodecShowInTheseTests() {
    Codecs codecs = new Codecs(List.of(new NoneCodec(), new FaultyCodec(new Lz4Codec(), 1, 0)));
    try (TestTier faulty = new TestTier(8 << 20, "lru", codecs)) {
      long block = 0;
      while (faulty.tier.evictionCount() == 0) {
        faulty.insert(block, whole, 0);
        assertThat(faulty.readsRight(block)).isTrue();
        block++;
      }
      faulty.settle();
      assertThat(faulty.count("ram.warmed")).isPositive();

      // The checksum is right for what was stored, the bytes are not those that came in.
      assertThatThrownBy(() -> readAll(faulty)).isInstanceOf(AssertionError.class);
    }
  }

  @Test
  void aSmallerBudgetGivesMemoryBackAndALargerOneTakesItAgain() {
    long last = fill();

    tier.resize(2 << 20);
    assertThat(tier.usedBytes()).isLessThanOrEqualTo(2 << 20);
    assertThat(blocks.readsRight(last)).isTrue();
    blocks.insert(last + 1, whole, 0);
    assertThat(tier.usedBytes()).isLessThanOrEqualTo(2 << 20);

    tier.resize(8 << 20);
    long evictions = tier.evictionCount();
    for (long block = last + 2; block < last + 62; block++) {
      assertThat(blocks.insert(block, whole, 0)).isTrue();
    }
    for (long block = last + 1; block < last + 62; block++) {
      assertThat(blocks.readsRight(block)).isTrue();
    }
    assertThat(tier.evictionCount()).isEqualTo(evictions);
  }

  @Test
  void aBudgetBeyondTheReservedOneIsRefused() {
    assertThatThrownBy(() -> tier.resize((8 << 20) + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void blocksAreVisitedMostValuableFirst() {
    blocks.insert(1, whole, 0);
    blocks.insert(2, whole, 0);
    blocks.insert(3, whole, 0);
    blocks.readsRight(1);
    blocks.settle();

    List<Long> visited = new ArrayList<>();
    tier.forEachMeta(meta -> visited.add(meta.blockIndex()));

    assertThat(visited).containsExactly(1L, 3L, 2L);
  }

  /** Inserts blocks until some are evicted; returns the last. */
  private long fill() {
    return fill(blocks);
  }

  private static long fill(TestTier blocks) {
    RamTier tier = blocks.tier;
    long whole = blocks.whole;
    long evictions = tier.evictionCount();
    long block = 0;
    do {
      blocks.insert(block++, whole, 0);
    } while (tier.evictionCount() < evictions + 3 || block < 150);
    return block - 1;
  }

  private long insertUnused(long first, int count) {
    for (long block = first; block < first + count; block++) {
      blocks.insert(block, whole, 0);
      blocks.settle();
    }
    return first + count;
  }

  private long oldest() {
    return oldest(blocks);
  }

  private static long oldest(TestTier blocks) {
    List<Long> visited = new ArrayList<>();
    blocks.tier.forEachMeta(meta -> visited.add(meta.blockIndex()));
    return visited.getLast();
  }

  private void useAll(long last) {
    useAll(blocks, last);
  }

  private static void useAll(TestTier blocks, long last) {
    for (long block = oldest(blocks); block <= last; block++) {
      blocks.readsRight(block, 0, 8);
    }
  }

  private static void readAll(TestTier tier) {
    List<Long> visited = new ArrayList<>();
    tier.tier.forEachMeta(meta -> visited.add(meta.blockIndex()));
    visited.forEach(tier::readsRight);
  }

  private void damage(long block) {
    int slot = tier.table.find(TestTier.FILE, block);
    int page = tier.table.page(slot, 0);
    MemorySegment other = arena.allocate(1).fill((byte) 0x77);
    tier.pages.fill(page, other, 0, 1);
  }

  private BlockMeta takeUnsaved() {
    BlockMeta meta = Objects.requireNonNull(tier.takeUnsaved(lower), "nothing is unsaved");
    MemorySegment stored = lower.asSlice(0, meta.storedSize());
    assertThat(BlockChecksum.of(stored)).isEqualTo(meta.checksum());
    return meta;
  }

  private List<Long> handedDown() {
    List<Long> taken = new ArrayList<>();
    for (BlockMeta meta = tier.takeUnsaved(lower); meta != null; meta = tier.takeUnsaved(lower)) {
      assertThat(BlockChecksum.of(lower.asSlice(0, meta.storedSize()))).isEqualTo(meta.checksum());
      taken.add(meta.blockIndex());
    }
    return taken;
  }
}
