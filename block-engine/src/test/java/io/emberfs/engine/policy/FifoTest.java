package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.ReplacementPolicy;
import io.emberfs.testkit.PolicyContract;
import io.emberfs.testkit.PolicyReplay;
import org.junit.jupiter.api.Test;

final class FifoTest extends PolicyContract {
  @Override
  protected ReplacementPolicy create(int slotCount, ReplacementPolicy.SlotView view) {
    return new Fifo(slotCount);
  }

  @Test
  void aUseDoesNotHelp() {
    assertThat(PolicyReplay.of(2, (n, _) -> new Fifo(n)).run(1, 2, 1, 3, 1)).isEqualTo("mmhmm");
  }
}
