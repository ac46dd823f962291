package io.emberfs.predictor.ngram;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BlockKey;
import io.emberfs.testkit.Seeds;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

final class SuccessorTableTest {
  private static final long CONTEXT = BlockKey.hash(1, 2);

  private final SuccessorTable table = new SuccessorTable(64);

  @Test
  void theMoreFrequentSuccessorComesFirst() {
    table.learn(CONTEXT, 7, 70);
    table.learn(CONTEXT, 8, 80);
    table.learn(CONTEXT, 8, 80);
    int entry = table.find(CONTEXT);
    assertThat(table.uses(entry)).isEqualTo(3);
    assertThat(table.fileId(entry, 0)).isEqualTo(8);
    assertThat(table.blockIndex(entry, 0)).isEqualTo(80);
    assertThat(table.count(entry, 0)).isEqualTo(2);
    assertThat(table.fileId(entry, 1)).isEqualTo(7);
    assertThat(table.count(entry, 1)).isEqualTo(1);
  }

  @Test
  void greatestNumbersAreKeptWhole() {
    table.learn(-1, Long.MIN_VALUE, SuccessorTable.BLOCK_INDEX_MAX);
    int entry = table.find(-1);
    assertThat(table.fileId(entry, 0)).isEqualTo(Long.MIN_VALUE);
    assertThat(table.blockIndex(entry, 0)).isEqualTo(SuccessorTable.BLOCK_INDEX_MAX);
    assertThat(table.find(-1L >>> 1)).isEqualTo(SuccessorTable.NONE);
  }

  @Test
  void anUnknownContextHasNoEntry() {
    table.learn(CONTEXT, 7, 70);
    assertThat(table.find(BlockKey.hash(1, 3))).isEqualTo(SuccessorTable.NONE);
  }

  @Test
  void anOldHabitGivesWayToANewOne() {
    for (int i = 0; i < 200; i++) {
      table.learn(CONTEXT, 7, 70);
    }
    for (int i = 0; i < 400; i++) {
      table.learn(CONTEXT, 8, 80);
    }
    assertThat(table.fileId(table.find(CONTEXT), 0)).isEqualTo(8);
  }

  @Test
  void aStreamOfNewcomersFindsRoomAmongHeavyEntries() {
    for (int context = 0; context < 64; context++) {
      for (int i = 0; i < 50; i++) {
        table.learn(BlockKey.hash(context, 1), 7, 70);
      }
    }
    for (int context = 0; context < 64 * 200; context++) {
      table.learn(BlockKey.hash(context, 2), 9, 90);
    }
    long survivors = 0;
    for (int context = 0; context < 64; context++) {
      survivors += table.find(BlockKey.hash(context, 1)) == SuccessorTable.NONE ? 0 : 1;
    }
    assertThat(survivors).isZero();
  }

  @Test
  void countsNeverExceedUsesWhateverIsLearnt() {
    Seeds.check(random -> {
      for (int i = 0; i < 20_000; i++) {
        long context = BlockKey.hash(random.nextLong(30), 0);
        table.learn(context, random.nextLong(3), random.nextLong(2));
        int entry = table.find(context);
        assertThat(entry).isNotEqualTo(SuccessorTable.NONE);
        assertThat(table.count(entry, 0)).isPositive();
        assertThat(table.count(entry, 0)).isGreaterThanOrEqualTo(table.count(entry, 1));
        assertThat(table.count(entry, 0) + table.count(entry, 1))
            .isLessThanOrEqualTo(table.uses(entry));
      }
    });
  }

  @Test
  void aSizeThatIsNoPowerOfTwoIsRefused() {
    assertThatThrownBy(() -> new SuccessorTable(48)).isInstanceOf(IllegalArgumentException.class);
  }

  /** Seed 0x1c691c173572 of the contract's damaged states. */
  @Test
  void aSavedContextThatNothingFollowedIsRefused() throws IOException {
    table.learn(CONTEXT, 1, 5);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    table.save(new DataOutputStream(bytes));
    ByteBuffer damaged = ByteBuffer.wrap(bytes.toByteArray());
    // Three ints of the table, the number of the entry, its first successor's file and then this.
    int successor = 4 * Integer.BYTES + Long.BYTES;
    damaged.putLong(successor, damaged.getLong(successor) & SuccessorTable.BLOCK_INDEX_MAX);

    SuccessorTable loaded = new SuccessorTable(64);
    assertThatThrownBy(
            () -> loaded.load(new DataInputStream(new ByteArrayInputStream(damaged.array()))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("do not add up");
  }
}
