package io.emberfs.persistence.ssd;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockMeta;
import io.emberfs.testkit.FakePolicy;
import io.emberfs.testkit.Seeds;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SsdIndexTest {
  private static final int BLOCK_COUNT_MAX = 300;

  private final SsdIndex index = new SsdIndex(BLOCK_COUNT_MAX, FakePolicy.FACTORY);

  @AfterEach
  void close() {
    index.close();
  }

  @Test
  void victimsComeInTheOrderOfAgeAndUsedOnesGetAnotherTurn() {
    for (long block = 0; block < 4; block++) {
      index.put(meta(1, block, 10));
    }
    index.touch(index.find(1, 0));
    index.expire(index.find(1, 3));

    assertThat(takeVictims()).containsExactly(3, 1, 2, 0);
  }

  @Test
  void aBlockThatStandsAboveAsWellStaysAsLongAsThereIsAnotherVictim() {
    index.setUpper((_, blockIndex) -> blockIndex < 3);
    for (long block = 0; block < 5; block++) {
      index.put(meta(1, block, 10));
    }
    assertThat(takeVictims(2)).containsExactly(3, 4);
    assertThat(index.blockCount()).isEqualTo(3);
    assertThat(takeVictims(3)).as("then nothing else is left").containsExactlyInAnyOrder(0, 1, 2);
  }

  @Test
  void lookingForAnotherVictimIsCutOff() {
    int[] asked = new int[1];
    index.setUpper((_, _) -> {
      asked[0]++;
      return true;
    });
    for (long block = 0; block < 10; block++) {
      index.put(meta(1, block, 10));
    }
    assertThat(index.meta(index.victim(3)).blockIndex()).isEqualTo(3);
    assertThat(asked[0]).isEqualTo(3);
  }

  @Test
  void aReplacedBlockKeepsItsRank() {
    index.put(meta(1, 0, 10));
    index.put(meta(1, 1, 10));
    index.touch(index.find(1, 0));
    index.put(meta(1, 0, 20));

    assertThat(index.storedBytes()).isEqualTo(30);
    assertThat(takeVictims()).containsExactly(1, 0);
    assertThat(index.storedBytes()).isZero();
  }

  @Test
  void ofThoseHeldTheLongestUnusedLeavesFirst() {
    index.setHeldBytesMax(Long.MAX_VALUE);
    index.pinned().add(1);
    for (long block = 0; block < 3; block++) {
      index.put(meta(1, block, 10));
    }
    index.put(meta(2, 7, 10));
    assertThat(index.meta(index.victim(10)).fileId()).as("the others are held").isEqualTo(2);
    long held = index.heldBytes();
    index.touch(index.find(1, 0));
    assertThat(index.heldBytes()).isEqualTo(held).isPositive();
    assertThat(index.rawBytesOf(1)).isEqualTo(3L * 4096);
    index.delete(index.find(2, 7));

    assertThat(takeVictims()).containsExactly(1, 2, 0);
    assertThat(index.heldBytes()).isZero();
  }

  @Test
  void anyOrderOfCallsAgreesWithAMap() {
    Seeds.check(random -> {
      Map<BlockKey, BlockMeta> model = new HashMap<>();
      for (int step = 0; step < 20_000; step++) {
        BlockKey key = new BlockKey(random.nextInt(5), random.nextInt(100));
        int entry = index.find(key.fileId(), key.blockIndex());
        assertThat(entry == SsdIndex.NONE ? null : index.meta(entry)).isEqualTo(model.get(key));
        switch (random.nextInt(8)) {
          case 0, 1, 2 -> {
            if (entry != SsdIndex.NONE || model.size() < BLOCK_COUNT_MAX) {
              BlockMeta meta = meta(key.fileId(), key.blockIndex(), random.nextInt(1000));
              index.put(meta);
              model.put(key, meta);
            }
          }
          case 3, 4 -> {
            if (entry != SsdIndex.NONE) {
              index.delete(entry);
              model.remove(key);
            }
          }
          case 5 -> {
            int victim = index.victim(1 + random.nextInt(5));
            assertThat(victim == SsdIndex.NONE).isEqualTo(model.isEmpty());
            if (victim != SsdIndex.NONE) {
              BlockMeta meta = index.meta(victim);
              model.remove(new BlockKey(meta.fileId(), meta.blockIndex()));
              index.delete(victim);
            }
          }
          case 6 -> {
            if (entry != SsdIndex.NONE) {
              index.touch(entry);
            }
          }
          default -> {
            if (entry != SsdIndex.NONE) {
              index.expire(entry);
            }
            long[] found = index.blocksOf(key.fileId(), key.blockIndex(), Integer.MAX_VALUE);
            Arrays.sort(found);
            assertThat(found)
                .isEqualTo(
                    model.keySet().stream()
                        .filter(
                            k -> k.fileId() == key.fileId() && k.blockIndex() >= key.blockIndex())
                        .mapToLong(BlockKey::blockIndex)
                        .sorted()
                        .toArray());
          }
        }
        if (random.nextInt(4_000) == 0) {
          index.clear();
          model.clear();
        }
        assertThat(index.blockCount()).isEqualTo(model.size());
      }
      assertThat(index.storedBytes())
          .isEqualTo(model.values().stream().mapToLong(BlockMeta::storedSize).sum());
      assertThat(index.byValue()).hasSize(model.size()).doesNotHaveDuplicates();
      assertThat(index.entryEnd()).isLessThanOrEqualTo(BLOCK_COUNT_MAX);
    });
  }

  private int[] takeVictims() {
    return takeVictims(index.blockCount());
  }

  private int[] takeVictims(int count) {
    int[] taken = new int[count];
    for (int i = 0; i < taken.length; i++) {
      int victim = index.victim(Integer.MAX_VALUE);
      taken[i] = (int) index.meta(victim).blockIndex();
      index.delete(victim);
    }
    return taken;
  }

  private static BlockMeta meta(long fileId, long blockIndex, int storedSize) {
    return new BlockMeta(fileId, blockIndex, 1, 0, 4096, storedSize, 5, 1, 6);
  }
}
