package io.emberfs.engine.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.testkit.FakeClock;
import org.junit.jupiter.api.Test;

final class TierSpeedTest {
  private static final long MILLI = 1_000_000;
  private static final long BACKING = 5 * MILLI;

  private final FakeClock clock = new FakeClock();
  private final TierSpeed speed = new TierSpeed(clock);

  @Test
  void aTierThatIsFasterThanTheBackingIsAlwaysAsked() {
    lookups(100, MILLI);

    assertThat(asked(100, BACKING)).isEqualTo(100);
  }

  @Test
  void aTierThatBecameSlowerThanTheBackingIsAskedNowAndThen() {
    lookups(100, MILLI);
    lookups(20, 200 * MILLI);

    assertThat(asked(160, BACKING)).isEqualTo(160 / TierSpeed.ASKED_EVERY);
  }

  @Test
  void itIsAskedAgainWhenItIsBetter() {
    lookups(20, 200 * MILLI);
    lookups(40, MILLI);

    assertThat(asked(100, BACKING)).isEqualTo(100);
  }

  @Test
  void aSlowTierAboveAStillSlowerBackingIsAsked() {
    lookups(20, 200 * MILLI);

    assertThat(asked(100, 150 * MILLI)).isEqualTo(100);
  }

  @Test
  void whatTakesNoTimeIsAskedWhateverTheBackingTakes() {
    lookups(20, TierSpeed.SLOW_NANOS_MIN);

    assertThat(asked(100, 1)).isEqualTo(100);
  }

  @Test
  void aTierThatDoesNotAnswerIsAskedAgainWhenItHasAnswered() {
    long begun = speed.begins();
    clock.advanceNanos(TierSpeed.SILENT_NANOS);
    assertThat(asked(100, BACKING)).isEqualTo(100);
    clock.advanceNanos(1);
    assertThat(asked(100, BACKING)).isZero();

    speed.ended(begun);

    assertThat(asked(1600, BACKING)).isEqualTo(100);
    lookups(40, MILLI);
    assertThat(asked(100, BACKING)).isEqualTo(100);
  }

  private void lookups(int count, long nanos) {
    for (int i = 0; i < count; i++) {
      long begun = speed.begins();
      clock.advanceNanos(nanos);
      speed.ended(begun);
    }
  }

  private int asked(int count, long backingNanos) {
    int asked = 0;
    for (int i = 0; i < count; i++) {
      asked += speed.isWorthAsking(backingNanos) ? 1 : 0;
    }
    return asked;
  }
}
