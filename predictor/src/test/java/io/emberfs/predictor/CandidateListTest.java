package io.emberfs.predictor;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.testkit.RecordingCandidates;
import io.emberfs.testkit.RecordingCandidates.Proposal;
import org.junit.jupiter.api.Test;

final class CandidateListTest {
  private final CandidateList list = new CandidateList(3);
  private final RecordingCandidates out = new RecordingCandidates();

  @Test
  void theMostProbableComesFirstAndTheListIsEmptyThen() {
    list.propose(1, 10, 1, 0, 0.3f);
    list.propose(1, 20, 1, 0, 0.9f);
    list.drainTo(out);
    list.drainTo(out);
    assertThat(out.proposals()).extracting(Proposal::firstBlockIndex).containsExactly(20L, 10L);
  }

  @Test
  void aFullListLosesTheLeastProbable() {
    list.propose(1, 10, 1, 0, 0.3f);
    list.propose(1, 20, 1, 0, 0.2f);
    list.propose(1, 30, 1, 0, 0.4f);
    list.propose(1, 40, 1, 0, 0.5f);
    list.propose(1, 50, 1, 0, 0.1f);
    list.drainTo(out);
    assertThat(out.proposals())
        .extracting(Proposal::firstBlockIndex)
        .containsExactly(40L, 30L, 10L);
  }

  @Test
  void aRangeIsCutWhereABetterOneCoversIt() {
    list.propose(1, 10, 10, 0, 0.5f);
    list.propose(1, 5, 10, 1, 0.9f);
    list.propose(2, 5, 10, 1, 0.8f);
    list.drainTo(out);
    assertThat(out.proposals())
        .containsExactly(
            new Proposal(1, 5, 10, 1, 0.9f),
            new Proposal(2, 5, 10, 1, 0.8f),
            new Proposal(1, 15, 5, 0, 0.5f));
  }

  @Test
  void aRangeWhollyCoveredVanishesAndOneCutInTheMiddleKeepsItsFront() {
    list.propose(1, 12, 2, 1, 0.9f);
    list.propose(1, 12, 2, 0, 0.8f);
    list.propose(1, 10, 10, 0, 0.5f);
    list.drainTo(out);
    assertThat(out.proposals())
        .containsExactly(new Proposal(1, 12, 2, 1, 0.9f), new Proposal(1, 10, 2, 0, 0.5f));
  }
}
