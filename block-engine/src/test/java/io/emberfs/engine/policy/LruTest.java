package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.ReplacementPolicy;
import io.emberfs.testkit.PolicyContract;
import io.emberfs.testkit.Seeds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LruTest extends PolicyContract {
  @Override
  protected ReplacementPolicy create(int slotCount, ReplacementPolicy.SlotView view) {
    return new Lru(slotCount);
  }

  @Test
  void theLeastRecentlyUsedLeavesFirst() {
    Lru lru = new Lru(4);
    for (int slot = 0; slot < 4; slot++) {
      lru.onInsert(slot);
    }
    lru.onHit(0);
    lru.onHit(2);

    assertThat(List.of(lru.victim(), lru.victim(), lru.victim(), lru.victim()))
        .containsExactly(1, 3, 0, 2);
  }

  @Test
  void itAgreesWithALinkedHashMapInAccessOrder() {
    Seeds.check(random -> {
      Lru lru = new Lru(32);
      Map<Integer, Boolean> oracle = new LinkedHashMap<>(16, 0.75f, true);
      for (int call = 0; call < 20_000; call++) {
        int slot = random.nextInt(32);
        if (oracle.containsKey(slot)) {
          oracle.get(slot);
          lru.onHit(slot);
        } else if (oracle.size() < 20) {
          oracle.put(slot, true);
          lru.onInsert(slot);
        } else {
          int eldest = oracle.keySet().iterator().next();
          oracle.remove(eldest);
          assertThat(lru.victim()).isEqualTo(eldest);
        }
      }
      List<Integer> newestFirst = new ArrayList<>(oracle.keySet()).reversed();
      List<Integer> visited = new ArrayList<>();
      lru.forEach(visited::add);
      assertThat(visited).isEqualTo(newestFirst);
    });
  }
}
