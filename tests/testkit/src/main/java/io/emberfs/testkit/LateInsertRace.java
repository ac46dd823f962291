package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockLease;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Lookup;
import io.emberfs.core.Tier;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;

/**
 * One block, readers that copy its content out and offer it late, and one writer that follows the
 * order of an own write: content, fence, removal. After the removal the tier may show the writer's
 * content or nothing.
 */
final class LateInsertRace {
  private static final int READER_COUNT = 3;

  /** Writes between two waits for a reader: without them a slow machine runs no race at all. */
  private static final int WRITES_A_TURN = 16;

  private static final long FILE = 1;
  private static final long BLOCK = 1;

  private final Tier tier;
  private final TestBlocks blocks;
  private final BlockGeometry geometry;
  private final FakeWriteFence fence;
  private final RandomGenerator random;
  private final AtomicLong content = new AtomicLong(1);
  private final AtomicLong offered = new AtomicLong();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  LateInsertRace(Tier tier, BlockGeometry geometry, FakeWriteFence fence, RandomGenerator random) {
    this.tier = tier;
    this.blocks = new TestBlocks(geometry);
    this.geometry = geometry;
    this.fence = fence;
    this.random = random;
  }

  void run(int writes) throws InterruptedException {
    List<Thread> readers = new ArrayList<>();
    for (int i = 0; i < READER_COUNT; i++) {
      readers.add(Thread.ofPlatform().start(this::offerUntilInterrupted));
    }
    try {
      for (int write = 0; write < writes; write++) {
        if (write % WRITES_A_TURN == 0) {
          awaitOffer();
        }
        long written = content.incrementAndGet();
        fence.raise(FILE, BLOCK);
        tier.remove(FILE, BLOCK);
        for (int look = random.nextInt(8); look >= 0; look--) {
          assertShows(written);
        }
      }
    } finally {
      readers.forEach(Thread::interrupt);
      for (Thread reader : readers) {
        reader.join();
      }
    }
    assertThat(failure.get()).isNull();
  }

  private void awaitOffer() {
    long before = offered.get();
    while (offered.get() == before && failure.get() == null) {
      Thread.yield();
    }
  }

  private void assertShows(long written) {
    if (tier.lookup(FILE, BLOCK, 0) instanceof Lookup.Hit(BlockLease lease)) {
      try (lease) {
        assertThat(lease.stored().get(ValueLayout.JAVA_LONG_UNALIGNED, 0)).isEqualTo(written);
      }
    }
  }

  private void offerUntilInterrupted() {
    try (Arena own = Arena.ofConfined()) {
      byte[] bytes = new byte[geometry.blockSize()];
      MemorySegment stored = own.allocate(bytes.length, Long.BYTES);
      while (!Thread.currentThread().isInterrupted()) {
        long sequence = fence.sequence();
        MemorySegment.ofArray(bytes).set(ValueLayout.JAVA_LONG_UNALIGNED, 0, content.get());
        stored.copyFrom(MemorySegment.ofArray(bytes));
        BlockMeta meta = blocks.meta(FILE, BLOCK, 1, geometry.fullMask(), sequence, bytes);
        tier.offer(meta, stored);
        offered.incrementAndGet();
      }
    } catch (RuntimeException | AssertionError thrown) {
      failure.set(thrown);
    }
  }
}
