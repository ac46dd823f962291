package io.emberfs.engine.warm;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.emberfs.engine.warm.WarmState.Entry;
import io.emberfs.testkit.FakeStateStore;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Hostile lists of RAM's keys: nothing is believed of one that is not whole, or longer than RAM.
 */
final class WarmStateFuzzTest {
  private static final String PIECE = "ram-keys";
  private static final int BLOCKS_MAX = 100;
  private static final int ROUNDS = 2_000;

  private final WarmState state = new WarmState(BLOCKS_MAX);

  @FuzzTest(maxDuration = "10m")
  void hostileBytesAreRefusedOrExact(byte[] bytes) throws IOException {
    FakeStateStore store = new FakeStateStore(1 << 20);
    store.save(PIECE, out -> out.write(bytes));
    List<Entry> entries = state.load(store);
    assertThat(entries).hasSizeLessThanOrEqualTo(BLOCKS_MAX);
    state.save(entries::forEach, store);
    assertThat(state.load(store)).isEqualTo(entries);
  }

  @Test
  void aListIsExactAndACutOneIsRefused() {
    Seeds.check(random -> {
      for (int round = 0; round < ROUNDS; round++) {
        List<Entry> entries = new ArrayList<>();
        for (int i = random.nextInt(BLOCKS_MAX); i > 0; i--) {
          entries.add(
              new Entry(
                  random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()));
        }
        FakeStateStore store = new FakeStateStore(1 << 20);
        state.save(entries::forEach, store);
        assertThat(state.load(store)).isEqualTo(entries);
        byte[] whole = store.load(PIECE).orElseThrow().readAllBytes();
        byte[] cut = Arrays.copyOf(whole, random.nextInt(whole.length));
        hostileBytesAreRefusedOrExact(cut);
        store.save(PIECE, out -> out.write(cut));
        assertThat(state.load(store)).isEmpty();
        whole[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
        hostileBytesAreRefusedOrExact(whole);
      }
    });
  }
}
