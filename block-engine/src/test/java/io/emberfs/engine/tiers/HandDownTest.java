package io.emberfs.engine.tiers;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.AdmissionPolicy;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Caller;
import io.emberfs.core.FileRecord;
import io.emberfs.core.FileRecords;
import io.emberfs.core.Meters;
import io.emberfs.core.NodeIdentity;
import io.emberfs.core.Tier;
import io.emberfs.engine.codec.BlockChecksum;
import io.emberfs.engine.codec.BlockEncoder;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.NoneCodec;
import io.emberfs.engine.file.FileTable;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.engine.ram.RamTierSpec;
import io.emberfs.testkit.FakeBackingStore;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.FakeTier;
import io.emberfs.testkit.FakeWriteFence;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

final class HandDownTest {
  private static final long FILE = 7;
  private static final int BLOCK_COUNT = 200;
  private static final int OFFERS_PER_FLUSH = 10;
  private static final long TIER_BYTES = 64L << 20;

  private final BlockGeometry geometry = new BlockGeometry(BlockGeometry.BLOCK_SIZE_MIN);
  private final FakeWriteFence fence = new FakeWriteFence();
  private final FakeClock clock = new FakeClock();
  private final Meters meters = new Meters();
  private final FakeTier stored = new FakeTier("ssd", geometry, TIER_BYTES, fence);
  private int room = OFFERS_PER_FLUSH;
  private int roomAfterFlush = OFFERS_PER_FLUSH;
  private int flushCount;
  private final List<FileRecord> put = new ArrayList<>();
  private List<FileRecord> putAtFirstOffer = List.of();
  private final FakeBackingStore store = new FakeBackingStore();
  private final FileTable files = new FileTable(store, new Records(), clock, 1);

  @Test
  void blocksThatTheTierHasNoRoomToWriteNowAreHandedDownAfterAFlush() {
    drain();
    assertThat(stored.blockCount()).isEqualTo(BLOCK_COUNT);
    assertThat(meters.counter("handDown.declined").value()).isZero();
  }

  @Test
  void aTierThatTakesNothingIsNotFlushedForEachBlock() {
    room = 0;
    roomAfterFlush = 0;
    drain();
    assertThat(stored.blockCount()).isZero();
    assertThat(meters.counter("handDown.declined").value()).isEqualTo(BLOCK_COUNT);
    assertThat(flushCount).as("the one in vain, and the one at the end").isEqualTo(2);
  }

  @Test
  void whatTheTierDoesNotAdmitIsHandedDownOnceItHasStayedInRam() {
    room = BLOCK_COUNT;
    withBlocksInRam(
        admittingTheSecondTime(),
        (handDown, ram) -> {
          run(handDown);
          assertThat(stored.blockCount()).isZero();
          assertThat(meters.counter("handDown.postponed").value()).isEqualTo(BLOCK_COUNT);

          ram.removeFrom(FILE, BLOCK_COUNT / 2);
          clock.advanceNanos(4_999_999_999L);
          run(handDown);
          assertThat(stored.blockCount()).as("not yet").isZero();
          clock.advanceNanos(1);
          run(handDown);
          assertThat(stored.blockCount()).as("those that stayed").isEqualTo(BLOCK_COUNT / 2);
        });
  }

  @Test
  void atTheEndWhatIsInRamIsHandedDownWhateverTheTierAdmits() {
    room = BLOCK_COUNT;
    withBlocksInRam(
        (_, _) -> false,
        (handDown, _) -> {
          run(handDown);
          assertThat(stored.blockCount()).isZero();
          handDown.drain();
          assertThat(stored.blockCount()).isEqualTo(BLOCK_COUNT);
        });
  }

  @Test
  void theRoleRestsBetweenItsRoundsUnlessRamLosesBlocksMeanwhile() {
    room = 1 << 20;
    withBlocksInRam(
        AdmissionPolicy.ALWAYS,
        (handDown, ram) -> {
          while (handDown.stepIfDue() > 0) {
            // the first round is due at once
          }
          assertThat(stored.blockCount()).isEqualTo(BLOCK_COUNT);

          insert(ram, BLOCK_COUNT);
          assertThat(handDown.stepIfDue()).as("it rests").isZero();
          clock.advanceNanos(1_000_000_000L);
          assertThat(handDown.stepIfDue()).isEqualTo(1);
          assertThat(handDown.stepIfDue()).isZero();

          long lost = ram.evictedUnsavedCount();
          int next = BLOCK_COUNT + 1;
          while (ram.evictedUnsavedCount() == lost) {
            insert(ram, next++);
          }
          assertThat(handDown.stepIfDue()).as("no rest now").isPositive();
        });
  }

