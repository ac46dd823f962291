package io.emberfs.persistence.ssd;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Clock;
import io.emberfs.core.Lookup;
import io.emberfs.core.Meters;
import io.emberfs.core.WriteFence;
import io.emberfs.testkit.FakePolicy;
import io.emberfs.testkit.TierProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SsdSpaceTest {
  private static final BlockGeometry GEOMETRY = WriteHistory.GEOMETRY;
  private static final long WHOLE = GEOMETRY.fullMask();

  @TempDir private Path temporary;
  private final Meters meters = new Meters();

  @Test
  void filesStayBoundedHoweverMuchIsOffered() throws IOException {
    long capacityBytes = 16L << 20;
    long blockCount = 20 * capacityBytes / GEOMETRY.blockSize();
    SsdSpec spec = new SsdSpec(GEOMETRY, capacityBytes, 0, FakePolicy.FACTORY);
    try (SsdDatabase database =
        SsdDatabase.open(temporary.resolve("ssd"), spec, WriteFence.OPEN, Clock.SYSTEM, meters)) {
      TierProbe probe = new TierProbe(database.tier(), GEOMETRY, WriteFence.OPEN);
      long bytesMax = 0;
      for (long block = 0; block < blockCount; block++) {
        probe.offer(1, block, 1, WHOLE);
        if (block % 1024 == 1023) {
          database.tier().flush(); // as seldom as an engine under load may call it
        }
        if (block % 64 == 63) {
          bytesMax = Math.max(bytesMax, TestFolders.bytes(temporary.resolve("ssd")));
        }
      }

      assertThat(bytesMax).isLessThanOrEqualTo(SsdSpec.diskBytesMax(capacityBytes));
      assertThat(meters.counter("ssd.bytesWritten").value())
          .as("bytes taken")
          .isGreaterThan(SsdSpec.diskBytesMax(capacityBytes));
      assertThat(database.tier().blockCount()).isPositive();
      assertThat(database.diskBytes()).isPositive().isLessThanOrEqualTo(bytesMax);
      assertThat(database.memoryBytesMax()).isBetween(1L << 20, 200L << 20);
    }
  }

  @Test
  void aTierWithoutRoomOnItsDiskSaysThatItsBudgetIsSmaller() throws IOException {
    long keepFreeBytes = Long.MAX_VALUE / 4; // more than any disk has
    SsdSpec spec = new SsdSpec(GEOMETRY, 16L << 20, keepFreeBytes, FakePolicy.FACTORY);
    try (SsdDatabase database =
        SsdDatabase.open(temporary.resolve("ssd"), spec, WriteFence.OPEN, Clock.SYSTEM, meters)) {
      TierProbe probe = new TierProbe(database.tier(), GEOMETRY, WriteFence.OPEN);
      probe.accept(1, 1, 1, WHOLE);
      assertThat(database.tier().capacityBytes()).isEqualTo(16L << 20);

      int _ = database.care();

      assertThat(database.tier().capacityBytes()).isZero();
      assertThat(database.tier().usedBytes()).isZero();
      assertThat(probe.offer(1, 2, 1, WHOLE)).isFalse();
    }
  }

  @Test
  void aDeviceThatFailsStopsTheTierAndIsNotBelievedAgain() throws IOException {
    Path directory = temporary.resolve("ssd");
    SsdDatabase database = WriteHistory.open(directory, meters);
    TierProbe probe = new TierProbe(database.tier(), GEOMETRY, WriteFence.OPEN);
    probe.accept(1, 1, 1, WHOLE);
    database.tier().flush();
    probe.accept(1, 2, 1, WHOLE);
    long lastNumber = database.records().newFileId();
    // Where the next table would be made there is a directory, so making it fails.
    for (int number = 1; number < 100; number++) {
      for (String suffix : new String[] {"sst", "blob"}) {
        Path file = directory.resolve("%06d.%s".formatted(number, suffix));
        if (!Files.exists(file)) {
          Files.createDirectory(file);
        }
      }
    }

    database.tier().flush();

    assertThat(database.hasFailed()).isTrue();
    assertThat(database.tier().lookup(1, 1, 0)).isInstanceOf(Lookup.Miss.class);
    assertThat(probe.offer(1, 3, 1, WHOLE)).isFalse();
    assertThat(database.tier().validGranules(1, 1, 1)).isZero();
    database.tier().remove(1, 1);
    assertThat(database.records().newFileId())
        .as("the next of those that were reserved")
        .isEqualTo(lastNumber + 1);
    database.close();
    assertThat(meters.counter("ssd.failures").value()).isPositive();

    try (SsdDatabase reopened = WriteHistory.open(directory, meters)) {
      assertThat(reopened.tier().lookup(1, 1, 0)).isInstanceOf(Lookup.Miss.class);
      new TierProbe(reopened.tier(), GEOMETRY, WriteFence.OPEN).accept(1, 1, 2, WHOLE);
    }
    assertThat(meters.counter("ssd.coldStarts").value()).isOne();
  }

  @Test
  void aMarkedDatabaseIsBegunAnew() throws IOException {
    Path directory = temporary.resolve("ssd");
    try (SsdDatabase database = WriteHistory.open(directory, meters)) {
      new TierProbe(database.tier(), GEOMETRY, WriteFence.OPEN).accept(1, 1, 1, WHOLE);
    }
    new DatabaseFolder(directory).distrust();

    try (SsdDatabase database = WriteHistory.open(directory, meters)) {
      assertThat(database.tier().blockCount()).isZero();
    }
    assertThat(meters.counter("ssd.coldStarts").value()).isOne();
  }
}
