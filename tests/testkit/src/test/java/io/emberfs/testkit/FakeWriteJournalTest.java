package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.JournalFullException;
import io.emberfs.core.WriteJournal;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class FakeWriteJournalTest extends WriteJournalContract {
  private FakeWriteJournal last = new FakeWriteJournal();

  @Override
  protected WriteJournal open(WriteJournal.Sink sink) {
    last = last.reopen(sink);
    return last;
  }

  @Override
  protected void powerCut(long seed) {
    last.powerCut(seed);
  }

  @Test
  void aFailedJournalStaysFailed() throws IOException {
    last.append(JournalRecords.written(1, 10));
    last.fail();

    for (int time = 0; time < 2; time++) {
      assertThatThrownBy(() -> last.append(JournalRecords.written(2, 10)))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> last.sync(1)).isInstanceOf(IOException.class);
    }
    assertThat(last.records()).hasSize(1);
  }

  @Test
  void aFullJournalTakesRecordsOnceThereIsRoom() throws IOException {
    last.full(true);
    assertThatThrownBy(() -> last.append(JournalRecords.written(1, 10)))
        .isInstanceOf(JournalFullException.class);
    last.full(false);

    assertThat(last.append(JournalRecords.written(2, 10))).isOne();
  }

  @Test
  void syncsAreCountedWhenThereIsSomethingToSync() throws IOException {
    last.sync(5);
    long sequence = last.append(JournalRecords.written(1, 10));
    last.sync(sequence);
    last.sync(sequence);

    assertThat(last.syncCount()).isOne();
    assertThat(last.durable()).isEqualTo(sequence);
  }
}
