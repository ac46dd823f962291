package io.emberfs.predictor.ngram;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CalibrationTest {
  private final Calibration calibration = new Calibration();

  @Test
  void aKindThatComesTrueIsTrusted() {
    int kind = Calibration.classOf(1, 1, 1);
    for (int i = 0; i < 100; i++) {
      calibration.watch(kind, 1, i);
      calibration.seen(1, i);
    }
    assertThat(calibration.probability(kind)).isGreaterThan(0.9f);
  }

  @Test
  void aKindThatDoesNotComeTrueIsNot() {
    int kind = Calibration.classOf(2, 4, 4);
    for (int i = 0; i < 1000; i++) {
      calibration.watch(kind, 1, i);
      calibration.seen(1, -1);
    }
    assertThat(calibration.probability(kind)).isLessThan(0.05f);
  }

  @Test
  void everyCombinationHasAKindOfItsOwnOrder() {
    for (int uses = 1; uses <= 255; uses++) {
      for (int count = 1; count <= uses; count++) {
        int first = Calibration.classOf(1, count, uses);
        int second = Calibration.classOf(2, count, uses);
        assertThat(first).isBetween(0, 15);
        assertThat(second).isBetween(16, 31);
      }
    }
  }
}
