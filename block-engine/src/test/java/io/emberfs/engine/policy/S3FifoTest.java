package io.emberfs.engine.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockKey;
import io.emberfs.core.ReplacementPolicy;
import io.emberfs.core.ReplacementPolicy.SlotView;
import io.emberfs.testkit.PolicyContract;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

final class S3FifoTest extends PolicyContract {
  private final long[] keys = new long[256];
  private final BitSet prefetched = new BitSet();
  private final S3Fifo policy =
      new S3Fifo(
          keys.length,
          new SlotView() {
            @Override
            public long keyHash(int slot) {
              return BlockKey.hash(1, keys[slot]);
            }

            @Override
            public boolean isPrefetched(int slot) {
              return prefetched.get(slot);
            }
          });

  @Override
  protected ReplacementPolicy create(int slotCount, SlotView view) {
    return new S3Fifo(slotCount, view);
  }

  @Test
  void newcomersLeaveInTheOrderOfTheirArrival() {
    insert(0, 1, 2);

    assertThat(victims(3)).containsExactly(0, 1, 2);
  }

  @Test
  void aNewcomerUsedTwiceOutlivesAScan() {
    insert(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    hit(0, 0, 5, 5);
    List<Integer> gone = new ArrayList<>();
    for (int block = 10; block < 110; block++) {
      gone.addAll(victims(1));
      insert(block);
    }

    assertThat(gone).doesNotContain(0, 5);
  }

  @Test
  void aNewcomerUsedOnceLeaves() {
    insert(0, 1);
    hit(0);

    assertThat(victims(1)).containsExactly(0);
  }

  @Test
  void aGhostThatComesBackGoesToTheMainQueueAtOnce() {
    insert(0, 1, 2);
    assertThat(victims(1)).containsExactly(0);

    insert(0, 3);

    assertThat(victims(4)).containsExactly(1, 2, 3, 0);
  }

  @Test
  void aRemovedBlockLeavesNoGhost() {
    insert(0, 1, 2);
    policy.onRemove(0);

    insert(0);

    assertThat(victims(3)).containsExactly(1, 2, 0);
  }

  @Test
  void aBlockOfTheMainQueueThatIsUsedGetsAnotherRound() {
    insert(0, 1, 2);
    hit(0, 0, 1, 1);
    assertThat(victims(1)).containsExactly(2); // 0 and 1 moved to the main queue
    hit(0);

    assertThat(victims(2)).containsExactly(1, 0);
  }

  @Test
  void prefetchedBlocksBeyondTheirShareLeaveBeforeOlderOnes() {
    insert(0, 1, 2);
    insertPrefetched(10, 11);

    assertThat(victims(2)).containsExactly(10, 11);
    assertThat(victims(1)).containsExactly(0);
  }

  @Test
  void prefetchedBlocksWithinTheirShareLeaveInTurn() {
    for (int block = 0; block < 90; block++) {
      insert(block);
      if (block == 1) {
        insertPrefetched(200, 201);
      }
    }

    assertThat(victims(5)).containsExactly(0, 1, 200, 201, 2);
  }

  @Test
  void aPrefetchedBlockThatIsUsedIsANewcomer() {
    insertPrefetched(0);
    insert(1);
    prefetched.clear(0);
    hit(0);
    insert(2);

    assertThat(victims(3)).containsExactly(1, 0, 2);
  }

  @Test
  void theNewsOfAFirstUseMayBeLost() {
    insertPrefetched(0);
    insert(1);
    prefetched.clear(0);
    assertThat(victims(1)).containsExactly(1);
    insert(2);

    assertThat(victims(2)).containsExactly(0, 2);
  }

  private void insert(int... slots) {
    for (int slot : slots) {
      keys[slot] = slot;
      policy.onInsert(slot);
    }
  }

  private void insertPrefetched(int... slots) {
    for (int slot : slots) {
      prefetched.set(slot);
      insert(slot);
    }
  }

  private void hit(int... slots) {
    for (int slot : slots) {
      policy.onHit(slot);
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
