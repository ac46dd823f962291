package io.emberfs.persistence.ssd;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class KeyRangesTest {
  private final KeyRanges ranges = new KeyRanges();

  @Test
  void rangesThatTouchBecomeOne() {
    ranges.add(key(1), KeyRanges.behind(key(1)));
    ranges.add(KeyRanges.behind(key(1)), KeyRanges.behind(key(4)));
    ranges.add(key(6), key(7));

    assertThat(ranges.all()).hasSize(2);
    assertThat(ranges.all().getFirst().from()).isEqualTo(key(1));
    assertThat(ranges.all().getFirst().to()).isEqualTo(KeyRanges.behind(key(4)));
    assertThat(ranges.isFull()).isFalse();
  }

  @Test
  void whatDoesNotFitIsSaidAndNotKept() {
    for (int i = 0; i < KeyRanges.RANGES_MAX; i++) {
      ranges.add(key(3 * i), key(3 * i + 1));
    }
    assertThat(ranges.isFull()).isFalse();
    int last = 3 * (KeyRanges.RANGES_MAX - 1);
    ranges.add(key(last + 1), key(last + 2));
    assertThat(ranges.isFull()).as("a range that touches needs no room").isFalse();

    ranges.add(key(last + 5), key(last + 6));

    assertThat(ranges.isFull()).isTrue();
    assertThat(ranges.all()).hasSize(KeyRanges.RANGES_MAX);
  }

  private static byte[] key(long number) {
    return BlockHeader.key(number, 0);
  }
}
