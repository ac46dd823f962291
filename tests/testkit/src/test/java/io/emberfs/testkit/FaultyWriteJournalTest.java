package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.WriteJournal;
import org.junit.jupiter.api.Test;

/** A journal whose sync does nothing is found out by the contract. */
final class FaultyWriteJournalTest {
  @Test
  void aPowerCutShowsASyncThatDidNothing() throws Exception {
    Unsynced contract = new Unsynced();
    contract.openFirst();

    assertThatThrownBy(contract::whatWasSyncedOutlivesAPowerCut).isInstanceOf(AssertionError.class);
  }

  private static final class Unsynced extends WriteJournalContract {
    private FakeWriteJournal last = new FakeWriteJournal();

    @Override
    protected WriteJournal open(WriteJournal.Sink sink) {
      last = last.reopen(sink);
      return new FaultyWriteJournal(last);
    }

    @Override
    protected void powerCut(long seed) {
      last.powerCut(seed);
    }
  }
}
