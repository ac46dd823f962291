package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Prefetcher;
import io.emberfs.core.Prefetcher.Outcome;
import io.emberfs.testkit.RecordingCandidates.Proposal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Prefetcher} promises. An implementation extends this class beside its own
 * tests.
 */
public abstract class PrefetcherContract {
  protected static final BlockGeometry GEOMETRY =
      new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT);
  protected static final int BLOCK = BlockGeometry.BLOCK_SIZE_DEFAULT;

  private static final int DAMAGED_COUNT = 2000;

  /** Makes a new one that has learnt nothing. */
  protected abstract Prefetcher create();

  @Test
  void proposalsAreForgottenOnceHandedOver() {
    Prefetcher prefetcher = create();
    train(prefetcher, Seeds.random(1));
    prefetcher.candidates((_, _, _, _, _) -> {});
    RecordingCandidates again = new RecordingCandidates();
    prefetcher.candidates(again);
    assertThat(again.proposals()).isEmpty();
  }

  @Test
  void proposalsComeBestFirstAndAreWellFormed() {
    Seeds.check(random -> {
      Prefetcher prefetcher = create();
      for (int round = 0; round < 20; round++) {
        train(prefetcher, random);
        RecordingCandidates candidates = new RecordingCandidates();
        prefetcher.candidates(candidates);
        assertThat(candidates.proposals())
            .isSortedAccordingTo(Comparator.comparing(Proposal::probability).reversed())
            .allSatisfy(p -> {
              assertThat(p.blockCount()).isPositive();
              assertThat(p.firstBlockIndex()).isNotNegative();
              assertThat(p.probability()).isBetween(0f, 1f);
            });
      }
    });
  }

  @Test
  void nothingPastTheEndOfTheFileIsProposed() {
    Seeds.check(random -> {
      Prefetcher prefetcher = create();
      RecordingCandidates candidates = new RecordingCandidates();
      long fileSize = random.nextLong(1, 64L * BLOCK);
      for (int pass = 0; pass < 3; pass++) {
        for (long at = 0; at < fileSize; at += BLOCK) {
          int length = (int) Math.min(BLOCK, fileSize - at);
          prefetcher.onAccess(TestAccesses.read(1, at, length, fileSize));
          prefetcher.candidates(candidates);
        }
      }
      assertThat(candidates.blocks())
          .allSatisfy(
              key -> assertThat(GEOMETRY.blockOffset(key.blockIndex())).isLessThan(fileSize));
    });
  }

  @Test
  void uniformRandomReadsLeadToAlmostNoProposals() {
    Seeds.check(random -> {
      for (long blocks : new long[] {10, 300, 10_000, 10_000_000}) {
        Prefetcher prefetcher = create();
        RecordingCandidates candidates = new RecordingCandidates();
        int accessCount = 20_000;
        for (int i = 0; i < accessCount; i++) {
          long offset = random.nextLong(blocks * BLOCK / 4096) * 4096;
          prefetcher.onAccess(TestAccesses.read(1, offset, 4096, blocks * BLOCK));
          prefetcher.candidates(candidates);
        }
        assertThat(candidates.blockCount())
            .as("blocks proposed in a file of %d", blocks)
            .isLessThan(accessCount / 50);
      }
    });
  }

  @Test
  void outcomesOfBlocksItNeverProposedAreHarmless() {
    Seeds.check(random -> {
      Prefetcher prefetcher = create();
      for (int i = 0; i < 1000; i++) {
        Outcome outcome = Outcome.values()[random.nextInt(Outcome.values().length)];
        prefetcher.onOutcome(random.nextLong(4), random.nextLong(100), 0, outcome);
      }
      train(prefetcher, random);
    });
  }

  @Test
  void whatWasSavedIsRestoredExactly() {
    Seeds.check(random -> {
      Prefetcher trained = create();
      train(trained, random);
      byte[] saved = save(trained);
      Prefetcher restored = create();
      restored.load(in(saved));
      assertThat(save(restored)).isEqualTo(saved);
    });
  }

  @Test
  void stateThatEndsEarlyIsRefusedAndLeavesItAsNew() throws IOException {
    Prefetcher trained = create();
    train(trained, Seeds.random(2));
    byte[] saved = save(trained);
    byte[] asNew = save(create());
    for (int length = 0; length < saved.length; length += Math.max(1, saved.length / 100)) {
      byte[] cut = Arrays.copyOf(saved, length);
      assertThatThrownBy(() -> trained.load(in(cut))).isInstanceOf(IOException.class);
      assertThat(save(trained)).as("after %d bytes", length).isEqualTo(asNew);
    }
  }

  @Test
  void damagedStateIsRefusedOrHarmless() {
    Seeds.check(random -> {
      Prefetcher trained = create();
      train(trained, random);
      byte[] saved = save(trained);
      byte[] asNew = save(create());
      for (int i = 0; i < DAMAGED_COUNT; i++) {
        byte[] damaged = saved.clone();
        for (int hit = random.nextInt(1, 8); hit > 0; hit--) {
          // Half of the damage goes to the front, where the lengths stand.
          int bound = random.nextBoolean() ? Math.min(64, saved.length) : saved.length;
          damaged[random.nextInt(bound)] = (byte) random.nextInt();
        }
        Prefetcher victim = create();
        try {
          victim.load(in(damaged));
        } catch (IOException _) {
          assertThat(save(victim)).isEqualTo(asNew);
        }
        train(victim, random);
      }
    });
  }

  /**
   * Streams, repeated scattered sequences and noise, so that every kind of model learns something.
   */
  private static void train(Prefetcher prefetcher, RandomGenerator random) {
    long fileSize = 1000L * BLOCK;
    long from = random.nextLong(500) * BLOCK;
    for (int i = 0; i < 40; i++) {
      prefetcher.onAccess(TestAccesses.read(1, from + (long) i * BLOCK, BLOCK, fileSize));
    }
    for (int pass = 0; pass < 4; pass++) {
      for (int i = 0; i < 10; i++) {
        prefetcher.onAccess(TestAccesses.read(2, (i * 379L) % 1000 * BLOCK, 4096, fileSize));
      }
    }
    for (int i = 0; i < 50; i++) {
      prefetcher.onAccess(
          TestAccesses.read(random.nextLong(3, 6), random.nextLong(fileSize), 4096, fileSize));
    }
  }

  private static byte[] save(Prefetcher prefetcher) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    prefetcher.save(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  private static DataInputStream in(byte[] bytes) {
    return new DataInputStream(new ByteArrayInputStream(bytes));
  }
}
