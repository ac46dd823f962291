package io.emberfs.app.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.app.answer.Refusal;
import io.emberfs.testkit.Seeds;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PrefetchReplayTest {
  private static final int BLOCK = 65536;

  @Test
  void aFixedReadaheadOfOneBlockIsThereAfterThirtyTwoRequests() {
    // Block 1 is proposed by the first request; those between ask for block 100 again and again,
    // the last one of the volume.
    BlockAccesses early = accesses(0, 30, 1);
    Replay.Result late = replay(early, PrefetchChoice.fixed(1), false);
    assertThat(late.prefetching().late()).isEqualTo(1);
    assertThat(late.prefetching().used()).isZero();
    assertThat(late.all().missRatio()).isEqualTo(2.5 / 32);
    assertThat(late.all().missRatioByRequest()).isEqualTo(2.5 / 32);

    Replay.Result inTime = replay(accesses(0, 31, 1), PrefetchChoice.fixed(1), false);
    assertThat(inTime.prefetching().used()).isEqualTo(1);
    assertThat(inTime.prefetching().late()).isZero();
    assertThat(inTime.all().missRatio()).isEqualTo(2.0 / 33);
    // Block 1 by the first, 2 by the last.
    assertThat(inTime.prefetching().issued()).isEqualTo(2);
    assertThat(inTime.prefetching().precision()).isEqualTo(0.5);
    assertThat(inTime.prefetching().coverage()).isEqualTo(1 / 3.0);
    assertThat(inTime.prefetching().timeliness()).isEqualTo(1);
    assertThat(inTime.prefetching().overhead()).isEqualTo(1 / 3.0);
  }

  @ParameterizedTest
  @CsvSource({"5327, 0", "5328, 1"})
  void withAClockABlockOf64KTakesFiveMillisecondsAndAThird(long micros, int used) {
    BlockAccesses accesses =
        new BlockAccesses(
            new Trace(
                "made",
                new long[] {0, micros, 100_000},
                new int[3],
                new long[] {0, BLOCK, 9 * BLOCK},
                new int[] {1, 1, 1}),
            BLOCK);
    Replay.Result result = replay(accesses, PrefetchChoice.fixed(1), true);
    assertThat(result.prefetching().used()).isEqualTo(used);
    assertThat(result.prefetching().late()).isEqualTo(1 - used);
  }

  @Test
  void aRequestsOwnLaterBlocksAreNoMeritOfPrefetching() {
    long[] offsets = new long[50];
    int[] lengths = new int[50];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = (long) i * 100 * BLOCK;
      lengths[i] = 8 * BLOCK;
    }
    Replay.Result result = replay(made(offsets, lengths), PrefetchChoice.fixed(1), false);
    assertThat(result.all().missRatio()).isEqualTo(1);
    assertThat(result.prefetching().used()).isZero();
  }

  @Test
  void nothingIsPrefetchedBeyondTheEndOfAVolume() {
    Replay.Result result =
        replay(made(new long[] {0, BLOCK}, new int[] {BLOCK, BLOCK}), PrefetchChoice.ON, false);
    assertThat(result.prefetching().issued()).isLessThanOrEqualTo(1);
    assertThat(
            replay(made(new long[] {0}, new int[] {BLOCK}), PrefetchChoice.fixed(64 * BLOCK), false)
                .prefetching()
                .issued())
        .isZero();
  }

  @Test
  void theModelsOfTheMountHelpASequentialReaderAndLeaveARandomOneAlone() {
    Replay.Result sequential = replay(sequential(4000), PrefetchChoice.ON, true);
    assertThat(sequential.prefetching().coverage()).isGreaterThan(0.9);
    assertThat(sequential.prefetching().precision()).isGreaterThan(0.9);
    assertThat(sequential.prefetching().timeliness()).isGreaterThan(0.9);

    RandomGenerator random = Seeds.random(7);
    long[] offsets = random.longs(4000, 0, 100_000).map(block -> block * BLOCK).toArray();
    int[] lengths = new int[offsets.length];
    Arrays.fill(lengths, 4096);
    Replay.Result scattered = replay(made(offsets, lengths), PrefetchChoice.ON, false);
    assertThat(scattered.prefetching().overhead()).isLessThan(0.02);
  }

  @Test
  void aReplayRepeats() {
    Replay.Result once = replay(sequential(1000), PrefetchChoice.ON, false);
    Replay.Result again = replay(sequential(1000), PrefetchChoice.ON, false);
    assertThat(again.all()).isEqualTo(once.all());
    assertThat(again.prefetching()).isEqualTo(once.prefetching());
  }

  @Test
  void whatPushedOutIsNotMissedWithoutIsPollution() {
    // Two blocks fit. Block 0 is used again and again; what is read ahead behind it pushes it out.
    long[] offsets = new long[400];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = i % 2 == 0 ? 0 : (50L + i % 4) * BLOCK;
    }
    BlockAccesses accesses = made(offsets, ones(offsets.length));
    Scenario scenario = new Scenario(false, PrefetchChoice.fixed(4 * BLOCK), false, 0, false);
    Replay.Result result = SimulatedPolicies.replay("fifo", accesses, 3, scenario);
    assertThat(result.prefetching().wasted()).isPositive();
    assertThat(result.prefetching().pollution()).isPositive();
    assertThat(result.prefetching().coverage()).isNegative();
  }

  @Test
  void aRestartKeepsOrDropsWhatAMountPersists() {
    long[] offsets = new long[200];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = (long) (i % 10) * BLOCK;
    }
    BlockAccesses accesses = made(offsets, ones(offsets.length));
    Replay.Ratios kept = restarted(accesses, true);
    Replay.Ratios dropped = restarted(accesses, false);
    assertThat(kept.accesses()).isEqualTo(100);
    assertThat(kept.missRatio()).isZero();
    assertThat(dropped.missRatio()).isEqualTo(0.1);
  }

  @Test
  void modelsThatWereKeptPrefetchAtOnce() {
    // Steps that are no stream, the same in each half: an n-gram.
    RandomGenerator random = Seeds.random(3);
    long[] half = random.longs(300, 0, 1_000_000).map(block -> block * BLOCK).toArray();
    long[] offsets = new long[4 * half.length];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = half[i % half.length];
    }
    BlockAccesses accesses = made(offsets, ones(offsets.length));
    double kept = missesAfterRestart(accesses, true);
    double dropped = missesAfterRestart(accesses, false);
    assertThat(kept).isLessThan(dropped * 0.9);
  }

  @Test
  void theOptimumIsRefusedWhereItDoesNotKnowWhatComes() {
    assertThatThrownBy(() ->
            SimulatedPolicies.require(
                "belady", new Scenario(false, PrefetchChoice.ON, false, 0, false)))
        .isInstanceOf(Refusal.class);
    assertThatThrownBy(() ->
            SimulatedPolicies.require(
                "belady", new Scenario(false, PrefetchChoice.OFF, false, 0.5, false)))
        .isInstanceOf(Refusal.class);
  }

  @ParameterizedTest
  @CsvSource({
    "page, on, trace, 50%, keep, true",
    "block, readahead:128K, none, '', drop, true",
    "sector, on, trace, '', keep, false",
    "block, perhaps, trace, '', keep, false",
    "block, readahead:x, trace, '', keep, false",
    "block, on, sundial, '', keep, false",
    "block, on, trace, 100%, keep, false",
    "block, on, trace, 0.5, keep, false",
    "block, on, trace, 50%, burn, false",
  })
  void optionsAreReadOrRefused(
      String unit, String prefetch, String clock, String restartAt, String state, boolean isGood)
      throws Refusal {
    if (isGood) {
      Scenario scenario = ScenarioReader.read(unit, prefetch, clock, restartAt, state);
      assertThat(scenario.byPage()).isEqualTo(unit.equals("page"));
      assertThat(scenario.restartShare()).isEqualTo(restartAt.isEmpty() ? 0 : 0.5);
    } else {
      assertThatThrownBy(() -> ScenarioReader.read(unit, prefetch, clock, restartAt, state))
          .isInstanceOf(Refusal.class);
    }
  }

  private static Replay.Ratios restarted(BlockAccesses accesses, boolean keepsState) {
    Scenario scenario = new Scenario(false, PrefetchChoice.OFF, false, 0.5, keepsState);
    return SimulatedPolicies.replay("lru", accesses, 20, scenario).afterRestart();
  }

  private static double missesAfterRestart(BlockAccesses accesses, boolean keepsState) {
    Scenario scenario = new Scenario(false, PrefetchChoice.ON, false, 0.75, keepsState);
    return SimulatedPolicies.replay("lru", accesses, 100, scenario).afterRestart().missRatio();
  }

  /** Block 0, {@code between} times block 100, then a block. */
  private static BlockAccesses accesses(int first, int between, int last) {
    long[] offsets = new long[between + 2];
    Arrays.fill(offsets, 100L * BLOCK);
    offsets[0] = (long) first * BLOCK;
    offsets[offsets.length - 1] = (long) last * BLOCK;
    return made(offsets, ones(offsets.length));
  }

  /** A block each ten milliseconds. */
  private static BlockAccesses sequential(int count) {
    long[] micros = new long[count];
    long[] offsets = new long[count];
    int[] lengths = new int[count];
    for (int i = 0; i < count; i++) {
      micros[i] = i * 10_000L;
      offsets[i] = (long) i * BLOCK;
      lengths[i] = BLOCK;
    }
    return new BlockAccesses(new Trace("made", micros, new int[count], offsets, lengths), BLOCK);
  }

  private static int[] ones(int count) {
    int[] lengths = new int[count];
    Arrays.fill(lengths, 1);
    return lengths;
  }

  private static BlockAccesses made(long[] offsets, int[] lengths) {
    return new BlockAccesses(
        new Trace("made", new long[offsets.length], new int[offsets.length], offsets, lengths),
        BLOCK);
  }

  private static Replay.Result replay(
      BlockAccesses accesses, PrefetchChoice prefetch, boolean hasClock) {
    Scenario scenario = new Scenario(false, prefetch, hasClock, 0, false);
    return SimulatedPolicies.replay("lru", accesses, 200, scenario);
  }
}
