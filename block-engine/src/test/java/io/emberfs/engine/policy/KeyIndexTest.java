package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.testkit.Seeds;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class KeyIndexTest {
  @Test
  void itAgreesWithAMapWhateverCollides() {
    Seeds.check(random -> {
      long[] hashes = new long[50];
      Deque<Integer> free = new ArrayDeque<>();
      for (int number = 0; number < hashes.length; number++) {
        free.add(number);
      }
      KeyIndex index = new KeyIndex(hashes);
      Map<Long, Integer> model = new HashMap<>();
      for (int step = 0; step < 20_000; step++) {
        // Few homes, so that runs grow, wrap around and are closed again.
        long key = (long) random.nextInt(200) << 32 | random.nextInt(3);
        Integer number = model.get(key);
        if (number != null) {
          index.remove(number);
          model.remove(key);
          free.add(number);
        } else if (!free.isEmpty()) {
          number = free.remove();
          hashes[number] = key;
          index.put(number);
          model.put(key, number);
        }
        assertThat(index.find(key)).isEqualTo(model.getOrDefault(key, KeyIndex.NONE));
      }
      model.forEach((key, number) -> assertThat(index.find(key)).isEqualTo(number));
    });
  }
}
