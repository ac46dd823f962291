package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.ReplacementPolicy;
import io.emberfs.testkit.PolicyContract;
import io.emberfs.testkit.PolicyReplay;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class LirsTest extends PolicyContract {
  @Override
  protected ReplacementPolicy create(int slotCount, ReplacementPolicy.SlotView view) {
    return new Lirs(slotCount, view);
  }

  @Test
  void aLoopLargerThanTheCacheKeepsMostOfTheCache() {
    PolicyReplay replay = PolicyReplay.of(100, Lirs::new);
    long[] loop = LongStream.range(0, 110).toArray();
    replay.run(loop);
    replay.run(loop);
    assertThat(replay.run(loop).chars().filter(c -> c == PolicyReplay.HIT).count())
        .isGreaterThan(85);
  }
}
