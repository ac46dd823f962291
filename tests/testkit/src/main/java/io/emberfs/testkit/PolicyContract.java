package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.emberfs.core.BlockKey;
import io.emberfs.core.ReplacementPolicy;
import io.emberfs.core.ReplacementPolicy.SlotView;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * What every {@link ReplacementPolicy} promises, whatever it prefers. An implementation extends
 * this class and says how to make one.
 */
public abstract class PolicyContract {
  private static final int SLOT_COUNT = 64;

  /** Makes a policy that knows no slot. */
  protected abstract ReplacementPolicy create(int slotCount, SlotView view);

  private final long[] keys = new long[SLOT_COUNT];
  private final BitSet prefetched = new BitSet();
  private final SlotView view =
      new SlotView() {
        @Override
        public long keyHash(int slot) {
          return BlockKey.hash(1, keys[slot]);
        }

        @Override
        public boolean isPrefetched(int slot) {
          return prefetched.get(slot);
        }
      };
  private final ReplacementPolicy policy = create(SLOT_COUNT, view);

  @Test
  void anEmptyPolicyHasNoVictim() {
    assertThat(policy.size()).isZero();
    assertThat(policy.victim()).isEqualTo(-1);
    assertThat(known()).isEmpty();
  }

  @Test
  void everyKnownSlotIsAVictimOnce() {
    insert(0, SLOT_COUNT);
    policy.onHit(3);
    policy.onHit(3);

    List<Integer> victims = new ArrayList<>();
    for (int slot = policy.victim(); slot != -1; slot = policy.victim()) {
      victims.add(slot);
      assertThat(policy.size()).isEqualTo(SLOT_COUNT - victims.size());
    }

    assertThat(victims).hasSize(SLOT_COUNT).doesNotHaveDuplicates();
  }

  @Test
  void aRemovedSlotIsNoVictim() {
    insert(0, 4);

    policy.onRemove(2);

    assertThat(policy.size()).isEqualTo(3);
    assertThat(List.of(policy.victim(), policy.victim(), policy.victim()))
        .containsExactlyInAnyOrder(0, 1, 3);
    assertThat(policy.victim()).isEqualTo(-1);
  }

  @Test
  void aHitOfAnUnknownSlotIsIgnored() {
    insert(0, 2);
    int victim = policy.victim();

    policy.onHit(victim);
    policy.onHit(SLOT_COUNT - 1);

    assertThat(policy.size()).isOne();
    assertThat(known()).containsExactly(1 - victim);
  }

  @Test
  void aSlotCanBeUsedAgain() {
    for (int round = 0; round < 5; round++) {
      insert(0, SLOT_COUNT);
      while (policy.victim() != -1) {
        // until it is empty
      }
    }
    assertThat(policy.size()).isZero();
  }

  @Test
  void aVictimThatReturnsIsKnownAndNotTheNextToLeave() {
    insert(0, SLOT_COUNT);
    for (int round = 0; round < SLOT_COUNT / 2; round++) {
      int returned = policy.victim();

      policy.onReturn(returned);

      assertThat(policy.size()).isEqualTo(SLOT_COUNT);
      assertThat(known()).hasSize(SLOT_COUNT).contains(returned);
      int next = policy.victim();
      assertThat(next).isNotEqualTo(returned);
      policy.onInsert(next);
    }
  }

  @Test
  void theVisitSeesEveryKnownSlotOnceAndStopsWhenTold() {
    insert(0, 10);
    policy.onHit(4);

    assertThat(known()).hasSize(10).doesNotHaveDuplicates();
    List<Integer> firstTwo = new ArrayList<>();
    policy.forEach(slot -> {
      firstTwo.add(slot);
      return firstTwo.size() < 2;
    });
    assertThat(firstTwo).isEqualTo(known().subList(0, 2));
  }

  @Test
  void anyOrderOfCallsKeepsTheAccount() {
    Seeds.check(random -> runAgainstSet(random, 20_000));
  }

  @Test
  void nothingIsAllocatedAfterConstruction() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    RandomGenerator random = Seeds.random(1);
    long leastAllocated = Long.MAX_VALUE;
    // More than one round: the compiler, when it gives up on a method, allocates in its name.
    for (int round = 0; round < 10; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      churn(random, 10_000);
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;
      leastAllocated = Math.min(leastAllocated, allocated);
    }

    assertThat(leastAllocated).isZero();
  }

  private void runAgainstSet(RandomGenerator random, int calls) {
    BitSet model = new BitSet();
    policy.forEach(slot -> {
      model.set(slot);
      return true;
    });
    for (int call = 0; call < calls; call++) {
      int slot = random.nextInt(SLOT_COUNT);
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> {
          if (!model.get(slot)) {
            keys[slot] = random.nextInt(3 * SLOT_COUNT);
            prefetched.set(slot, random.nextInt(4) == 0);
            policy.onInsert(slot);
            model.set(slot);
          }
        }
        case 3, 4, 5 -> {
          prefetched.clear(slot);
          policy.onHit(slot);
        }
        case 6 -> {
          if (model.get(slot)) {
            policy.onRemove(slot);
            model.clear(slot);
          }
        }
        default -> {
          int victim = policy.victim();
          assertThat(victim == -1 ? model.isEmpty() : model.get(victim))
              .as("victim %d of %s", victim, model)
              .isTrue();
          if (victim != -1 && random.nextInt(4) == 0) {
            prefetched.clear(victim);
            policy.onReturn(victim);
          } else if (victim != -1) {
            model.clear(victim);
          }
        }
      }
      assertThat(policy.size()).isEqualTo(model.cardinality());
    }
    assertThat(known()).containsExactlyInAnyOrderElementsOf(model.stream().boxed().toList());
  }

  private void churn(RandomGenerator random, int calls) {
    for (int call = 0; call < calls; call++) {
      int slot = call < SLOT_COUNT ? call : policy.victim();
      if (call < SLOT_COUNT && policy.size() == SLOT_COUNT) {
        slot = policy.victim();
      }
      if (call >= SLOT_COUNT && call % 8 == 7) {
        policy.onReturn(slot);
        continue;
      }
      keys[slot] = random.nextInt(3 * SLOT_COUNT);
      policy.onInsert(slot);
      policy.onHit(random.nextInt(SLOT_COUNT));
    }
  }

  private void insert(int from, int to) {
    for (int slot = from; slot < to; slot++) {
      keys[slot] = slot;
      policy.onInsert(slot);
    }
  }

  private List<Integer> known() {
    List<Integer> slots = new ArrayList<>();
    policy.forEach(slots::add);
    return slots;
  }
}
