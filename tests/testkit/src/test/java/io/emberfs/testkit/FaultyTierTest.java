package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockLease;
import io.emberfs.core.Lookup;
import io.emberfs.core.TierClosedException;
import io.emberfs.core.WriteFence;
import io.emberfs.testkit.FaultyTier.Fault;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class FaultyTierTest {
  private static final BlockGeometry GEOMETRY = new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT);

  private final FakeTier fake = new FakeTier("fake", GEOMETRY, 8L << 20, WriteFence.OPEN);

  @Test
  void eachFaultShowsItself() {
    probe(Set.of()).accept(1, 1, 1, 1);

    assertThat(faulty(Fault.MISS).lookup(1, 1, 0)).isInstanceOf(Lookup.Miss.class);
    assertThat(faulty(Fault.BUSY).lookup(1, 1, 0)).isInstanceOf(Lookup.Busy.class);
    assertThat(probe(Set.of(Fault.DECLINE)).offer(1, 2, 1, 1)).isFalse();
    assertThatThrownBy(() -> probe(Set.of(Fault.FLIPPED_BIT)).assertHit(1, 1, 1, 1))
        .isInstanceOf(AssertionError.class);
    Lookup vouched = faulty(Fault.UNSEEN_DAMAGE).lookup(1, 1, 0);
    byte[] wrong = blockOf(vouched);
    assertThat(wrong).isNotEqualTo(blockOf(fake.lookup(1, 1, 0)));
    faulty(Fault.LOST_REMOVAL).remove(1, 1);
    probe(Set.of()).assertHit(1, 1, 1, 1);
    assertThat(faulty(Fault.CORRUPT).lookup(1, 1, 0)).isEqualTo(new Lookup.Corrupt(1, 1));
    probe(Set.of()).assertMiss(1, 1, 0);
    fake.assertNoOpenLease();
  }

  @Test
  void theModelNoticesALostRemoval() {
    FaultyTier forgetful = new FaultyTier(fake, Seeds.random(1), 0.2, Set.of(Fault.LOST_REMOVAL));
    TierModel model = new TierModel(forgetful, GEOMETRY, new FakeWriteFence(), Seeds.random(2));

    assertThatThrownBy(() -> model.run(600, 8L << 20)).isInstanceOf(AssertionError.class);
    assertThat(forgetful.injectedCount()).isPositive();
  }

  @Test
  void theRaceNoticesALostRemoval() {
    FaultyTier forgetful = new FaultyTier(fake, Seeds.random(1), 0.5, Set.of(Fault.LOST_REMOVAL));
    LateInsertRace race =
        new LateInsertRace(forgetful, GEOMETRY, new FakeWriteFence(), Seeds.random(2));

    assertThatThrownBy(() -> race.run(4_000)).isInstanceOf(AssertionError.class);
  }

  @Test
  void theTierOfNothingMissesAndDeclinesUntilItIsClosed() {
    NoopTier tier = new NoopTier();
    TestBlocks blocks = new TestBlocks(GEOMETRY);

    assertThat(
            tier.offer(blocks.meta(1, 1, 1, 1, 0), MemorySegment.ofArray(blocks.bytes(1, 1, 1, 1))))
        .isFalse();
    assertThat(tier.lookup(1, 1, 0)).isInstanceOf(Lookup.Miss.class);
    tier.close();
    assertThatThrownBy(() -> tier.lookup(1, 1, 0)).isInstanceOf(TierClosedException.class);
  }

  /** The bytes of a hit whose checksum is right, or at least says so. */
  private static byte[] blockOf(Lookup lookup) {
    try (BlockLease lease = ((Lookup.Hit) lookup).lease()) {
      byte[] stored = lease.stored().toArray(ValueLayout.JAVA_BYTE);
      assertThat(lease.meta().checksum()).isEqualTo(TestBlocks.checksum(stored));
      return stored;
    }
  }

  private FaultyTier faulty(Fault fault) {
    return new FaultyTier(fake, Seeds.random(3), 1.0, Set.of(fault));
  }

  private TierProbe probe(Set<Fault> faults) {
    return new TierProbe(
        new FaultyTier(fake, Seeds.random(4), 1.0, faults), GEOMETRY, WriteFence.OPEN);
  }
}
