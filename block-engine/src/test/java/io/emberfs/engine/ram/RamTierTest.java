package io.emberfs.engine.ram;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Meters;
import io.emberfs.core.Tier;
import io.emberfs.core.WriteFence;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.Lz4Codec;
import io.emberfs.testkit.TierContract;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

final class RamTierTest extends TierContract {
  private final List<RamTier> tiers = new ArrayList<>();

  /** An eighth of it still holds the buffers and the index, which a resize cannot shrink. */
  @Override
  protected long capacityBytes() {
    return 16L << 20;
  }

  @Override
  protected Tier create(BlockGeometry geometry, long capacityBytes, WriteFence fence) {
    RamTierSpec spec =
        new RamTierSpec(geometry, capacityBytes, "default", CodecChoice.of(Lz4Codec.ID));
    RamTier tier = new RamTier(spec, fence, RamTier.Observer.NONE, new Meters(), Codecs.standard());
    tiers.add(tier);
    return tier;
  }

  @AfterEach
  void policyTableAndPagesAgree() {
    for (RamTier tier : tiers) {
      assertThat(tier.isConsistent()).isTrue();
    }
  }
}
