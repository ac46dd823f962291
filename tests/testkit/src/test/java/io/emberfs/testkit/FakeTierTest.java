package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockLease;
import io.emberfs.core.Lookup;
import io.emberfs.core.Tier;
import io.emberfs.core.WriteFence;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

final class FakeTierTest extends TierContract {
  @Override
  protected Tier create(BlockGeometry geometry, long capacityBytes, WriteFence fence) {
    return new FakeTier("fake", geometry, capacityBytes, fence);
  }

  @Test
  void anOpenLeaseAndASecondCloseAreSeen() {
    FakeTier tier = new FakeTier("fake", geometry(), capacityBytes(), WriteFence.OPEN);
    TestBlocks blocks = new TestBlocks(geometry());
    tier.offer(blocks.meta(1, 1, 1, 1, 0), MemorySegment.ofArray(blocks.bytes(1, 1, 1, 1)));
    BlockLease lease = ((Lookup.Hit) tier.lookup(1, 1, 0)).lease();

    assertThatThrownBy(tier::assertNoOpenLease).isInstanceOf(AssertionError.class);
    lease.close();
    tier.assertNoOpenLease();
    assertThatThrownBy(lease::close).isInstanceOf(AssertionError.class);
  }
}
