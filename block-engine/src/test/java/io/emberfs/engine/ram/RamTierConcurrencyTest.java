package io.emberfs.engine.ram;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockMeta;
import io.emberfs.testkit.Seeds;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Readers against everything that moves pages: inserts, removals, evictions, compression,
 * expansion. Every hit must hold the bytes of the block and generation asked for, whole.
 */
final class RamTierConcurrencyTest {
  private static final int BLOCK_COUNT = 200;
  private static final int READER_COUNT = 2;
  private static final int WRITER_COUNT = 2;
  private static final int CALLS_PER_WRITER = 8_000;

  /** Far more than a reader without the second look at the stamp was ever seen to need. */
  private static final int READS_MAX = 20_000_000;

  /** One race may pass without a tear, or without a block that upkeep compresses; not that many. */
  private static final int ROUNDS_MAX = 60;

  private final TestTier blocks = new TestTier(4 << 20, "default");
  private final RamTier tier = blocks.tier;
  private final AtomicLongArray generations = new AtomicLongArray(BLOCK_COUNT);
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final AtomicLong hits = new AtomicLong();
  private final AtomicBoolean isOver = new AtomicBoolean();

  /** One way to read a block. */
  private interface Reading {
    int read(long block, long generation, int offset, int length, MemorySegment target);
  }

  @Test
  void everyHitIsWholeAndOfTheBlockAskedFor() throws Exception {
    Seeds.check(random -> {
      int torn = 0;
      for (int round = 0; torn == 0 && !isUpkeepSeen(round); round++) {
        isOver.set(false);
        torn = race(random, this::read);
      }

      assertThat(failure.get()).isNull();
      assertThat(torn).as("torn reads").isZero();
      assertThat(hits.get()).isPositive();
      assertThat(blocks.count("integrity.checksumFailures")).isZero();
    });
    blocks.settle();
    assertThat(blocks.count("ram.warmed")).isPositive();
    blocks.close();
  }

  @Test
  void aReaderWithoutTheSecondLookAtTheStampIsCaught() throws Exception {
    Seeds.check(random -> {
      int torn = 0;
      for (int round = 0; torn == 0 && round < ROUNDS_MAX; round++) {
        isOver.set(false);
        torn = race(random, this::readWithoutSecondLook);
      }

      assertThat(failure.get()).isNull();
      assertThat(torn).as("torn reads").isPositive();
    });
    blocks.close();
  }

  /** Whether reads hit and upkeep compressed while they raced; true when it was tried enough. */
  private boolean isUpkeepSeen(int rounds) {
    boolean isSeen = hits.get() > 0 && blocks.count("ram.warmed") > 0;
    return rounds > 0 && (isSeen || rounds == ROUNDS_MAX);
  }

  private int read(long block, long generation, int offset, int length, MemorySegment target) {
    return tier.read(TestTier.FILE, block, generation, offset, length, target, 0);
  }

  private int readWithoutSecondLook(
      long block, long generation, int offset, int length, MemorySegment target) {
    EntryTable table = tier.table;
    int slot = table.find(TestTier.FILE, block);
    long wanted = blocks.geometry.touchedMask(offset, length);
    if (slot == EntryTable.NONE
        || !EntryTable.isStable(table.stamp(slot))
        || table.fileGeneration(slot) != generation
        || table.codecId(slot) != 0
        || (wanted & ~table.validGranules(slot)) != 0) {
      return RamTier.MISS;
    }
    int granuleSize = blocks.geometry.granuleSize();
    int position = offset;
    while (position < offset + length) {
      int granule = position / granuleSize;
      int end = Math.min((granule + 1) * granuleSize, offset + length);
      int page = table.page(slot, granule);
      tier.pages.copyOut(page, position % granuleSize, target, position - offset, end - position);
      // Gives the writers time to tear what a second look would have noticed.
      Thread.yield();
      position = end;
    }
    return length;
  }

