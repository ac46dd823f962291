package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class SlotListsTest {
  private static final int LIST_COUNT = 3;

  /** Lies in four chunks, of which the last is not whole. */
  private static final int SLOT_COUNT = 3 * SlotLists.CHUNK_SIZE + 5;

  private final SlotLists lists = new SlotLists(SLOT_COUNT, LIST_COUNT);

  /** Oldest first. */
  private final List<List<Integer>> model =
      List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());

  @Test
  void theyAgreeWithPlainListsInEveryChunk() {
    Seeds.check(random -> {
      int[] slots = fewSlots(random);
      for (int step = 0; step < 20_000; step++) {
        step(random, slots);
      }
      for (int list = 0; list < LIST_COUNT; list++) {
        List<Integer> visited = new ArrayList<>();
        lists.visit(list, visited::add);
        assertThat(visited.reversed()).isEqualTo(model.get(list));
        for (int slot : model.get(list)) {
          int index = model.get(list).indexOf(slot);
          assertThat(lists.older(slot)).isEqualTo(at(list, index - 1));
          assertThat(lists.newer(slot)).isEqualTo(at(list, index + 1));
        }
      }
    });
  }

  @Test
  void aSlotThatWasNeverUsedIsInNoList() {
    for (int slot = 0; slot < SLOT_COUNT; slot += 100) {
      assertThat(lists.isInAny(slot)).isFalse();
      assertThat(lists.isIn(0, slot)).isFalse();
    }
  }

  /** Some at the ends of chunks, where a slot and its links are not neighbours in memory. */
  private static int[] fewSlots(RandomGenerator random) {
    int[] slots = random.ints(0, SLOT_COUNT).distinct().limit(40).toArray();
    for (int i = 0; i < 10; i++) {
      int slot = SlotLists.CHUNK_SIZE * (1 + i / 5) - 3 + i % 5;
      slots[i] = contains(slots, slot) ? slots[i] : slot;
    }
    return slots;
  }

  private static boolean contains(int[] slots, int wanted) {
    for (int slot : slots) {
      if (slot == wanted) {
        return true;
      }
    }
    return false;
  }

  private void step(RandomGenerator random, int[] slots) {
    int slot = slots[random.nextInt(slots.length)];
    int list = random.nextInt(LIST_COUNT);
    int holder = holder(slot);
    switch (random.nextInt(5)) {
      case 0 -> {
        int oldest = at(list, 0);
        assertThat(lists.takeOldest(list)).isEqualTo(oldest);
        model.get(list).remove((Integer) oldest);
      }
      case 1 -> {
        int newcomer = slots[random.nextInt(slots.length)];
        if (holder >= 0 && holder(newcomer) < 0) {
          lists.replace(slot, newcomer);
          model.get(holder).set(model.get(holder).indexOf(slot), newcomer);
        }
      }
      case 2 -> {
        if (holder >= 0) {
          lists.moveTo(list, slot);
          model.get(holder).remove((Integer) slot);
          model.get(list).add(slot);
        }
      }
      default -> {
        if (holder >= 0) {
          lists.remove(slot);
          model.get(holder).remove((Integer) slot);
        } else {
          lists.add(list, slot);
          model.get(list).add(slot);
        }
      }
    }
    int holderNow = holder(slot);
    assertThat(lists.isInAny(slot)).isEqualTo(holderNow >= 0);
    assertThat(lists.isIn(list, slot)).isEqualTo(holderNow == list);
    assertThat(lists.size(list)).isEqualTo(model.get(list).size());
    assertThat(lists.sizeOfAll()).isEqualTo(model.stream().mapToInt(List::size).sum());
    assertThat(lists.oldest(list)).isEqualTo(at(list, 0));
    assertThat(lists.newest(list)).isEqualTo(at(list, model.get(list).size() - 1));
  }

  /** The list that a slot is in, or a negative number. */
  private int holder(int slot) {
    for (int list = 0; list < LIST_COUNT; list++) {
      if (model.get(list).contains(slot)) {
        return list;
      }
    }
    return -1;
  }

  private int at(int list, int index) {
    List<Integer> slots = model.get(list);
    return index >= 0 && index < slots.size() ? slots.get(index) : SlotLists.NONE;
  }
}
