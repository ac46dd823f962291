package io.emberfs.app.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Meters;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class PoolWorkersTest {
  private final Meters meters = new Meters();

  @Test
  void takenTasksEndBeforeCloseReturns() {
    AtomicInteger done = new AtomicInteger();
    try (PoolWorkers workers = new PoolWorkers(2, 100, meters)) {
      for (int i = 0; i < 50; i++) {
        assertThat(workers.execute(done::incrementAndGet)).isTrue();
      }
    }
    assertThat(done).hasValue(50);
  }

  @Test
  void oneThreadKeepsTheOrderOfCalls() {
    List<Integer> order = new CopyOnWriteArrayList<>();
    try (PoolWorkers workers = new PoolWorkers(1, 10, meters)) {
      for (int i = 0; i < 10; i++) {
        int number = i;
        workers.execute(() -> order.add(number));
      }
    }
    assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  }

  @Test
  void aFullQueueRefuses() throws InterruptedException {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch running = new CountDownLatch(1);
    try (PoolWorkers workers = new PoolWorkers(1, 1, meters)) {
      workers.execute(() -> {
        running.countDown();
        awaitQuietly(release);
      });
      running.await();
      assertThat(workers.execute(() -> {})).isTrue();
      assertThat(workers.execute(() -> {})).isFalse();
      assertThat(meters.counter("workers.refused").value()).isEqualTo(1);
      release.countDown();
    }
  }

  @Test
  void whatEscapesIsCountedAndEndsThatTaskOnly() {
    AtomicInteger done = new AtomicInteger();
    try (PoolWorkers workers = new PoolWorkers(1, 10, meters)) {
      workers.execute(() -> {
        throw new AssertionError("planted");
      });
      workers.execute(done::incrementAndGet);
    }
    assertThat(done).hasValue(1);
    assertThat(meters.counter("workers.escaped").value()).isEqualTo(1);
  }

  @Test
  void aLoopGoesOnAfterAStepFailedAndStopsAtClose() throws InterruptedException {
    AtomicInteger steps = new AtomicInteger();
    CountDownLatch enough = new CountDownLatch(5);
    PoolWorkers workers = new PoolWorkers(1, 10, meters);
    workers.loop(
        "emberfs-test-loop",
        1,
        () -> {
          enough.countDown();
          if (steps.incrementAndGet() == 2) {
            throw new IllegalStateException("planted");
          }
          return steps.get() % 2;
        });
    assertThat(enough.await(30, TimeUnit.SECONDS)).isTrue();
    workers.close();
    int atClose = steps.get();
    assertThat(meters.counter("workers.escaped").value()).isEqualTo(1);
    assertThat(workers.execute(() -> {})).isFalse();
    assertThat(steps).hasValue(atClose);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
    }
  }
}
