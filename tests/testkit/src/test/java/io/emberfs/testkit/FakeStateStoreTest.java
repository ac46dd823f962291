package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.StateStore;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class FakeStateStoreTest extends StateStoreContract {
  @Override
  protected StateStore create(int pieceBytesMax) {
    return new FakeStateStore(pieceBytesMax);
  }

  @Test
  void aFaultyStoreFailsAndLeavesTheOldPiece() throws IOException {
    FakeStateStore store = new FakeStateStore(100);
    store.save("a", out -> out.write(1));
    FaultyStateStore faulty = new FaultyStateStore(store, Seeds.random(1), 1.0);

    for (int i = 0; i < 8; i++) {
      assertThatThrownBy(() -> faulty.save("a", out -> out.write(2)))
          .isInstanceOf(IOException.class);
    }
    assertThatThrownBy(() -> faulty.remove("a")).isInstanceOf(IOException.class);
    assertThat(faulty.load("a")).isEmpty();

    assertThat(store.load("a").orElseThrow().read()).isOne();
    assertThat(faulty.injectedCount()).isEqualTo(10);
  }
}
