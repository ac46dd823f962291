package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockLease;
import io.emberfs.core.Lookup;
import io.emberfs.core.Tier;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;

/** What {@link Tier#scrub} promises, asked of one tier. One thread at a time. */
final class ScrubProbe {
  private static final long FILE = 7;
  private static final int RACED_BLOCKS = 12;

  private final Tier tier;
  private final TierProbe probe;
  private final FakeWriteFence fence;
  private final long whole;
  private final AtomicBoolean isOver = new AtomicBoolean();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  ScrubProbe(Tier tier, BlockGeometry geometry, FakeWriteFence fence) {
    this.tier = tier;
    this.fence = fence;
    probe = new TierProbe(tier, geometry, fence);
    whole = geometry.fullMask();
  }

  /** Verifies whole rounds with this budget a step; fails unless each looks at every block once. */
  void verifiesEachBlockOnceARound(long byteBudget, int rounds) {
    long blockCount = tier.blockCount();
    for (int round = 0; round < rounds; round++) {
      long verified = 0;
      for (long step = healthyStep(byteBudget); step > 0; step = healthyStep(byteBudget)) {
        verified += step;
        assertThat(verified).isLessThanOrEqualTo(blockCount);
      }
      assertThat(verified).isEqualTo(blockCount);
    }
    assertThat(tier.blockCount()).isEqualTo(blockCount);
  }

  /** Verifies one round; returns the blocks that were named as damaged, in order. */
  List<BlockKey> damagedInARound() {
    List<BlockKey> named = new ArrayList<>();
    long step;
    do {
      step = tier.scrub(Long.MAX_VALUE, (file, block) -> named.add(new BlockKey(file, block)));
    } while (step > 0);
    return named;
  }

  /**
   * Two rounds at once beside a writer that replaces, grows and removes blocks, and a reader: no
   * healthy block may be named.
   */
  void namesNoBlockThatIsBeingReplaced(RandomGenerator random, int changes)
      throws InterruptedException {
    List<Thread> threads =
        List.of(
            Thread.ofPlatform().start(() -> untilOver(() -> healthyStep(1 << 18))),
            Thread.ofPlatform().start(() -> untilOver(() -> healthyStep(1))),
            Thread.ofPlatform().start(() -> untilOver(this::readAll)));
    try {
      for (int change = 0; change < changes; change++) {
        long block = random.nextInt(RACED_BLOCKS);
        switch (random.nextInt(6)) {
          case 0 -> tier.remove(FILE, block);
          case 1 -> {
            fence.raise(FILE, block);
            tier.remove(FILE, block);
          }
          case 2 -> probe.offer(FILE, block, change, 1 + random.nextLong(whole));
          default -> probe.offer(FILE, block, change, whole);
        }
      }
    } finally {
      isOver.set(true);
      for (Thread thread : threads) {
        thread.join();
      }
    }
    assertThat(failure.get()).isNull();
  }

  private void untilOver(Runnable step) {
    try {
      while (!isOver.get()) {
        step.run();
      }
    } catch (RuntimeException | AssertionError thrown) {
      failure.set(thrown);
    }
  }

  private void readAll() {
    for (long block = 0; block < RACED_BLOCKS; block++) {
      Lookup lookup = tier.lookup(FILE, block, 0);
      assertThat(lookup).isNotInstanceOf(Lookup.Corrupt.class);
      if (lookup instanceof Lookup.Hit(BlockLease lease)) {
        lease.close();
      }
    }
  }

  private long healthyStep(long byteBudget) {
    return tier.scrub(
        byteBudget,
        (file, block) -> {
          throw new AssertionError("block " + block + " of file " + file + " is healthy");
        });
  }
}
