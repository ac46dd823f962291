package io.emberfs.engine.prefetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.Access;
import io.emberfs.core.Access.Operation;
import io.emberfs.core.Access.Source;
import io.emberfs.core.Meters;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class AccessRingTest {
  private static final int CAPACITY = 64;

  private final Meters meters = new Meters();
  private final AccessRing ring = new AccessRing(CAPACITY, meters);
  private final List<Access> drained = new ArrayList<>();

  @Test
  void everyFieldArrivesAsItWasGiven() {
    ring.offer(-1, Long.MAX_VALUE, Integer.MAX_VALUE, 7, -9, Operation.LISTING, -5, Source.BACKING);
    ring.offer(1, 2, 3, 4, 5, Operation.READ, Integer.MAX_VALUE, Source.NONE);
    ring.drain(10, drained::add);
    assertThat(drained)
        .containsExactly(
            new Access(
                -1,
                Long.MAX_VALUE,
                Integer.MAX_VALUE,
                7,
                -9,
                Operation.LISTING,
                -5,
                Source.BACKING),
            new Access(1, 2, 3, 4, 5, Operation.READ, Integer.MAX_VALUE, Source.NONE));
  }

  @Test
  void aFullRingLosesTheNewestAndCountsIt() {
    for (int i = 0; i < CAPACITY; i++) {
      assertThat(offer(i)).isTrue();
    }
    assertThat(offer(CAPACITY)).isFalse();
    assertThat(meters.counter("prefetch.lostAccesses").value()).isEqualTo(1);
    assertThat(ring.drain(1000, drained::add)).isEqualTo(CAPACITY);
    assertThat(drained.getLast().fileId()).isEqualTo(CAPACITY - 1);
    assertThat(offer(0)).isTrue();
  }

  @Test
  void drainTakesNoMoreThanItWasAskedForAndGoesOnWhereItStopped() {
    for (int round = 0; round < 5; round++) {
      for (int i = 0; i < 40; i++) {
        offer(round * 40L + i);
      }
      assertThat(ring.drain(30, drained::add)).isEqualTo(30);
      assertThat(ring.drain(30, drained::add)).isEqualTo(10);
      assertThat(ring.drain(30, drained::add)).isZero();
    }
    for (int i = 0; i < drained.size(); i++) {
      assertThat(drained.get(i).fileId()).isEqualTo(i);
    }
  }

  @Test
  void accessesOfManyThreadsArriveWholeInEachThreadsOrderOrAreCounted() throws Exception {
    int threadCount = 4;
    int each = 20_000;
    AtomicInteger running = new AtomicInteger(threadCount);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < threadCount; t++) {
      int thread = t;
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < each; i++) {
                  ring.offer(i, i, i, i, i, Operation.WRITE, thread, Source.SSD);
                }
                running.decrementAndGet();
              }));
    }
    long[] last = {-1, -1, -1, -1};
    long taken = 0;
    boolean producing = true;
    while (producing || !drained.isEmpty()) {
      producing = running.get() > 0;
      drained.clear();
      taken += ring.drain(1000, drained::add);
      for (Access access : drained) {
        long i = access.fileId();
        assertThat(access)
            .isEqualTo(
                new Access(i, i, (int) i, i, i, Operation.WRITE, access.process(), Source.SSD));
        assertThat(i).isGreaterThan(last[access.process()]);
        last[access.process()] = i;
      }
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(taken + meters.counter("prefetch.lostAccesses").value())
        .isEqualTo((long) threadCount * each);
  }

  @Test
  void aCapacityThatIsNoPowerOfTwoIsRefused() {
    assertThatThrownBy(() -> new AccessRing(48, meters))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private boolean offer(long fileId) {
    return ring.offer(fileId, 0, 4096, 1, 0, Operation.READ, 1, Source.RAM);
  }
}
