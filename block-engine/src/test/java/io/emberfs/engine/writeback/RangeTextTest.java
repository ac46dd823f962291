package io.emberfs.engine.writeback;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RangeTextTest {
  private final RangeText ranges = new RangeText();

  @Test
  void rangesThatTouchAreOne() {
    ranges.add(0, 10);
    ranges.add(10, 5);
    ranges.add(20, 1);

    assertThat(ranges).hasToString("0 to 14, 20 to 20");
  }

  @Test
  void ofManyTheFirstAreShown() {
    for (int i = 0; i < 11; i++) {
      ranges.add(i * 10L, 2);
    }

    assertThat(ranges.toString()).startsWith("0 to 1, 10 to 11, ").endsWith("70 to 71 and 3 more");
  }
}
