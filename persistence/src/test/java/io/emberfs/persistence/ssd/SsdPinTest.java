package io.emberfs.persistence.ssd;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.core.Tier;
import io.emberfs.core.TierPins;
import io.emberfs.core.WriteFence;
import io.emberfs.testkit.FakePolicy;
import io.emberfs.testkit.TierProbe;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SsdPinTest {
  private static final BlockGeometry GEOMETRY = WriteHistory.GEOMETRY;
  private static final long WHOLE = GEOMETRY.fullMask();
  private static final long CAPACITY_BYTES = 4L << 20;
  private static final long BLOCKS = CAPACITY_BYTES / GEOMETRY.blockSize();
  private static final long PINNED = 1;
  private static final long SCANNED = 2;

  @TempDir private Path temporary;
  private SsdDatabase database;
  private Tier tier;
  private TierProbe probe;

  @BeforeEach
  void open() throws IOException {
    database =
        SsdDatabase.open(
            temporary.resolve("ssd"),
            new SsdSpec(GEOMETRY, CAPACITY_BYTES, 0, FakePolicy.FACTORY),
            WriteFence.OPEN,
            Clock.SYSTEM,
            new Meters());
    tier = database.tier();
    probe = new TierProbe(tier, GEOMETRY, WriteFence.OPEN);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aPinnedFileOutlivesAnyScanAndOthersDoNot() {
    tier.pins().add(PINNED);
    offer(PINNED, BLOCKS / 4);
    offer(SCANNED, 3 * BLOCKS);
    assertThat(present(PINNED, BLOCKS / 4)).isEqualTo(BLOCKS / 4);
    assertThat(tier.pins().heldBytes()).isEqualTo(BLOCKS / 4 * cost());

    tier.pins().remove(PINNED);

    assertThat(tier.pins().heldBytes()).isZero();
    assertThat(present(PINNED, BLOCKS / 4)).as("nothing is dropped").isEqualTo(BLOCKS / 4);
    offer(SCANNED + 1, 3 * BLOCKS);
    assertThat(present(PINNED, BLOCKS / 4)).isZero();
  }

  @Test
  void whatStandsAboveOutlivesAScanTooAndIsNotHeldForThat() {
    tier.setUpper((fileId, _) -> fileId == PINNED);
    offer(PINNED, BLOCKS / 4);
    offer(SCANNED, 3 * BLOCKS);

    assertThat(present(PINNED, BLOCKS / 4)).isEqualTo(BLOCKS / 4);
    assertThat(tier.pins().heldBytes()).isZero();
    tier.setUpper((_, _) -> false);
    offer(SCANNED + 1, 3 * BLOCKS);
    assertThat(present(PINNED, BLOCKS / 4)).isZero();
  }

  @Test
  void noMoreThanTheShareIsHeld() {
    tier.pins().add(PINNED);
    offer(PINNED, BLOCKS);
    offer(SCANNED, 3 * BLOCKS);

    assertThat(tier.pins().heldBytes()).isBetween(CAPACITY_BYTES / 2 - cost(), CAPACITY_BYTES / 2);
    assertThat(present(SCANNED, 3 * BLOCKS)).isPositive();
    long fitting = tier.pins().bytesMax(TierPins.PERCENT_DEFAULT) / GEOMETRY.blockSize();
    assertThat(present(PINNED, BLOCKS)).isEqualTo(fitting);

    tier.pins().setPercentMax(10);
    offer(SCANNED + 1, BLOCKS);
    assertThat(tier.pins().heldBytes()).isLessThanOrEqualTo(CAPACITY_BYTES / 10);
  }

  @Test
  void aTierThatShrinksBelowItsPinsKeepsItsBudget() {
    tier.pins().add(PINNED);
    offer(PINNED, BLOCKS / 3);
    offer(SCANNED, 3 * BLOCKS);

    tier.resize(CAPACITY_BYTES / 4);

    assertThat(tier.usedBytes()).isLessThanOrEqualTo(CAPACITY_BYTES / 4);
    assertThat(tier.pins().heldBytes()).isLessThanOrEqualTo(CAPACITY_BYTES / 8);
    tier.resize(0);
    assertThat(tier.blockCount()).isZero();
    assertThat(tier.pins().heldBytes()).isZero();
  }

  /** Generation 2 of the file has no use for the blocks of generation 1. */
  @Test
  void deadBlocksAreNotHeld() {
    tier.pins().add(PINNED);
    offer(PINNED, BLOCKS / 4);
    offer(SCANNED, 3 * BLOCKS);
    for (long block = 0; block < BLOCKS / 4; block++) {
      assertThat(tier.validGranules(PINNED, block, 2)).isZero();
    }
    assertThat(tier.pins().heldBytes()).isZero();
    offer(SCANNED + 1, BLOCKS / 4 + 1);
    assertThat(present(PINNED, BLOCKS / 4)).isZero();
  }

  private void offer(long fileId, long blockCount) {
    for (long block = 0; block < blockCount; block++) {
      probe.offer(fileId, block, 1, WHOLE);
      if (block % 32 == 31) {
        tier.flush();
      }
    }
  }

  private long present(long fileId, long blockCount) {
    long count = 0;
    for (long block = 0; block < blockCount; block++) {
      count += tier.validGranules(fileId, block, 1) == 0 ? 0 : 1;
    }
    return count;
  }

  private static long cost() {
    return IndexedBlocks.cost(GEOMETRY.blockSize());
  }
}
