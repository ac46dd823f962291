package io.emberfs.engine.pin;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Tier;
import io.emberfs.core.WriteFence;
import io.emberfs.testkit.FakeTier;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PinnedTierTest {
  private static final BlockGeometry GEOMETRY = new BlockGeometry(65536);
  private static final int GRANULE = 4096;

  @Test
  void whatFilesTakeIsCountedInWholePagesAndNeverBecomesLessByBeingTooMuch() {
    try (Tier ram = new FakeTier("ram", GEOMETRY, 1 << 20, WriteFence.OPEN)) {
      PinnedTier tier = new PinnedTier(ram, GEOMETRY);
      assertThat(tier.bytesFor(List.of(pin("a", 1), pin("b", GRANULE + 1)), PinnedPath.RAM))
          .isEqualTo(3L * GRANULE);
      assertThat(tier.bytesFor(List.of(pin("a", Long.MAX_VALUE)), PinnedPath.RAM))
          .isEqualTo(Long.MAX_VALUE);
      PinnedPath half = pin("a", 1L << 62);
      assertThat(tier.bytesFor(List.of(half, half, half), PinnedPath.RAM))
          .isEqualTo(Long.MAX_VALUE);
      assertThat(tier.bytesFor(List.of(half), PinnedPath.SSD)).isZero();
    }
  }

  private static PinnedPath pin(String path, long sizeBytes) {
    return new PinnedPath(path, PinnedPath.RAM, 0, 1, sizeBytes);
  }
}
