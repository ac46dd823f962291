package io.emberfs.engine.tiers;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.AdmissionPolicy;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.FileRecords;
import io.emberfs.core.Meters;
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
import java.util.List;
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

  private void drain() {
    Tier tier = crowded();
    RamTierSpec spec = new RamTierSpec(geometry, TIER_BYTES, "lru", CodecChoice.NONE);
    try (Codecs codecs = Codecs.standard();
        RamTier ram = new RamTier(spec, fence, RamTier.Observer.NONE, meters, codecs);
        ScratchPool scratch = HandDown.scratchFor(geometry);
        Arena arena = Arena.ofConfined()) {
      MemorySegment raw = arena.allocate(geometry.blockSize(), Long.BYTES);
      for (int block = 0; block < BLOCK_COUNT; block++) {
        assertThat(ram.insert(meta(block, raw), raw, 0)).isTrue();
      }
      new HandDown(
              new TierChain(ram, List.of(tier)),
              new FileTable(new FakeBackingStore(), FileRecords.none(), clock, 1),
              fence,
              geometry,
              new BlockTransfer(
                  geometry, codecs, new BlockEncoder(CodecChoice.NONE, codecs, meters)),
              AdmissionPolicy.ALWAYS,
              scratch,
              clock,
              meters)
          .drain();
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
}
