package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockKey;
import org.junit.jupiter.api.Test;

final class FrequencySketchTest {
  @Test
  void itNeverEstimatesTooLowBeforeItHalves() {
    FrequencySketch sketch = new FrequencySketch(1000);
    for (int key = 0; key < 500; key++) {
      for (int i = 0; i <= key % 12; i++) {
        sketch.count(BlockKey.hash(1, key));
      }
    }
    int exact = 0;
    for (int key = 0; key < 500; key++) {
      int frequency = sketch.frequency(BlockKey.hash(1, key));
      assertThat(frequency).isGreaterThanOrEqualTo(key % 12 + 1);
      exact += frequency == key % 12 + 1 ? 1 : 0;
    }
    assertThat(exact).isGreaterThan(450);
  }

  @Test
  void oldCountsFade() {
    FrequencySketch sketch = new FrequencySketch(100);
    for (int i = 0; i < 15; i++) {
      sketch.count(BlockKey.hash(1, 7));
    }
    for (int i = 0; i < 4000; i++) {
      sketch.count(BlockKey.hash(2, i));
    }
    assertThat(sketch.frequency(BlockKey.hash(1, 7))).isLessThan(8);
  }
}
