package io.emberfs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockCache.CachedFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * Threads that write, read, hand down, drop and prefetch at once: nobody reads what was older than
 * an answered write.
 */
class EngineRaceTest {
  private static final int BLOCK = 65536;
  private static final int GRANULE = 4096;
  private static final int GRANULES = 64;
  private static final int ROUNDS = 4_000;
  private static final int APPENDS = 400;
  private static final long BACKING_DELAY_NANOS = 300_000;
  private static final int MISSES = 4;

  @Test
  void noReadIsOlderThanAnAnsweredWrite() throws InterruptedException {
    try (EngineFixture engine = new EngineFixture(BLOCK, 2 << 20, 4 << 20)) {
      engine.store().changeBehind("f", new byte[GRANULES * GRANULE]);
      engine.passYouth();
      CachedFile file = engine.open("f");
      AtomicIntegerArray answered = new AtomicIntegerArray(GRANULES);
      AtomicBoolean done = new AtomicBoolean();
      ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
      List<Thread> threads = new ArrayList<>();
      for (int reader = 0; reader < 3; reader++) {
        int first = reader * 17;
        threads.add(thread(failures, () -> readUntil(done, engine, file, answered, first)));
      }
      threads.add(thread(failures, () -> runRolesUntil(done, engine)));
      Thread writer = thread(failures, () -> write(engine, file, answered));
      writer.join();
      done.set(true);
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(failures).isEmpty();
      engine.close(file);
    }
  }

  @Test
  void nobodyReadsZerosWhereAnAppendWasAnswered() throws InterruptedException {
    try (EngineFixture engine = new EngineFixture(BLOCK, 2 << 20, 4 << 20)) {
      engine.store().changeBehind("f", new byte[] {1});
      engine.passYouth();
      engine.delayBacking(_ -> LockSupport.parkNanos(BACKING_DELAY_NANOS));
      CachedFile file = engine.open("f");
      AtomicLong answered = new AtomicLong(1);
      AtomicBoolean done = new AtomicBoolean();
      ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
      List<Thread> threads = new ArrayList<>();
      for (int reader = 0; reader < 4; reader++) {
        threads.add(thread(failures, () -> readTailUntil(done, engine, file, answered)));
      }
      threads.add(
          thread(
              failures,
              () -> {
                while (!done.get()) {
                  engine.clear("ram");
                }
              }));
      byte[] piece = new byte[100];
      Arrays.fill(piece, (byte) 1);
      for (int i = 0; i < APPENDS; i++) {
        engine.append(file, piece);
        answered.addAndGet(piece.length);
      }
      done.set(true);
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(failures).isEmpty();
      engine.close(file);
    }
  }

  /** Each request to the backing waits until all misses have one under way. */
  @Test
  void missesOfOneFileDoNotWaitForOneAnother() throws InterruptedException {
    try (EngineFixture engine = new EngineFixture(BLOCK, 2 << 20, 4 << 20)) {
      engine.store().changeBehind("f", new byte[MISSES * BLOCK]);
      engine.passYouth();
      CachedFile file = engine.open("f");
      engine.read(file, 0, 1);
      engine.clear("ram");
      engine.clear("ssd");
      CyclicBarrier together = new CyclicBarrier(MISSES);
      engine.delayBacking(_ -> meet(together));
      ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < MISSES; i++) {
        long offset = (long) i * BLOCK + GRANULE;
        threads.add(thread(failures, () -> engine.read(file, offset, 100)));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      engine.delayBacking(_ -> {});
      assertThat(failures).isEmpty();
      engine.close(file);
    }
  }

  /** The first to come after the time-to-live asks for all that wait. */
  @Test
  void aFileThatMustBeComparedIsComparedOnce() throws InterruptedException {
    try (EngineFixture engine = new EngineFixture(BLOCK, 2 << 20, 4 << 20)) {
      engine.store().changeBehind("f", new byte[BLOCK]);
      engine.passYouth();
      CachedFile file = engine.open("f");
      engine.read(file, 0, BLOCK);
      engine.clock().advanceNanos(EngineFixture.ATTRIBUTE_TTL_NANOS + 1);
      AtomicLong requests = new AtomicLong();
      engine.delayBacking(_ -> {
        requests.incrementAndGet();
        LockSupport.parkNanos(50 * BACKING_DELAY_NANOS);
      });
      ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < MISSES; i++) {
        threads.add(thread(failures, () -> engine.read(file, 0, 100)));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(failures).isEmpty();
      assertThat(requests.get()).isEqualTo(1);
      engine.close(file);
    }
  }

  private static void meet(CyclicBarrier together) {
    try {
      together.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException alone) {
      throw new AssertionError("a miss waited for another one", alone);
    }
  }

  private static void readTailUntil(
      AtomicBoolean done, EngineFixture engine, CachedFile file, AtomicLong answered) {
    while (!done.get()) {
      long end = answered.get();
      int length = (int) Math.min(200, end);
      byte[] got = engine.read(file, end - length, length);
      assertThat(got).as("the %d bytes before %d", length, end).hasSize(length).containsOnly(1);
    }
  }

  private static void write(EngineFixture engine, CachedFile file, AtomicIntegerArray answered) {
    byte[] granule = new byte[GRANULE];
    for (int round = 1; round <= ROUNDS; round++) {
      int index = round * 31 % GRANULES;
      ByteBuffer.wrap(granule).putInt(0, round).putInt(GRANULE - 4, round);
      engine.write(file, (long) index * GRANULE, granule);
      answered.set(index, round);
    }
  }

  private static void readUntil(
      AtomicBoolean done,
      EngineFixture engine,
      CachedFile file,
      AtomicIntegerArray answered,
      int first) {
    for (int i = first; !done.get(); i++) {
      int index = i * 7 % GRANULES;
      int atLeast = answered.get(index);
      ByteBuffer got = ByteBuffer.wrap(engine.read(file, (long) index * GRANULE, GRANULE));
      assertThat(got.getInt(0)).as("granule %d", index).isGreaterThanOrEqualTo(atLeast);
      assertThat(got.getInt(GRANULE - 4)).isGreaterThanOrEqualTo(atLeast);
    }
  }

  private static void runRolesUntil(AtomicBoolean done, EngineFixture engine) {
    for (int i = 0; !done.get(); i++) {
      engine.runRoles();
      if (i % 5 == 0) {
        engine.clear("ram");
      }
    }
  }

  private static Thread thread(ConcurrentLinkedQueue<Throwable> failures, Runnable body) {
    Thread thread = new Thread(body);
    thread.setUncaughtExceptionHandler((_, thrown) -> failures.add(thrown));
    thread.start();
    return thread;
  }
}
