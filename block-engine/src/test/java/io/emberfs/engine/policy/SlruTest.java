package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.ReplacementPolicy;
import io.emberfs.testkit.PolicyContract;
import io.emberfs.testkit.PolicyReplay;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class SlruTest extends PolicyContract {
  @Override
  protected ReplacementPolicy create(int slotCount, ReplacementPolicy.SlotView view) {
    return new Slru(slotCount);
  }

  @Test
  void aScanLeavesTheProtectedBlocksAlone() {
    PolicyReplay replay = PolicyReplay.of(10, (n, _) -> new Slru(n));
    replay.run(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 3);
    replay.run(LongStream.range(100, 200).toArray());
    assertThat(replay.run(1, 2, 3)).isEqualTo("hhh");
  }
}
