package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.ReplacementPolicy;
import io.emberfs.testkit.PolicyContract;
import io.emberfs.testkit.PolicyReplay;
import org.junit.jupiter.api.Test;

final class LfuTest extends PolicyContract {
  @Override
  protected ReplacementPolicy create(int slotCount, ReplacementPolicy.SlotView view) {
    return new Lfu(slotCount);
  }

  @Test
  void theLeastUsedLeavesAndTheOlderOfTwoThatAreEven() {
    assertThat(PolicyReplay.of(3, (n, _) -> new Lfu(n)).run(1, 2, 3, 1, 4, 2, 1))
        .isEqualTo("mmmhmmh");
  }

  @Test
  void usesBeyondTheExactOnesStillCount() {
    PolicyReplay replay = PolicyReplay.of(2, (n, _) -> new Lfu(n));
    for (int i = 0; i < 5000; i++) {
      replay.run(1);
    }
    for (int i = 0; i < 1000; i++) {
      replay.run(2);
    }
    replay.run(3);
    assertThat(replay.run(1)).isEqualTo("h");
  }
}