  /** Runs until the writers are done, or a torn read was seen; returns how many were. */
  private int race(RandomGenerator random, Reading reading) throws InterruptedException {
    AtomicLong torn = new AtomicLong();
    List<Thread> writers = new ArrayList<>();
    List<Thread> others = new ArrayList<>();
    for (int i = 0; i < WRITER_COUNT; i++) {
      RandomGenerator own = Seeds.random(random.nextLong());
      writers.add(start(() -> write(own)));
    }
    for (int i = 0; i < READER_COUNT; i++) {
      RandomGenerator own = Seeds.random(random.nextLong());
      others.add(start(() -> readUntilOver(own, reading, torn)));
    }
    others.add(start(this::maintainUntilOver));
    for (Thread writer : writers) {
      writer.join();
    }
    isOver.set(true);
    for (Thread other : others) {
      other.join();
    }
    return (int) torn.get();
  }

  private Thread start(Runnable body) {
    return Thread.ofPlatform()
        .uncaughtExceptionHandler((_, thrown) -> {
          failure.compareAndSet(null, thrown);
          isOver.set(true);
        })
        .start(body);
  }

  private void write(RandomGenerator random) {
    for (int call = 0; call < CALLS_PER_WRITER && !isOver.get(); call++) {
      int block = random.nextInt(BLOCK_COUNT);
      long generation = generations.get(block);
      long granules = random.nextInt(3) == 0 ? random.nextLong() & blocks.whole : blocks.whole;
      switch (random.nextInt(16)) {
        case 0 -> tier.remove(TestTier.FILE, block);
        case 1 -> tier.removeGranules(TestTier.FILE, block, granules);
        case 2 -> generations.incrementAndGet(block);
        case 3, 4 -> blocks.offerCompressed(block, generation, granules | 1);
        case 5 -> {
          if (random.nextInt(50) == 0) {
            tier.removeFrom(TestTier.FILE, BLOCK_COUNT - 20);
          }
        }
        default -> blocks.insert(block, generation, granules | 1, random.nextInt(8));
      }
      assertThat(tier.usedBytes()).isLessThanOrEqualTo(tier.capacityBytes());
    }
  }

  private void readUntilOver(RandomGenerator random, Reading reading, AtomicLong torn) {
    int blockSize = blocks.geometry.blockSize();
    try (Arena own = Arena.ofConfined()) {
      MemorySegment target = own.allocate(blockSize, Long.BYTES);
      for (int i = 0; i < READS_MAX && !isOver.get(); i++) {
        int block = random.nextInt(BLOCK_COUNT);
        long generation = generations.get(block);
        int offset = random.nextInt(4) == 0 ? random.nextInt(blockSize / 8) * Long.BYTES : 0;
        int length = (random.nextInt((blockSize - offset) / Long.BYTES) + 1) * Long.BYTES;
        if (reading.read(block, generation, offset, length, target) == length) {
          hits.incrementAndGet();
          if (!isRight(block, generation, offset, length, target)) {
            torn.incrementAndGet();
            isOver.set(true);
          }
        }
      }
    }
  }

  private boolean isRight(
      long block, long generation, int offset, int length, MemorySegment target) {
    int granuleSize = blocks.geometry.granuleSize();
    for (int position = 0; position < length; position += Long.BYTES) {
      int granule = (offset + position) / granuleSize;
      if (target.get(ValueLayout.JAVA_LONG, position)
          != TestTier.number(block, generation, granule)) {
        return false;
      }
    }
    return true;
  }

  private void maintainUntilOver() {
    try (Arena own = Arena.ofConfined()) {
      MemorySegment lower = own.allocate(blocks.geometry.blockSize());
      while (!isOver.get()) {
        tier.maintain();
        BlockMeta _ = tier.takeUnsaved(lower);
        long _ =
            tier.scrub(
                1 << 20,
                (fileId, block) -> {
                  throw new AssertionError("block " + block + " of " + fileId + " is healthy");
                });
        tier.forEachMeta(meta -> meta.storedSize() > 0);
      }
    }
  }
}
