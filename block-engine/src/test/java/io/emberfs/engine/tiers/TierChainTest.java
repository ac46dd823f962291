package io.emberfs.engine.tiers;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Meters;
import io.emberfs.core.Tier;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.engine.ram.RamTierSpec;
import io.emberfs.testkit.FakeWriteFence;
import io.emberfs.testkit.TestBlocks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TierChainTest {
  private static final BlockGeometry GEOMETRY = new BlockGeometry(BlockGeometry.BLOCK_SIZE_MIN);
  private static final long RAM_BYTES = 8L << 20;

  private final List<Tier.Presence> told = new ArrayList<>();

  @Test
  void tiersBelowAreToldWhatRamHolds() {
    FakeWriteFence fence = new FakeWriteFence();
    TestBlocks blocks = new TestBlocks(GEOMETRY);
    RamTierSpec spec = new RamTierSpec(GEOMETRY, RAM_BYTES, "lru", CodecChoice.NONE);
    RamTier ram;
    try (Codecs codecs = Codecs.standard();
        Arena arena = Arena.ofConfined()) {
      ram = new RamTier(spec, fence, RamTier.Observer.NONE, new Meters(), codecs);
      TierChain chain = new TierChain(ram, List.of(listening()));
      assertThat(told).hasSize(1);
      Tier.Presence upper = told.getFirst();
      assertThat(upper.holds(1, 7)).isFalse();

      byte[] bytes = blocks.bytes(1, 7, 1, GEOMETRY.fullMask());
      MemorySegment raw =
          arena.allocate(bytes.length, Long.BYTES).copyFrom(MemorySegment.ofArray(bytes));
      assertThat(ram.insert(blocks.meta(1, 7, 1, GEOMETRY.fullMask(), fence.sequence()), raw, 0))
          .isTrue();
      assertThat(upper.holds(1, 7)).isTrue();
      assertThat(upper.holds(1, 8)).isFalse();
      chain.ram().remove(1, 7);
      assertThat(upper.holds(1, 7)).isFalse();
      ram.close();
      assertThat(upper.holds(1, 7)).as("after the end").isFalse();
    }
  }

  private Tier listening() {
    return (Tier)
        Proxy.newProxyInstance(
            Tier.class.getClassLoader(),
            new Class<?>[] {Tier.class},
            (_, method, arguments) -> {
              if (method.getName().equals("setUpper")) {
                told.add((Tier.Presence) arguments[0]);
              }
              return null;
            });
  }
}
