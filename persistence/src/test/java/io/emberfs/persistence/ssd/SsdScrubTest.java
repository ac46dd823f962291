package io.emberfs.persistence.ssd;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BlockKey;
import io.emberfs.core.Histogram;
import io.emberfs.core.Lookup;
import io.emberfs.core.Meters;
import io.emberfs.core.Tier;
import io.emberfs.core.WriteFence;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.FakePolicy;
import io.emberfs.testkit.TestBlocks;
import io.emberfs.testkit.TierProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Values that change in the files of the database while it is open. */
final class SsdScrubTest {
  private static final long FILE = 9;
  private static final long GENERATION = 4;
  private static final long WHOLE = WriteHistory.GEOMETRY.fullMask();
  private static final int BLOCKS = 40;
  private static final long TEN_SECONDS = 10_000_000_000L;

  @TempDir private Path temporary;
  private final Meters meters = new Meters();
  private final FakeClock clock = new FakeClock();
  private final TestBlocks blocks = new TestBlocks(WriteHistory.GEOMETRY);
  private SsdDatabase database;
  private Tier tier;
  private TierProbe probe;

  @BeforeEach
  void fill() throws IOException {
    open();
    for (long block = 0; block < BLOCKS; block++) {
      probe.accept(FILE, block, GENERATION, WHOLE);
    }
    tier.flush();
  }

  private void open() throws IOException {
    database =
        SsdDatabase.open(
            temporary.resolve("ssd"),
            new SsdSpec(WriteHistory.GEOMETRY, 64L << 20, 0, FakePolicy.FACTORY),
            WriteFence.OPEN,
            clock,
            meters);
    tier = database.tier();
    probe = new TierProbe(tier, WriteHistory.GEOMETRY, WriteFence.OPEN);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aValueThatChangedInItsFileIsFoundDroppedNamedAndCounted() throws IOException {
    damage(7);
    damage(30);

    assertThat(scrub()).containsExactlyInAnyOrder(new BlockKey(FILE, 7), new BlockKey(FILE, 30));

    assertThat(tier.blockCount()).isEqualTo(BLOCKS - 2);
    probe.assertMiss(FILE, 7, 0);
    probe.assertHit(FILE, 8, GENERATION, WHOLE);
    assertThat(meters.counter("integrity.checksumFailures").value()).isEqualTo(2);
    assertThat(scrub()).isEmpty();
    probe.accept(FILE, 7, GENERATION, WHOLE);
    probe.assertHit(FILE, 7, GENERATION, WHOLE);
  }

  @Test
  void whatWasDroppedIsGoneAfterTheNextOpeningToo() throws IOException {
    damage(7);
    scrub();
    database.close();

    open();

    assertThat(tier.blockCount()).isEqualTo(BLOCKS - 1);
    assertThat(scrub()).isEmpty();
  }

  @Test
  void aScrubIsNoUse() {
    for (long block = 0; block < BLOCKS / 2; block++) {
      probe.assertHit(FILE, block, GENERATION, WHOLE);
    }

    scrub();

    tier.resize(tier.usedBytes() / 2);
    assertThat(probe.keys())
        .as("those that were looked up stay, older as they are")
        .hasSize(BLOCKS / 2)
        .allMatch(key -> key.blockIndex() < BLOCKS / 2);
  }

  @Test
  void aScrubTakesNoBufferFromLookups() throws IOException {
    List<Lookup.Hit> lent = new ArrayList<>();
    Lookup lookup = tier.lookup(FILE, 0, WHOLE);
    while (lookup instanceof Lookup.Hit hit) {
      lent.add(hit);
      lookup = tier.lookup(FILE, 0, WHOLE);
    }
    assertThat(lookup).isInstanceOf(Lookup.Busy.class);
    damage(7);

    assertThat(scrub()).containsExactly(new BlockKey(FILE, 7));

    lent.forEach(hit -> hit.lease().close());
  }

  @Test
  void aDeviceWhoseBytesKeepFailingIsPutInQuarantineUntilTheNextOpening() throws IOException {
    for (long block = 0; block < DamageWatch.FAILURES_MAX; block++) {
      assertThat(quarantined()).isZero();
      damage(block);
      Lookup _ = tier.lookup(FILE, block, WHOLE);
    }

    assertThat(quarantined()).isOne();
    assertThat(database.hasFailed()).isTrue();
    assertThat(tier.blockCount()).isZero();
    probe.assertMiss(FILE, 30, 0);
    assertThat(probe.offer(FILE, 99, GENERATION, WHOLE)).isFalse();
    assertThat(scrub()).isEmpty();
    tier.remove(FILE, 31);
    database.close();

    open();

    assertThat(quarantined()).isZero();
    probe.assertHit(FILE, 30, GENERATION, WHOLE);
    probe.assertMiss(FILE, 31, 0);
    probe.assertMiss(FILE, 0, 0);
  }

  @Test
  void aScrubFindsTheSickDeviceToo() throws IOException {
    for (long block = 0; block < BLOCKS; block++) {
      damage(block);
    }

    assertThat(scrub()).hasSize(DamageWatch.FAILURES_MAX);

    assertThat(quarantined()).isOne();
  }

  @Test
  void aDeviceThatFailsNowAndThenGoesOnServing() throws IOException {
    for (long block = 0; block < DamageWatch.FAILURES_MAX + 4; block++) {
      damage(block);
      assertThat(scrub()).hasSize(1);
      clock.advanceNanos(TEN_SECONDS);
    }

    assertThat(quarantined()).isZero();
    probe.assertHit(FILE, BLOCKS - 1, GENERATION, WHOLE);
  }

  private List<BlockKey> scrub() {
    List<BlockKey> named = new ArrayList<>();
    long verified;
    do {
      verified = tier.scrub(1 << 20, (file, block) -> named.add(new BlockKey(file, block)));
    } while (verified > 0);
    return named;
  }

  /** Turns a bit in the middle of a block, in the file in which it lies. */
  private void damage(long block) throws IOException {
    byte[] bytes = blocks.bytes(FILE, block, GENERATION, WHOLE);
    for (Path file : TestFolders.files(temporary.resolve("ssd"))) {
      byte[] stored = Files.readAllBytes(file);
      int at = file.toString().endsWith(".blob") ? indexOf(stored, bytes) : -1;
      if (at >= 0) {
        stored[at + bytes.length / 2] ^= 1;
        Files.write(file, stored);
        return;
      }
    }
    throw new AssertionError("block " + block + " lies in no blob file");
  }

  /** The blocks differ in their first eight bytes. */
  private static int indexOf(byte[] whole, byte[] part) {
    for (int at = 0; at + part.length <= whole.length; at++) {
      boolean found = true;
      for (int i = 0; i < Long.BYTES && found; i++) {
        found = whole[at + i] == part[i];
      }
      if (found) {
        return at;
      }
    }
    return -1;
  }

  private long quarantined() {
    AtomicLong shown = new AtomicLong(-1);
    meters.visit(
        new Meters.Visitor() {
          @Override
          public void count(String name, long value) {
            if (name.equals("tiers.ssd.quarantined")) {
              shown.set(value);
            }
          }

          @Override
          public void ratio(String name, double value) {}

          @Override
          public void histogram(String name, Histogram histogram) {}
        });
    return shown.get();
  }
}
