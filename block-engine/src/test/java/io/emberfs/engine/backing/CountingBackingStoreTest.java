package io.emberfs.engine.backing;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Errno;
import io.emberfs.core.Meters;
import io.emberfs.testkit.BackingStoreContract;
import io.emberfs.testkit.FakeBackingStore;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.FaultyBackingStore;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

final class CountingBackingStoreTest extends BackingStoreContract {
  private final Meters meters = new Meters();
  private final FaultyBackingStore faulty =
      new FaultyBackingStore(new FakeBackingStore(new FakeClock()));

  @Override
  protected BackingStore create() {
    return new CountingBackingStore(faulty, meters);
  }

  @Test
  void callsAndBytesAreCounted() {
    BackingNode node = makeFile(root, "a");
    try (Arena arena = Arena.ofConfined();
        BackingFile file = store.open(node, BackingStore.OpenMode.READ_WRITE)) {
      file.write(0, arena.allocate(10));
      file.read(4, arena.allocate(100));
      file.read(10, arena.allocate(100));
      file.sync(true);
      store.syncAll();
    }
    node.release(1);
    assertThat(count("writes")).isEqualTo(1);
    assertThat(count("writeBytes")).isEqualTo(10);
    assertThat(count("reads")).isEqualTo(2);
    assertThat(count("readBytes")).isEqualTo(6);
    assertThat(count("syncs")).isEqualTo(2);
    assertThat(count("errors")).isZero();
  }

  @Test
  void aMissingNameIsAnAnswerAndASickDiskAnError() {
    assertErrno(Errno.ENOENT, () -> store.lookup(root, bytes("missing")));
    assertThat(count("errors")).isZero();
    faulty.failAlways(FaultyBackingStore.Operation.NAMESPACE, Errno.EIO);
    assertErrno(Errno.EIO, () -> store.lookup(root, bytes("missing")));
    assertThat(count("errors")).isEqualTo(1);
  }

  private long count(String name) {
    return meters.counter("backing." + name).value();
  }
}
