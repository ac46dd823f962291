package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.ReplacementPolicy;
import io.emberfs.testkit.PolicyContract;
import io.emberfs.testkit.PolicyReplay;
import org.junit.jupiter.api.Test;

final class SieveTest extends PolicyContract {
  @Override
  protected ReplacementPolicy create(int slotCount, ReplacementPolicy.SlotView view) {
    return new Sieve(slotCount);
  }

  @Test
  void aUsedBlockStaysWhereItIsAndTheHandGoesOn() {
    // 1 is spared, 2 leaves for 4, the hand goes on to 3, which leaves for 5.
    assertThat(PolicyReplay.of(3, (n, _) -> new Sieve(n)).run(1, 2, 3, 1, 4, 5, 1, 4))
        .isEqualTo("mmmhmmhh");
  }
}
