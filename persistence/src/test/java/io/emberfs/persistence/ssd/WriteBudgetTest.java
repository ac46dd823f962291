package io.emberfs.persistence.ssd;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Histogram;
import io.emberfs.core.Meters;
import io.emberfs.core.WriteFence;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.FakePolicy;
import io.emberfs.testkit.TierProbe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WriteBudgetTest {
  private static final long WHOLE = WriteHistory.GEOMETRY.fullMask();
  private static final long DAY_NANOS = 86_400_000_000_000L;
  private static final int BLOCKS = 32;

  @TempDir private Path temporary;
  private final FakeClock clock = new FakeClock();
  private Meters meters = new Meters();

  @Test
  void whatWasWrittenIsCountedAndKept() throws IOException {
    long total;
    try (SsdDatabase database = open()) {
      write(database);
      assertThat(written("runBytes")).isGreaterThanOrEqualTo(offeredBytes());
      assertThat(written("runBytes"))
          .isEqualTo(written("logBytes") + written("flushBytes") + written("compactionBytes"));
      assertThat(written("todayBytes")).isEqualTo(written("totalBytes"));
      total = written("totalBytes");
    }
    meters = new Meters();
    try (SsdDatabase _ = open()) {
      assertThat(written("runBytes")).isLessThan(total);
      assertThat(written("totalBytes")).isGreaterThanOrEqualTo(total);
      assertThat(written("todayBytes")).isGreaterThanOrEqualTo(total);
    }
  }

  @Test
  void aNewDayBeginsWithNothing() throws IOException {
    try (SsdDatabase database = open()) {
      write(database);
      long before = written("totalBytes");
      clock.advanceNanos(DAY_NANOS);
      assertThat(written("todayBytes")).isZero();
      assertThat(written("totalBytes")).isEqualTo(before);
      write(database);
      assertThat(written("todayBytes")).isPositive().isLessThan(written("totalBytes"));
    }
    meters = new Meters();
    clock.advanceNanos(DAY_NANOS);
    try (SsdDatabase _ = open()) {
      assertThat(written("todayBytes")).isLessThan(offeredBytes());
      assertThat(written("totalBytes")).isGreaterThan(2 * offeredBytes());
    }
  }

  private void write(SsdDatabase database) {
    TierProbe probe = new TierProbe(database.tier(), WriteHistory.GEOMETRY, WriteFence.OPEN);
    for (long block = 0; block < BLOCKS; block++) {
      database.tier().remove(1, block);
      probe.accept(1, block, 1, WHOLE);
    }
    database.tier().flush();
  }

  private static long offeredBytes() {
    return (long) BLOCKS * WriteHistory.GEOMETRY.blockSize();
  }

  private long written(String name) {
    Map<String, Long> counts = new HashMap<>();
    meters.visit(
        new Meters.Visitor() {
          @Override
          public void count(String each, long value) {
            counts.put(each, value);
          }

          @Override
          public void ratio(String each, double value) {}

          @Override
          public void histogram(String each, Histogram histogram) {}
        });
    return counts.getOrDefault("tiers.ssd.written." + name, -1L);
  }

  private SsdDatabase open() throws IOException {
    return SsdDatabase.open(
        temporary.resolve("ssd"),
        new SsdSpec(WriteHistory.GEOMETRY, 64L << 20, 0, FakePolicy.FACTORY),
        WriteFence.OPEN,
        clock,
        meters);
  }
}
