package io.emberfs.ffi;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CpuClockTest {
  @Test
  void aThreadsTimeGrowsWithItsWorkAndIsPartOfTheProcesss() {
    long before = CpuClock.threadNanos();
    while (CpuClock.threadNanos() - before < 2_000_000) {
      Thread.onSpinWait();
    }
    assertThat(CpuClock.processNanos()).isGreaterThanOrEqualTo(CpuClock.threadNanos());
  }

  @Test
  void anotherThreadsTimeIsItsOwn() throws InterruptedException {
    long mine = CpuClock.threadNanos();
    while (CpuClock.threadNanos() - mine < 20_000_000) {
      Thread.onSpinWait();
    }
    long[] other = new long[1];
    Thread thread = new Thread(() -> other[0] = CpuClock.threadNanos());
    thread.start();
    thread.join();
    assertThat(other[0]).isPositive().isLessThan(CpuClock.threadNanos());
  }
}
