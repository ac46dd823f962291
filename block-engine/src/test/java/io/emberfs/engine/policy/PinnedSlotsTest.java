package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockKey;
import io.emberfs.core.ReplacementPolicy;
import io.emberfs.testkit.PolicyContract;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PinnedSlotsTest extends PolicyContract {
  private static final int SLOTS = 20;

  private final BitSet pinned = new BitSet();
  private final int[] pageCounts = new int[SLOTS];
  private long heldPagesMax = 100;
  private final PinnedSlots.View view =
      new PinnedSlots.View() {
        @Override
        public boolean isPinned(int slot) {
          return pinned.get(slot);
        }

        @Override
        public int pageCount(int slot) {
          return pageCounts[slot];
        }

        @Override
        public long heldPagesMax() {
          return heldPagesMax;
        }
      };
  private final PinnedSlots policy = new PinnedSlots(SLOTS, new Lru(SLOTS), view);

  /** A quarter of the keys is pinned, and half of the slots may be held. */
  @Override
  protected ReplacementPolicy create(int slotCount, ReplacementPolicy.SlotView view) {
    return new PinnedSlots(
        slotCount,
        new Master(slotCount, view),
        new PinnedSlots.View() {
          @Override
          public boolean isPinned(int slot) {
            return (view.keyHash(slot) & 3) == 0;
          }

          @Override
          public int pageCount(int slot) {
            return 1;
          }

          @Override
          public long heldPagesMax() {
            return slotCount / 2;
          }
        });
  }

  @Test
  void pinnedBlocksLeaveWhenNothingElseIsLeftOldestFirst() {
    pin(0, 5);
    insert(10);
    policy.onHit(0);

    assertThat(victims(10)).containsExactly(1, 2, 3, 4, 6, 7, 8, 9, 5, 0);
  }

  @Test
  void aHitKeepsAHeldBlockLongerThanOtherHeldOnes() {
    pin(0, 1, 2);
    insert(4);
    assertThat(policy.victim()).isEqualTo(3);

    policy.onHit(0);

    assertThat(victims(3)).containsExactly(1, 2, 0);
  }

  @Test
  void noMoreIsHeldThanTheBound() {
    heldPagesMax = 6;
    pin(0, 1, 2, 3);
    insert(10);

    assertThat(victims(2)).as("two pages each: three fit").containsExactly(3, 4);
    assertThat(policy.heldPages()).isEqualTo(6);
  }

  @Test
  void aBoundThatShrinksLetsTheOldestGoAtOnce() {
    pin(0, 1, 2, 3);
    insert(10);
    assertThat(policy.victim()).isEqualTo(4);

    heldPagesMax = 4;

    assertThat(victims(3)).containsExactly(0, 1, 5);
    assertThat(policy.heldPages()).isEqualTo(4);
  }

  @Test
  void aHeldBlockThatIsSparedIsHeldOn() {
    pin(0, 1);
    insert(2);
    assertThat(policy.victim()).isZero();

    policy.onReturn(0);

    assertThat(policy.heldPages()).isEqualTo(4);
    assertThat(victims(2)).containsExactly(1, 0);
  }

  @Test
  void theAccountFollowsBlocksThatGrowShrinkAndGo() {
    pin(0, 1);
    insert(3);
    assertThat(policy.victim()).isEqualTo(2);

    pageCounts[0] = 16;
    policy.onResize(0, 2);
    pageCounts[1] = 1;
    policy.onResize(1, 2);
    assertThat(policy.heldPages()).isEqualTo(17);

    policy.onRemove(0);
    assertThat(policy.heldPages()).isEqualTo(1);
    assertThat(policy.size()).isOne();
  }

  @Test
  void aReleasedBlockIsAVictimLikeOthers() {
    pin(0, 1);
    insert(5);
    assertThat(policy.victim()).isEqualTo(2);
    pinned.clear();

    policy.release(0);
    policy.release(1);
    policy.release(3);

    assertThat(policy.heldPages()).isZero();
    assertThat(victims(4)).containsExactly(3, 4, 0, 1);
    assertThat(policy.victim()).isEqualTo(-1);
  }

  /** To the policy a held block was never evicted: a ghost of it would say otherwise. */
  @Test
  void whatIsHeldLeavesNoGhost() {
    List<String> calls = new ArrayList<>();
    Lru lru = new Lru(1);
    ReplacementPolicy noting =
        (ReplacementPolicy)
            Proxy.newProxyInstance(
                ReplacementPolicy.class.getClassLoader(),
                new Class<?>[] {ReplacementPolicy.class},
                (_, method, arguments) -> {
                  calls.add(method.getName());
                  return method.invoke(lru, arguments);
                });
    PinnedSlots any = new PinnedSlots(1, noting, view);
    pin(0);
    any.onInsert(0);

    assertThat(any.victim()).isZero();

    assertThat(calls).containsExactly("onInsert", "victim", "onReturn", "onRemove", "victim");
  }

  /** Under any rule: what is held is out of the policy's reach. */
  @Test
  void aScanTakesNothingThatIsPinnedUnderAnyPolicy() {
    for (String name : PolicyFactory.names()) {
      long[] keys = new long[SLOTS];
      PinnedSlots any = over(name, keys);
      for (int slot = 0; slot < SLOTS; slot++) {
        keys[slot] = slot;
        any.onInsert(slot);
      }
      for (int key = SLOTS; key < 100 * SLOTS; key++) {
        int slot = any.victim();
        assertThat(keys[slot]).as(name).isGreaterThanOrEqualTo(SLOTS / 2);
        keys[slot] = key;
        any.onInsert(slot);
      }
    }
  }

  private static PinnedSlots over(String name, long[] keys) {
    ReplacementPolicy.SlotView view =
        new ReplacementPolicy.SlotView() {
          @Override
          public long keyHash(int slot) {
            return BlockKey.hash(1, keys[slot]);
          }

          @Override
          public boolean isPrefetched(int slot) {
            return false;
          }
        };
    return new PinnedSlots(
        SLOTS,
        PolicyFactory.create(name, SLOTS, view),
        new PinnedSlots.View() {
          @Override
          public boolean isPinned(int slot) {
            return keys[slot] < SLOTS / 2;
          }

          @Override
          public int pageCount(int slot) {
            return 1;
          }

          @Override
          public long heldPagesMax() {
            return SLOTS / 2;
          }
        });
  }

  private void pin(int... slots) {
    IntStream.of(slots).forEach(pinned::set);
  }

  private void insert(int count) {
    for (int slot = 0; slot < count; slot++) {
      pageCounts[slot] = 2;
      policy.onInsert(slot);
    }
  }

  private List<Integer> victims(int count) {
    List<Integer> victims = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      victims.add(policy.victim());
    }
    return victims;
  }
}
