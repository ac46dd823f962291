package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.ReplacementPolicy;
import io.emberfs.testkit.PolicyContract;
import io.emberfs.testkit.PolicyReplay;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class TwoQTest extends PolicyContract {
  @Override
  protected ReplacementPolicy create(int slotCount, ReplacementPolicy.SlotView view) {
    return new TwoQ(slotCount, view);
  }

  @Test
  void whatComesBackAfterItLeftTheNewcomersStays() {
    PolicyReplay replay = PolicyReplay.of(8, TwoQ::new);
    replay.run(1, 2, 3, 4, 5, 6, 7, 8, 9, 1);
    replay.run(LongStream.range(100, 104).toArray());
    assertThat(replay.run(1)).isEqualTo("h");
  }
}
