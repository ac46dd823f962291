package io.emberfs.engine.codec;

import static io.emberfs.engine.codec.CompressionAdvisor.Advice.SAMPLE;
import static io.emberfs.engine.codec.CompressionAdvisor.Advice.SKIP;
import static io.emberfs.engine.codec.CompressionAdvisor.Advice.TRY;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CompressionAdvisorTest {
  private static final long FILE = 7;
  private static final long OTHER = 8;

  private final CompressionAdvisor advisor = new CompressionAdvisor();

  @Test
  void anUnknownFileIsSampled() {
    assertThat(advisor.next(FILE)).isEqualTo(SAMPLE);
    assertThat(advisor.next(-1)).isEqualTo(SAMPLE);
  }

  @Test
  void aFileWhoseBlocksShrinkIsTriedWithoutASampleUntilOneDoesNot() {
    learn(true, CompressionAdvisor.SURE_AFTER - 1);
    assertThat(advisor.next(FILE)).isEqualTo(SAMPLE);

    learn(true, 100);
    assertThat(advisor.next(FILE)).isEqualTo(TRY);
    assertThat(advisor.next(OTHER)).isEqualTo(SAMPLE);

    learn(false, 1);
    assertThat(advisor.next(FILE)).isEqualTo(SAMPLE);
  }

  @Test
  void aFileWhoseBlocksDoNotShrinkIsLookedAtNowAndThen() {
    learn(false, CompressionAdvisor.HOPELESS_AFTER - 1);
    assertThat(advisor.next(FILE)).isEqualTo(SAMPLE);
    learn(false, 1);

    for (int round = 0; round < 3; round++) {
      for (int skipped = 1; skipped < CompressionAdvisor.RETRY_EVERY; skipped++) {
        assertThat(advisor.next(FILE)).isEqualTo(SKIP);
      }
      assertThat(advisor.next(FILE)).isEqualTo(SAMPLE);
      learn(false, 1);
    }
    assertThat(advisor.next(OTHER)).isEqualTo(SAMPLE);
  }

  @Test
  void oneBlockThatShrinksEndsTheSkipping() {
    learn(false, 100);
    for (int skipped = 1; skipped < CompressionAdvisor.RETRY_EVERY; skipped++) {
      assertThat(advisor.next(FILE)).isEqualTo(SKIP);
    }
    assertThat(advisor.next(FILE)).isEqualTo(SAMPLE);

    learn(true, 1);

    assertThat(advisor.next(FILE)).isEqualTo(SAMPLE);
    learn(true, 1);
    assertThat(advisor.next(FILE)).isEqualTo(TRY);
  }

  private void learn(boolean shrank, int times) {
    for (int i = 0; i < times; i++) {
      advisor.learn(FILE, shrank);
    }
  }
}
