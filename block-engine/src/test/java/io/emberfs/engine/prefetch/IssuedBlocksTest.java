package io.emberfs.engine.prefetch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class IssuedBlocksTest {
  private final IssuedBlocks issued = new IssuedBlocks(64);

  @Test
  void aBlockThatWasFetchedIsRememberedUntilItsOutcome() {
    issued.begin(1, 5, 2);
    assertThat(issued.end(1, 5, true)).isEqualTo(IssuedBlocks.UNKNOWN);
    assertThat(issued.remove(1, 5)).isEqualTo(2);
    assertThat(issued.remove(1, 5)).isEqualTo(IssuedBlocks.UNKNOWN);
  }

  @Test
  void aBlockThatWasNotFetchedIsForgotten() {
    issued.begin(1, 5, 2);
    assertThat(issued.end(1, 5, false)).isEqualTo(2);
    assertThat(issued.remove(1, 5)).isEqualTo(IssuedBlocks.UNKNOWN);
  }

  @Test
  void aLoadThatFindsTheBlockThereLeavesItToTheModelThatFetchedIt() {
    issued.begin(1, 5, 2);
    issued.end(1, 5, true);
    issued.begin(1, 5, 0);
    assertThat(issued.end(1, 5, false)).isEqualTo(IssuedBlocks.UNKNOWN);
    assertThat(issued.remove(1, 5)).isEqualTo(2);
  }

  @Test
  void anOutcomeMayComeBeforeTheLoadIsOver() {
    issued.begin(1, 5, 2);
    assertThat(issued.remove(1, 5)).isEqualTo(2);
    assertThat(issued.end(1, 5, true)).isEqualTo(IssuedBlocks.UNKNOWN);
  }

  @Test
  void moreBlocksThanItHoldsPushOlderOnesOutAndConfuseNone() {
    for (int block = 0; block < 1000; block++) {
      issued.begin(1, block, block);
    }
    int known = 0;
    for (int block = 0; block < 1000; block++) {
      int component = issued.remove(1, block);
      assertThat(component).isIn(block, IssuedBlocks.UNKNOWN);
      known += component == IssuedBlocks.UNKNOWN ? 0 : 1;
    }
    assertThat(known).isBetween(1, 64);
  }
}
