package io.emberfs.engine.ram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.MemoryProbe;
import io.emberfs.core.MemoryProbe.Reading;
import io.emberfs.core.MemoryProbe.Scope;
import io.emberfs.testkit.FakeClock;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RamBudgetTest {
  private static final long MIB = 1 << 20;
  private static final long NAMED = 64 * MIB;

  /** Kept available of a machine of this size: 50 MiB, and 100 MiB before the tier grows. */
  private static final long MACHINE = 1000 * MIB;

  private static final long SECOND = 1_000_000_000;

  private final FakeClock clock = new FakeClock();
  private final TestTier blocks = new TestTier(2 * NAMED, "lru");
  private final RamTier tier = blocks.tier;
  private Reading reading = available(500 * MIB);
  private final MemoryProbe probe = () -> reading;
  private final RamBudget budget = new RamBudget(tier, NAMED, probe, clock, blocks.meters);

  @AfterEach
  void close() {
    blocks.close();
  }

  @Test
  void itIsWhatWasNamed() {
    assertThat(tier.capacityBytes()).isEqualTo(NAMED);
    budget.name(2 * NAMED);
    assertThat(tier.capacityBytes()).isEqualTo(2 * NAMED);
    assertThat(budget.namedBytes()).isEqualTo(2 * NAMED);
    assertThatThrownBy(() -> budget.name(2 * NAMED + 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(budget.namedBytes()).isEqualTo(2 * NAMED);
    budget.name(0);
    steps(100);
    assertThat(tier.capacityBytes()).isZero();
    budget.name(NAMED);
    assertThat(tier.capacityBytes()).isEqualTo(NAMED);
  }

  @Test
  void aShortageTakesMemoryThatTheTierHas() {
    fill();
    long resident = tier.residentBytes();
    reading = available(40 * MIB);

    steps(1);

    // 10 MiB are missing to the low level, and half of that level besides.
    assertThat(tier.capacityBytes()).isEqualTo(resident - 35 * MIB);
    assertThat(tier.residentBytes()).isLessThanOrEqualTo(tier.capacityBytes());
    assertThat(blocks.count("memory.ramShrinks")).isEqualTo(1);
  }

  @Test
  void theTightestScopeCounts() {
    fill();
    reading =
        new Reading(
            List.of(
                new Scope("machine", MACHINE, 500 * MIB), new Scope("group", 100 * MIB, 30 * MIB)),
            OptionalLong.of(0));
    long resident = tier.residentBytes();
    steps(1);
    assertThat(tier.capacityBytes()).isEqualTo(resident - 18 * MIB);
  }

  @Test
  void anEighthStaysWhateverHappens() {
    fill();
    reading = available(0);
    steps(50);
    assertThat(tier.capacityBytes()).isEqualTo(NAMED / 8);
    assertThat(tier.blockCount()).isPositive();
  }

  @Test
  void itGrowsBackInPartsAfterAWhileWithoutShortageAndAsItFills() {
    fill();
    reading = available(0);
    steps(50);
    reading = available(500 * MIB);

    steps(29);
    assertThat(tier.capacityBytes()).isEqualTo(NAMED / 8);
    steps(1);
    assertThat(tier.capacityBytes()).isEqualTo(NAMED / 8 + NAMED / 16);
    steps(10);
    // It has a part to fill first.
    assertThat(tier.capacityBytes()).isEqualTo(NAMED / 8 + NAMED / 16);
    for (int i = 0; i < 20; i++) {
      fill();
      steps(1);
    }
    assertThat(tier.capacityBytes()).isEqualTo(NAMED);
  }

  @Test
  void betweenTheLevelsNothingChanges() {
    fill();
    reading = available(0);
    steps(1);
    long shrunk = tier.capacityBytes();
    reading = available(75 * MIB);
    steps(100);
    assertThat(tier.capacityBytes()).isEqualTo(shrunk);
  }

  @Test
  void itDoesNotGrowIntoMoreThanIsSpare() {
    fill();
    reading = available(0);
    steps(50);
    reading = available(102 * MIB);
    steps(30);
    assertThat(tier.capacityBytes()).isEqualTo(NAMED / 8 + MIB);
  }

  @Test
  void tasksThatWaitForMemoryShrinkItWhateverIsAvailable() {
    fill();
    long resident = tier.residentBytes();
    reading = new Reading(reading.scopes(), OptionalLong.of(110_000));
    steps(1);
    assertThat(tier.capacityBytes()).isEqualTo(resident - NAMED / 16);
    // Five in a hundred: neither.
    for (int i = 1; i <= 60; i++) {
      reading = new Reading(reading.scopes(), OptionalLong.of(110_000 + i * 50_000));
      steps(1);
    }
    assertThat(tier.capacityBytes()).isEqualTo(resident - NAMED / 16);
  }

  @Test
  void stallsThatCannotBeReadOnceAreNotCountedFromTheStartOfTheMachine() {
    fill();
    reading = new Reading(reading.scopes(), OptionalLong.of(3_000_000_000L));
    steps(1);
    long before = tier.capacityBytes();
    reading = new Reading(reading.scopes(), OptionalLong.empty());
    steps(1);
    reading = new Reading(reading.scopes(), OptionalLong.of(3_000_000_500L));
    steps(1);
    assertThat(tier.capacityBytes()).isEqualTo(before);
  }

  @Test
  void aTierThatWasSwitchedOffStaysSoUntilABudgetIsNamed() {
    fill();
    tier.resize(0);
    steps(100);
    assertThat(tier.capacityBytes()).isZero();
    budget.name(NAMED);
    assertThat(tier.capacityBytes()).isEqualTo(NAMED);
  }

  @Test
  void whereNothingIsKnownItStaysAsNamed() {
    fill();
    reading = Reading.NOTHING;
    steps(100);
    assertThat(tier.capacityBytes()).isEqualTo(NAMED);
  }

  private void steps(int count) {
    for (int i = 0; i < count; i++) {
      clock.advanceNanos(SECOND);
      assertThat(budget.step()).isZero();
    }
  }

  private void fill() {
    for (long block = 0; block < NAMED / blocks.geometry.blockSize(); block++) {
      blocks.insert(block, blocks.whole, 0);
    }
  }

  private static Reading available(long bytes) {
    return new Reading(List.of(new Scope("machine", MACHINE, bytes)), OptionalLong.of(0));
  }
}
