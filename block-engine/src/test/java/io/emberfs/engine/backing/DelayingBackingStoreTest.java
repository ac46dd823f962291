package io.emberfs.engine.backing;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.testkit.BackingStoreContract;
import io.emberfs.testkit.FakeBackingStore;
import io.emberfs.testkit.FakeClock;
import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class DelayingBackingStoreTest extends BackingStoreContract {
  private final AtomicLong sleptMillis = new AtomicLong();

  @Override
  protected BackingStore create() {
    return new DelayingBackingStore(
        new FakeBackingStore(new FakeClock()), 8, sleptMillis::addAndGet);
  }

  @Test
  void eachRequestOnNamesAndBytesWaitsOnce() {
    BackingNode node = makeFile(root, "a");
    assertThat(sleptMillis).hasValue(8);
    BackingFile file = store.open(node, BackingStore.OpenMode.READ);
    try (Arena arena = Arena.ofConfined()) {
      file.read(0, arena.allocate(1));
    }
    file.version();
    assertThat(sleptMillis).hasValue(32);
    file.close();
    node.release(1);
    assertThat(sleptMillis).hasValue(32);
  }
}
