package io.emberfs.predictor.ngram;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Access;
import io.emberfs.core.BlockKey;
import io.emberfs.core.Prefetcher;
import io.emberfs.core.Prefetcher.Outcome;
import io.emberfs.testkit.PrefetcherContract;
import io.emberfs.testkit.RecordingCandidates;
import io.emberfs.testkit.TestAccesses;
import org.junit.jupiter.api.Test;

final class NgramPrefetcherTest extends PrefetcherContract {
  private static final long LARGE = 1L << 30;
  private static final int LOOP = 100;

  private final NgramPrefetcher prefetcher = new NgramPrefetcher(GEOMETRY, 4096);
  private final RecordingCandidates candidates = new RecordingCandidates();

  @Override
  protected Prefetcher create() {
    return new NgramPrefetcher(GEOMETRY, 4096);
  }

  @Test
  void aScatteredSequenceThatRepeatsIsForeseen() {
    loop(3);
    for (int i = 0; i < LOOP; i++) {
      assertThat(candidates.blocks()).contains(new BlockKey(1, scattered(i)));
      candidates.clear();
      read(1, scattered(i), 1);
    }
  }

  @Test
  void aSequenceSeenOnceIsNoReasonToPropose() {
    loop(1);
    assertThat(candidates.proposals()).isEmpty();
  }

  @Test
  void theLastTwoTogetherTellApartWhatTheLastOneCannot() {
    for (int pass = 0; pass < 50; pass++) {
      long branch = pass % 2;
      read(1, 1000 + branch, 1);
      read(1, 2000, 1);
      candidates.clear();
      read(1, 2000, 1);
      prefetcher.candidates(candidates);
      read(1, 3000 + branch, 1);
      read(1, 5000, 1);
    }
    read(1, 1001, 1);
    candidates.clear();
    read(1, 2000, 1);
    assertThat(candidates.blocks())
        .contains(new BlockKey(1, 3001))
        .doesNotContain(new BlockKey(1, 3000));
  }

  @Test
  void theNextFileOfAProcessIsForeseenFromItsOpen() {
    for (int pass = 0; pass < 4; pass++) {
      for (long file = 1; file <= 30; file++) {
        candidates.clear();
        take(TestAccesses.open(file, LARGE));
        if (pass == 3 && file < 30) {
          assertThat(candidates.blocks()).contains(new BlockKey(file + 1, 0));
        }
      }
    }
  }

  @Test
  void interleavedProcessesAreToldApart() {
    for (int pass = 0; pass < 4; pass++) {
      for (int i = 0; i < LOOP; i++) {
        candidates.clear();
        read(1, scattered(i), 1);
        if (pass == 3 && i + 1 < LOOP) {
          assertThat(candidates.blocks()).contains(new BlockKey(1, scattered(i + 1)));
        }
        read(2, (i * (pass + 3L) * 7) % 9000, 2);
      }
    }
  }

  @Test
  void aChainIsNoLongerThanFourAndNoLongerThanTwoWhileMostOfItIsWasted() {
    loop(20);
    candidates.clear();
    read(1, scattered(10), 1);
    assertThat(candidates.blockCount()).isEqualTo(4);
    for (int i = 0; i < 100; i++) {
      prefetcher.onOutcome(1, i, 0, Outcome.WASTED);
    }
    candidates.clear();
    read(1, scattered(11), 1);
    assertThat(candidates.blockCount()).isEqualTo(2);
  }

  private void loop(int passes) {
    for (int pass = 0; pass < passes; pass++) {
      for (int i = 0; i < LOOP; i++) {
        read(1, scattered(i), 1);
      }
    }
  }

  private static long scattered(int i) {
    return i * 7919L % 10_007;
  }

  private void read(long fileId, long block, int process) {
    take(TestAccesses.read(fileId, block * BLOCK, 4096, LARGE, process));
  }

  private void take(Access access) {
    prefetcher.onAccess(access);
    prefetcher.candidates(candidates);
  }
}