  @Test
  void noBlockIsOfferedBeforeTheRecordOfItsFile() {
    room = BLOCK_COUNT;
    BackingNode node =
        store.create(store.root(), new byte[] {'f'}, 2, 0600, new Caller(0, 0, 0, 0)).node();
    files.lockOfMade(node).unlock();
    withBlocksInRam(
        AdmissionPolicy.ALWAYS,
        (handDown, _) -> {
          handDown.step();
          assertThat(stored.blockCount()).isPositive();
          assertThat(putAtFirstOffer.getLast().fileId()).isEqualTo(FILE);
        });
  }

  private void insert(RamTier ram, int block) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment raw = arena.allocate(geometry.blockSize(), Long.BYTES);
      assertThat(ram.insert(meta(block, raw), raw, 0)).isTrue();
    }
  }

  private static void run(HandDown handDown) {
    while (handDown.step() > 0) {
      // until there is nothing to do now
    }
  }

  private static AdmissionPolicy admittingTheSecondTime() {
    Set<BlockKey> asked = new HashSet<>();
    return (candidate, _) -> !asked.add(new BlockKey(candidate.fileId(), candidate.blockIndex()));
  }

  private void drain() {
    withBlocksInRam(AdmissionPolicy.ALWAYS, (handDown, _) -> handDown.drain());
  }

  private void withBlocksInRam(AdmissionPolicy admission, BiConsumer<HandDown, RamTier> body) {
    Tier tier = crowded();
    RamTierSpec spec = new RamTierSpec(geometry, TIER_BYTES, "lru", CodecChoice.NONE);
    try (Codecs codecs = Codecs.standard();
        RamTier ram = new RamTier(spec, fence, RamTier.Observer.NONE, meters, codecs);
        ScratchPool scratch = HandDown.scratchFor(geometry)) {
      for (int block = 0; block < BLOCK_COUNT; block++) {
        insert(ram, block);
      }
      HandDown handDown =
          new HandDown(
              new TierChain(ram, List.of(tier)),
              files,
              fence,
              geometry,
              new BlockTransfer(
                  geometry, codecs, new BlockEncoder(CodecChoice.NONE, codecs, meters)),
              admission,
              scratch,
              clock,
              meters);
      body.accept(handDown, ram);
    }
  }

  private BlockMeta meta(int block, MemorySegment raw) {
    return new BlockMeta(
        FILE,
        block,
        1,
        NoneCodec.ID,
        geometry.blockSize(),
        geometry.blockSize(),
        BlockChecksum.of(raw),
        geometry.fullMask(),
        fence.sequence());
  }

  /** The fake tier, which takes some offers and then none until it was flushed. */
  private Tier crowded() {
    return (Tier)
        Proxy.newProxyInstance(
            Tier.class.getClassLoader(),
            new Class<?>[] {Tier.class},
            (_, method, arguments) -> {
              switch (method.getName()) {
                case "offer" -> {
                  if (stored.blockCount() == 0) {
                    putAtFirstOffer = List.copyOf(put);
                  }
                  if (room == 0) {
                    return false;
                  }
                  room--;
                }
                case "flush" -> {
                  flushCount++;
                  room = roomAfterFlush;
                }
                default -> {}
              }
              return method.invoke(stored, arguments);
            });
  }

  /** Notes what is put; the first file that is made is the one of the blocks. */
  private final class Records implements FileRecords {
    @Override
    public Optional<FileRecord> find(NodeIdentity identity) {
      return Optional.empty();
    }

    @Override
    public void put(FileRecord record) {
      put.add(record);
    }

    @Override
    public void remove(NodeIdentity identity, long fileId) {}

    @Override
    public long newFileId() {
      return FILE;
    }
  }
}
