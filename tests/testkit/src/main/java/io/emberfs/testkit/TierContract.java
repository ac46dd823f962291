package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockLease;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Lookup;
import io.emberfs.core.Tier;
import io.emberfs.core.TierClosedException;
import io.emberfs.core.WriteFence;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Tier} promises, one sentence of its docstring after the other. An
 * implementation extends this class beside its own tests and says how to make a tier; {@link
 * #keepsPartialBlocks} and the two sizes are its ways to say what it is.
 */
public abstract class TierContract {
  protected static final long FILE = 7;
  protected static final long GENERATION = 3;
  private static final int CODEC_LZ4 = 1;

  private final FakeWriteFence fence = new FakeWriteFence();
  private final BlockGeometry geometry = geometry();
  private final TestBlocks blocks = new TestBlocks(geometry);
  private final long whole = geometry.fullMask();
  private final Arena arena = Arena.ofShared();
  private Tier tier;
  private TierProbe probe;

  /** Makes an empty tier; the suite closes it. */
  protected abstract Tier create(BlockGeometry geometry, long capacityBytes, WriteFence fence)
      throws Exception;

  /** Whether blocks with some granules only are kept; else such offers must be declined. */
  protected boolean keepsPartialBlocks() {
    return true;
  }

  /** The geometry of the suite; at least three granules in a block. */
  protected BlockGeometry geometry() {
    return new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT);
  }

  /** A budget in which at least 32 whole blocks fit. */
  protected long capacityBytes() {
    return 8L << 20;
  }

  @BeforeEach
  void createTier() throws Exception {
    tier = create(geometry, capacityBytes(), fence);
    probe = new TierProbe(tier, geometry, fence);
  }

  @AfterEach
  void closeTier() {
    tier.close();
    arena.close();
  }

  @Test
  void anEmptyTierMissesAndUsesNothing() {
    assertThat(tier.name()).isNotBlank();
    assertThat(tier.capacityBytes()).isEqualTo(capacityBytes());
    assertThat(tier.blockCount()).isZero();
    assertThat(tier.logicalBytes()).isZero();
    assertThat(tier.evictionCount()).isZero();
    assertThat(tier.usedBytes()).isBetween(0L, capacityBytes());
    assertThat(tier.validGranules(FILE, 0, GENERATION)).isZero();
    assertMiss(0, 0);
  }

  @Test
  void anAcceptedBlockIsFoundWithItsMetaAndBytes() {
    BlockMeta meta = accept(5, GENERATION, whole);

    try (BlockLease lease = hit(5, whole)) {
      assertThat(lease.meta()).isEqualTo(meta);
      blocks.assertRight(lease);
      assertThat(lease.stored().isReadOnly()).isTrue();
    }
    assertThat(tier.blockCount()).isOne();
    assertThat(tier.logicalBytes()).isEqualTo(geometry.blockSize());
    assertMiss(4, 0);
    assertThat(tier.lookup(FILE + 1, 5, 0)).isInstanceOf(Lookup.Miss.class);
  }

  @Test
  void storedBytesMayHaveAnySizeAndAlignment() {
    for (int size :
        new int[] {1, 2, 63, 4095, 4097, geometry.blockSize() - 1, geometry.blockSize()}) {
      byte[] stored = new byte[size];
      Seeds.random(size).nextBytes(stored);
      BlockMeta meta =
          compressed(blocks.meta(FILE, size, GENERATION, whole, fence.sequence(), stored));
      MemorySegment unaligned = arena.allocate(size + 1L).asSlice(1);
      unaligned.copyFrom(MemorySegment.ofArray(stored));

      assertThat(tier.offer(meta, unaligned)).as("offer of %d bytes", size).isTrue();
      unaligned.fill((byte) 0x5A); // the caller's memory again

      try (BlockLease lease = hit(size, whole)) {
        assertThat(lease.meta()).isEqualTo(meta);
        assertThat(lease.stored().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(stored);
      }
    }
  }

  @Test
  void theLowestAndHighestNumbersAreOrdinaryNames() {
    for (long file : new long[] {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE}) {
      for (long block : new long[] {0, 1, Long.MAX_VALUE}) {
        BlockMeta meta = blocks.meta(file, block, GENERATION, whole, fence.sequence());
        assertThat(probe.offer(meta, blocks.bytes(file, block, GENERATION, whole))).isTrue();
        try (BlockLease lease = probe.hit(file, block, whole)) {
          assertThat(lease.meta()).isEqualTo(meta);
          blocks.assertRight(lease);
        }
      }
    }
  }

  @Test
  void aBlockWithoutAllWantedGranulesIsAMiss() {
    long granules = 0b101;
    boolean kept = offer(1, GENERATION, granules);
    assertThat(kept).isEqualTo(keepsPartialBlocks());
    if (kept) {
      hit(1, 0).close();
      hit(1, 0b100).close();
      hit(1, granules).close();
      assertThat(tier.logicalBytes()).isEqualTo(geometry.rawSize(granules));
    }
    assertMiss(1, 0b010);
    assertMiss(1, whole);
  }

  @Test
  void validGranulesAnswersForOneGenerationOnly() {
    accept(2, GENERATION, whole);

    assertThat(tier.validGranules(FILE, 2, GENERATION)).isEqualTo(whole);
    assertThat(tier.validGranules(FILE, 2, GENERATION - 1)).isZero();
    assertThat(tier.validGranules(FILE, 2, GENERATION + 1)).isZero();
    assertThat(tier.validGranules(FILE, 3, GENERATION)).isZero();
  }

  @Test
  void lookupAllAnswersEachKeyOnce() {
    accept(0, GENERATION, whole);
    accept(2, GENERATION, whole);
    List<BlockKey> keys = List.of(key(0), key(1), key(2), key(9));
    Map<BlockKey, Boolean> hits = new HashMap<>();

    tier.lookupAll(
        keys,
        new long[] {whole, whole, 0, 0},
        (key, lookup) -> {
          boolean isHit = lookup instanceof Lookup.Hit;
          if (isHit) {
            try (BlockLease lease = TierProbe.hit(lookup)) {
              assertThat(lease.meta().blockIndex()).isEqualTo(key.blockIndex());
              blocks.assertRight(lease);
            }
          }
          assertThat(hits.put(key, isHit)).as("second answer for %s", key).isNull();
        });

    assertThat(hits).isEqualTo(Map.of(key(0), true, key(1), false, key(2), true, key(9), false));
  }

  @Test
  void aPartOfWhatIsThereTakesNothingAway() {
    accept(1, GENERATION, whole);

    offer(1, GENERATION, 0b10);

    probe.assertHit(FILE, 1, GENERATION, whole);
  }

  @Test
  void anOfferThatCoversWhatIsThereReplacesIt() {
    offer(1, GENERATION, 0b110);

    accept(1, GENERATION, whole);

    probe.assertHit(FILE, 1, GENERATION, whole);
    assertThat(tier.blockCount()).isOne();
    assertThat(tier.logicalBytes()).isEqualTo(geometry.blockSize());
  }

  @Test
  void anOfferOfOtherGranulesIsUnitedOrDeclined() {
    boolean first = offer(1, GENERATION, 0b001);

    boolean second = offer(1, GENERATION, 0b110);

    long expected = (first ? 0b001 : 0) | (second ? 0b110 : 0);
    assertThat(tier.validGranules(FILE, 1, GENERATION)).isEqualTo(expected);
    if (expected != 0) {
      probe.assertHit(FILE, 1, GENERATION, expected);
    }
  }

  @Test
  void aBlockOfANewerGenerationReplacesTheOlder() {
    accept(1, GENERATION, whole);

    accept(1, GENERATION + 1, whole);

    probe.assertHit(FILE, 1, GENERATION + 1, whole);
    assertThat(tier.blockCount()).isOne();
    assertThat(tier.validGranules(FILE, 1, GENERATION)).isZero();
  }

  @Test
  void aBlockOfAnOlderGenerationIsNeverUnitedWithTheNewer() {
    accept(1, GENERATION, whole);

    boolean accepted = offer(1, GENERATION - 1, whole);

    probe.assertHit(FILE, 1, accepted ? GENERATION - 1 : GENERATION, whole);
  }

  @Test
  void anOfferOlderThanAnOwnWriteIsDeclinedAndChangesNothing() {
    accept(1, GENERATION, whole);
    long usedBytes = tier.usedBytes();
    BlockMeta late = blocks.meta(FILE, 2, GENERATION, whole, fence.sequence());
    BlockMeta lateReplacement = blocks.meta(FILE, 1, GENERATION + 1, whole, fence.sequence());
    fence.raise(FILE, 1);
    fence.raise(FILE, 2);

    assertThat(probe.offer(late, blocks.bytes(FILE, 2, GENERATION, whole))).isFalse();
    assertThat(probe.offer(lateReplacement, blocks.bytes(FILE, 1, GENERATION + 1, whole)))
        .isFalse();

    assertMiss(2, 0);
    probe.assertHit(FILE, 1, GENERATION, whole);
    assertThat(tier.usedBytes()).isEqualTo(usedBytes);
    assertThat(tier.blockCount()).isOne();
  }

  @Test
  void aRemovedBlockIsNotFound() {
    accept(1, GENERATION, whole);
    accept(2, GENERATION, whole);

    tier.remove(FILE, 1);
    tier.remove(FILE, 99);

    assertMiss(1, 0);
    assertThat(tier.validGranules(FILE, 1, GENERATION)).isZero();
    hit(2, whole).close();
    assertThat(tier.blockCount()).isOne();
    assertThat(tier.logicalBytes()).isEqualTo(geometry.blockSize());
    accept(1, GENERATION, whole);
    hit(1, whole).close();
  }

  @Test
  void removeFromDropsTheTailOfOneFile() {
    for (long block = 0; block < 6; block++) {
      accept(block, GENERATION, whole);
    }
    probe.accept(FILE + 1, 4, GENERATION, whole);

    tier.removeFrom(FILE, 3);

    assertThat(probe.keys())
        .containsExactlyInAnyOrder(key(0), key(1), key(2), new BlockKey(FILE + 1, 4));
    assertMiss(3, 0);
    assertMiss(5, 0);
    hit(2, whole).close();
    tier.removeFrom(FILE, 0);
    assertThat(probe.keys()).containsExactly(new BlockKey(FILE + 1, 4));
  }

  @Test
  void clearDropsEverything() {
    accept(1, GENERATION, whole);
    accept(2, GENERATION, whole);

    tier.clear();

    assertMiss(1, 0);
    assertMiss(2, 0);
    assertThat(tier.blockCount()).isZero();
    assertThat(tier.logicalBytes()).isZero();
    accept(1, GENERATION, whole);
    hit(1, whole).close();
  }

  @Test
  void aLeaseKeepsTheBytesInPlaceUntilItIsClosed() throws Exception {
    accept(1, GENERATION, whole);
    accept(2, GENERATION, whole);
    try (BlockLease removed = hit(1, whole);
        BlockLease replaced = hit(2, whole)) {
      tier.remove(FILE, 1);
      offer(2, GENERATION + 1, whole);
      for (long block = 100; block < 100 + 2 * capacityBytes() / geometry.blockSize(); block++) {
        offer(block, GENERATION, whole);
      }

      blocks.assertRight(removed);
      blocks.assertRight(replaced);
      assertThat(replaced.meta().fileGeneration()).isEqualTo(GENERATION);
    }
  }

  @Test
  void theBudgetHoldsAndNewBlocksStillFindRoom() {
    long blockCount = 4 * capacityBytes() / geometry.blockSize();
    for (long block = 0; block < blockCount; block++) {
      offer(block, GENERATION, whole);
      assertThat(tier.usedBytes()).isLessThanOrEqualTo(tier.capacityBytes());
    }

    assertThat(tier.evictionCount()).isPositive();
    assertThat(tier.blockCount()).isPositive().isEqualTo(probe.keys().size());
    assertThat(tier.logicalBytes()).isEqualTo(tier.blockCount() * geometry.blockSize());
    for (BlockKey found : probe.keys()) {
      probe.assertHit(FILE, found.blockIndex(), GENERATION, whole);
    }
  }

  @Test
  void resizeEvictsBeforeItReturns() {
    for (long block = 0; block < 32; block++) {
      accept(block, GENERATION, whole);
    }

    tier.resize(capacityBytes() / 8);

    assertThat(tier.capacityBytes()).isEqualTo(capacityBytes() / 8);
    assertThat(tier.usedBytes()).isLessThanOrEqualTo(capacityBytes() / 8);
    for (BlockKey found : probe.keys()) {
      probe.assertHit(FILE, found.blockIndex(), GENERATION, whole);
    }
    tier.resize(capacityBytes());
    assertThat(tier.capacityBytes()).isEqualTo(capacityBytes());
    accept(200, GENERATION, whole);
    hit(200, whole).close();
  }

  @Test
  void forEachMetaVisitsEveryBlockOnceAndStopsWhenTold() {
    List<BlockMeta> accepted = new ArrayList<>();
    for (long block = 0; block < 5; block++) {
      accepted.add(accept(block, GENERATION, whole));
    }
    List<BlockMeta> visited = new ArrayList<>();
    tier.forEachMeta(visited::add);
    assertThat(visited).containsExactlyInAnyOrderElementsOf(accepted);

    visited.clear();
    tier.forEachMeta(meta -> {
      visited.add(meta);
      return visited.size() < 2;
    });
    assertThat(visited).hasSize(2);
  }

  @Test
  void scrubVerifiesEveryBlockOnceARoundAndNamesNoHealthyOne() {
    for (long block = 0; block < 5; block++) {
      accept(block, GENERATION, whole);
    }
    ScrubProbe scrub = new ScrubProbe(tier, geometry, fence);

    scrub.verifiesEachBlockOnceARound(1, 2);
    scrub.verifiesEachBlockOnceARound(Long.MAX_VALUE, 2);
  }

  @Test
  void scrubDropsAndNamesADamagedBlock() {
    accept(1, GENERATION, whole);
    BlockMeta right = blocks.meta(FILE, 2, GENERATION, whole, fence.sequence());
    byte[] damaged = blocks.bytes(FILE, 2, GENERATION, whole);
    damaged[damaged.length / 2] ^= 0x10;
    boolean accepted = probe.offer(right, damaged);

    List<BlockKey> named = new ScrubProbe(tier, geometry, fence).damagedInARound();

    assertThat(named).isEqualTo(accepted ? List.of(key(2)) : List.of());
    assertMiss(2, 0);
    hit(1, whole).close();
  }

  @Test
  void scrubNamesNoBlockThatIsBeingReplaced() {
    Seeds.check(random ->
        new ScrubProbe(tier, geometry, fence).namesNoBlockThatIsBeingReplaced(random, 600));
  }

  @Test
  void flushKeepsWhatIsThere() {
    accept(1, GENERATION, whole);

    tier.flush();

    probe.assertHit(FILE, 1, GENERATION, whole);
  }

  @Test
  void afterCloseEveryCallButCloseThrows() {
    BlockMeta meta = accept(1, GENERATION, whole);
    MemorySegment stored = arena.allocate(geometry.blockSize());

    tier.close();
    tier.close();

    List<Runnable> calls =
        List.of(
            () -> tier.lookup(FILE, 1, 0),
            () -> tier.lookupAll(List.of(key(1)), new long[1], (_, _) -> {}),
            () -> tier.validGranules(FILE, 1, GENERATION),
            () -> tier.offer(meta, stored),
            () -> tier.remove(FILE, 1),
            () -> tier.removeFrom(FILE, 0),
            () -> tier.scrub(1, this::failDamaged),
            () -> tier.resize(capacityBytes()),
            () -> tier.clear(),
            () -> tier.forEachMeta(_ -> true),
            () -> tier.flush());
    for (int i = 0; i < calls.size(); i++) {
      assertThatThrownBy(calls.get(i)::run)
          .as("call %d", i)
          .isInstanceOf(TierClosedException.class);
    }
  }

  @Test
  void noLateInsertOutlivesAnOwnWrite() {
    Seeds.check(random -> new LateInsertRace(tier, geometry, fence, random).run(400));
  }

  @Test
  void anyOrderOfCallsServesRightBytesOnly() {
    Seeds.check(random -> new TierModel(tier, geometry, fence, random).run(600, capacityBytes()));
  }

  /** The same from a codec: only what a codec made may have another size than the raw bytes. */
  private static BlockMeta compressed(BlockMeta meta) {
    return new BlockMeta(
        meta.fileId(),
        meta.blockIndex(),
        meta.fileGeneration(),
        CODEC_LZ4,
        meta.rawSize(),
        meta.storedSize(),
        meta.checksum(),
        meta.validGranules(),
        meta.writeSequence());
  }

  private BlockMeta accept(long blockIndex, long fileGeneration, long granules) {
    return probe.accept(FILE, blockIndex, fileGeneration, granules);
  }

  private boolean offer(long blockIndex, long fileGeneration, long granules) {
    return probe.offer(FILE, blockIndex, fileGeneration, granules);
  }

  private BlockLease hit(long blockIndex, long wantedGranules) {
    return probe.hit(FILE, blockIndex, wantedGranules);
  }

  private void assertMiss(long blockIndex, long wantedGranules) {
    probe.assertMiss(FILE, blockIndex, wantedGranules);
  }

  private void failDamaged(long fileId, long blockIndex) {
    throw new AssertionError("block " + blockIndex + " of file " + fileId + " is healthy");
  }

  private static BlockKey key(long blockIndex) {
    return new BlockKey(FILE, blockIndex);
  }
}
