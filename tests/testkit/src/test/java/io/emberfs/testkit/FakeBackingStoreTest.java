package io.emberfs.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.FileVersion;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

final class FakeBackingStoreTest extends BackingStoreContract {
  private final FakeBackingStore fake = new FakeBackingStore(new FakeClock());

  @Override
  protected BackingStore create() {
    return fake;
  }

  @Override
  protected void checkNothingLeaked() {
    assertThat(fake.referencesHeld()).isZero();
    assertThat(fake.openFiles()).isZero();
  }

  @Test
  void eachForeignChangeIsAnotherVersionEvenWhileTheClockStands() {
    fake.changeBehind("d/a", bytes("one"));
    BackingNode directory = store.lookup(root, bytes("d"));
    BackingNode file = store.lookup(directory, bytes("a"));
    FileVersion before = store.version(file);
    fake.changeBehind("d/a", 0, bytes("two"));
    assertThat(store.version(file)).isNotEqualTo(before);
    assertThat(fake.contentOf("d/a")).isEqualTo(bytes("two"));
    file.release(1);
    directory.release(1);
  }

  @Test
  void aHiddenForeignChangeKeepsTheVersion() {
    fake.changeBehind("a", bytes("one"));
    BackingNode file = store.lookup(root, bytes("a"));
    FileVersion before = store.version(file);
    fake.changeBehindKeepingVersion("a", 0, bytes("two"));
    assertThat(store.version(file)).isEqualTo(before);
    fake.setStatusChangeTime("a", 7);
    assertThat(store.version(file).ctimeNanos()).isEqualTo(7);
    fake.removeBehind("a");
    assertThat(store.attributes(file).linkCount()).isZero();
    file.release(1);
  }

  @Test
  void aPowerCutTakesWhatWasNotSynced() {
    BackingNode node = makeFile(root, "a");
    try (Arena arena = Arena.ofConfined();
        BackingFile file = store.open(node, BackingStore.OpenMode.READ_WRITE)) {
      file.write(0, arena.allocateFrom("kept"));
      file.sync(true);
      file.write(0, arena.allocateFrom("lost"));
    }
    fake.powerCut();
    assertThat(text(fake.contentOf("a"))).isEqualTo("kept\0");
    node.release(1);
  }

  @Test
  void useWithoutAReferenceIsSeen() {
    BackingNode node = makeFile(root, "a");
    node.release(1);
    assertThatThrownBy(() -> store.attributes(node)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> node.release(1)).isInstanceOf(IllegalStateException.class);
  }
}
