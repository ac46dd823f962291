package io.emberfs.predictor.stream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RunLengthsTest {
  private final RunLengths lengths = new RunLengths();

  @Test
  void streamsThatAlwaysStopAtTheSameLengthEndTheReadingAheadThere() {
    for (int i = 0; i < 200; i++) {
      lengths.wentOn(1, 3);
      lengths.stopped(3);
    }
    assertThat(lengths.depth(2, 32, 0.5f)).isPositive();
    assertThat(lengths.survival(2, 6)).isGreaterThan(0.9f);
    assertThat(lengths.depth(8, 32, 0.6f)).isZero();
  }

  @Test
  void survivalFallsWithDistance() {
    float last = 1;
    for (long more = 0; more < 1000; more = more * 2 + 1) {
      float survival = lengths.survival(3, more);
      assertThat(survival).isBetween(0f, last);
      last = survival;
    }
  }

  @Test
  void oldStreamsFade() {
    for (int i = 0; i < 5000; i++) {
      lengths.stopped(3);
    }
    assertThat(lengths.depth(8, 8, 0.5f)).isZero();
    for (int i = 0; i < 5000; i++) {
      lengths.wentOn(3, 4);
    }
    assertThat(lengths.depth(8, 8, 0.5f)).isEqualTo(8);
  }
}
