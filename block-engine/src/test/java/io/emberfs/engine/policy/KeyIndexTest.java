package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.testkit.Seeds;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class KeyIndexTest {
  @Test
  void itAgreesWithAMapWhateverCollides() {
    Seeds.check(random -> {
      int keysMax = 50;
      KeyIndex index = new KeyIndex(keysMax);
      Map<Long, Integer> model = new HashMap<>();
      for (int step = 0; step < 20_000; step++) {
        // Few homes, so that runs grow, wrap around and are closed again.
        long key = (long) random.nextInt(200) << 32 | random.nextInt(3);
        if (random.nextBoolean()) {
          index.remove(key);
          model.remove(key);
        } else if (model.size() < keysMax || model.containsKey(key)) {
          index.put(key, step);
          model.put(key, step);
        }
        assertThat(index.find(key)).isEqualTo(model.getOrDefault(key, KeyIndex.NONE));
      }
      model.forEach((key, number) -> assertThat(index.find(key)).isEqualTo(number));
    });
  }
}
