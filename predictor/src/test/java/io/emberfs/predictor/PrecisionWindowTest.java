package io.emberfs.predictor;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Prefetcher.Outcome;
import org.junit.jupiter.api.Test;

final class PrecisionWindowTest {
  private final PrecisionWindow window = new PrecisionWindow(4);

  @Test
  void lateBlocksCountAsUsedAndDroppedOnesDoNotCount() {
    window.record(Outcome.USED);
    window.record(Outcome.LATE);
    window.record(Outcome.DROPPED);
    window.record(Outcome.WASTED);
    window.record(Outcome.WASTED);
    assertThat(window.count()).isEqualTo(4);
    assertThat(window.precision()).isEqualTo(0.5f);
  }

  @Test
  void onlyTheLastOutcomesCount() {
    for (int i = 0; i < 4; i++) {
      window.record(Outcome.WASTED);
    }
    for (int i = 0; i < 3; i++) {
      window.record(Outcome.USED);
    }
    assertThat(window.precision()).isEqualTo(0.75f);
  }
}
