package io.emberfs.engine.ram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BlockGeometry;
import io.emberfs.engine.policy.PolicyFactory;
import io.emberfs.testkit.Seeds;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RamLayoutTest {
  private static final BlockGeometry GEOMETRY = new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT);
  private static final long MIB = 1 << 20;

  /** Ten thousand whole blocks: the smallest tier that the bar speaks of. */
  private static final long TEN_THOUSAND_BLOCKS = 10_000L * GEOMETRY.blockSize();

  /** What the default policy has in a tier of any size. */
  private static final long SHADOWS = MIB / 2;

  @Test
  void whatIsKnownOfWholeBlocksTakesAtMostOnePercent() {
    Seeds.check(random -> {
      for (int i = 0; i < 2_000; i++) {
        long capacity = (long) (64 * MIB * Math.pow(1024, random.nextDouble()));
        RamLayout layout = RamLayout.of(GEOMETRY, capacity, PolicyFactory.DEFAULT);

        double metadata = metadataBytes(layout, capacity);
        double allowed = capacity < TEN_THOUSAND_BLOCKS ? SHADOWS : 0;
        assertThat(metadata - allowed).as("of %d", capacity).isLessThan(capacity / 100.0);
      }
    });
  }

  @Test
  void blocksOfAPageAndWholeOnesAllFindPagesAndSlots() {
    Seeds.check(random -> {
      List<String> policies = PolicyFactory.names();
      for (int i = 0; i < 2_000; i++) {
        BlockGeometry geometry = new BlockGeometry(4096 << random.nextInt(7));
        long capacity = (long) (16 * MIB * Math.pow(4096, random.nextDouble()));
        RamLayout layout =
            RamLayout.of(geometry, capacity, policies.get(random.nextInt(policies.size())));
        long room = layout.roomBytes(capacity);
        int pageSize = geometry.granuleSize();

        long singles = room / (pageSize + layout.slotBytes());
        assertThat(layout.slotCount()).isBetween((int) singles, (int) singles + 1);
        assertThat(layout.pageCount()).isGreaterThanOrEqualTo(layout.slotCount() - 1);
        long wholes = room / (geometry.blockSize() + layout.slotBytes());
        assertThat((long) layout.pageCount())
            .isGreaterThanOrEqualTo((wholes - 1) * geometry.granulesPerBlock());
        // Not many more: each has its place in an index that is paid for.
        assertThat((long) layout.pageCount())
            .isLessThan((wholes + 2) * geometry.granulesPerBlock() * 1001 / 1000 + 1);
      }
    });
  }

  @Test
  void aBudgetTooSmallForABlockIsRefusedAndTheNextOneIsEnoughForIt() {
    long tooSmall = 0;
    long enough = MIB;
    while (enough - tooSmall > 1) {
      long middle = (tooSmall + enough) / 2;
      if (isEnough(middle)) {
        enough = middle;
      } else {
        tooSmall = middle;
      }
    }
    long bytes = enough;
    assertThatThrownBy(() -> RamLayout.of(GEOMETRY, bytes - 1, "lru"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no room for a block");
    RamLayout layout = RamLayout.of(GEOMETRY, bytes, "lru");
    assertThat(layout.pageCount()).isGreaterThanOrEqualTo(GEOMETRY.granulesPerBlock());
    assertThat(layout.capacityBytesMin(GEOMETRY, 0)).isLessThanOrEqualTo(bytes);
  }

  private static boolean isEnough(long bytes) {
    try {
      return RamLayout.of(GEOMETRY, bytes, "lru").slotCount() > 0;
    } catch (IllegalArgumentException tooSmall) {
      return false;
    }
  }

  /** All but the working buffers, when as many whole blocks are here as there is room for. */
  private static double metadataBytes(RamLayout layout, long capacity) {
    long buffers =
        (2L * layout.scratchCount() + layout.leaseCount()) * GEOMETRY.blockSize() + HitRings.BYTES;
    long blocks = layout.roomBytes(capacity) / (GEOMETRY.blockSize() + layout.slotBytes());
    return layout.fixedBytes() - buffers + (double) blocks * layout.slotBytes();
  }
}
