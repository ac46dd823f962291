package io.emberfs.predictor.arbiter;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Meters;
import io.emberfs.core.Prefetcher;
import io.emberfs.core.Prefetcher.Outcome;
import io.emberfs.predictor.ngram.NgramPrefetcher;
import io.emberfs.predictor.stream.StreamPrefetcher;
import io.emberfs.testkit.FakePrefetcher;
import io.emberfs.testkit.FakePrefetcher.Verdict;
import io.emberfs.testkit.PrefetcherContract;
import io.emberfs.testkit.RecordingCandidates;
import io.emberfs.testkit.RecordingCandidates.Proposal;
import io.emberfs.testkit.TestAccesses;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ArbiterTest extends PrefetcherContract {
  private final FakePrefetcher first = new FakePrefetcher();
  private final FakePrefetcher second = new FakePrefetcher();
  private final Meters meters = new Meters();
  private final Arbiter arbiter = new Arbiter(List.of(first, second), meters);
  private final RecordingCandidates candidates = new RecordingCandidates();

  @Override
  protected Prefetcher create() {
    return new Arbiter(
        List.of(new StreamPrefetcher(GEOMETRY), new NgramPrefetcher(GEOMETRY, 4096)), new Meters());
  }

  @Test
  void everyComponentSeesEveryAccess() {
    arbiter.onAccess(TestAccesses.read(1, 0, 4096, BLOCK));
    assertThat(first.accesses()).hasSize(1).isEqualTo(second.accesses());
  }

  @Test
  void proposalsAreMergedBestFirstUnderTheComponentsNumbers() {
    first.willPropose(1, 10, 4, 99, 0.5f);
    second.willPropose(1, 12, 4, 99, 0.8f);
    arbiter.candidates(candidates);
    assertThat(candidates.proposals())
        .containsExactly(new Proposal(1, 12, 4, 1, 0.8f), new Proposal(1, 10, 2, 0, 0.5f));
  }

  @Test
  void whatWasProposedAShortWhileAgoIsNotProposedAgain() {
    first.willPropose(1, 10, 4, 0, 0.5f);
    arbiter.candidates(candidates);
    candidates.clear();
    first.willPropose(1, 12, 4, 0, 0.5f);
    arbiter.candidates(candidates);
    assertThat(candidates.proposals()).containsExactly(new Proposal(1, 14, 2, 0, 0.5f));
  }

  @Test
  void anOutcomeGoesToTheComponentThatProposed() {
    arbiter.onOutcome(1, 2, 1, Outcome.USED);
    arbiter.onOutcome(1, 2, 7, Outcome.USED);
    assertThat(first.verdicts()).isEmpty();
    assertThat(second.verdicts()).containsExactly(new Verdict(1, 2, 1, Outcome.USED));
  }

  @Test
  void aComponentThatIsWrongIsSilencedSaveForProbesAndComesBackWhenTheseAreRight() {
    for (int i = 0; i < 100; i++) {
      arbiter.onOutcome(1, i, 0, Outcome.WASTED);
    }
    propose(1000, 320);
    assertThat(candidates.proposals()).hasSize(10).allMatch(p -> p.blockCount() == 1);
    assertThat(meters.counter("prefetch.silencedCandidates").value()).isEqualTo(320);

    for (int i = 0; i < 60; i++) {
      arbiter.onOutcome(1, i, 0, Outcome.USED);
    }
    propose(100_000, 1);
    assertThat(candidates.proposals()).containsExactly(new Proposal(1, 100_000, 4, 0, 0.5f));
  }

  @Test
  void theOtherComponentGoesOnSpeaking() {
    for (int i = 0; i < 100; i++) {
      arbiter.onOutcome(1, i, 0, Outcome.WASTED);
    }
    second.willPropose(1, 50, 4, 0, 0.5f);
    arbiter.candidates(candidates);
    assertThat(candidates.proposals()).containsExactly(new Proposal(1, 50, 4, 1, 0.5f));
  }

  @Test
  void theFloorCanBeTurned() {
    arbiter.tunables().getFirst().turn(0);
    for (int i = 0; i < 100; i++) {
      arbiter.onOutcome(1, i, 0, Outcome.WASTED);
    }
    propose(1000, 1);
    assertThat(candidates.proposals()).hasSize(1);
  }

  private void propose(long firstBlock, int times) {
    candidates.clear();
    for (int i = 0; i < times; i++) {
      first.willPropose(1, firstBlock + 10L * i, 4, 0, 0.5f);
      arbiter.candidates(candidates);
    }
  }
}
