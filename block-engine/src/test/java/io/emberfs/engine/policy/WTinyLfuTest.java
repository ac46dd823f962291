package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.ReplacementPolicy;
import io.emberfs.testkit.PolicyContract;
import io.emberfs.testkit.PolicyReplay;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class WTinyLfuTest extends PolicyContract {
  @Override
  protected ReplacementPolicy create(int slotCount, ReplacementPolicy.SlotView view) {
    return new WTinyLfu(slotCount, view);
  }

  @Test
  void aBlockSeenOnceDoesNotPushOutOneThatIsUsedOften() {
    PolicyReplay replay = PolicyReplay.of(1000, WTinyLfu::new);
    long[] used = LongStream.range(0, 300).toArray();
    replay.run(used);
    replay.run(used);
    replay.run(used);
    replay.run(LongStream.range(10_000, 15_000).toArray());
    assertThat(replay.run(used).chars().filter(c -> c == PolicyReplay.HIT).count())
        .isGreaterThan(270);
  }
}
