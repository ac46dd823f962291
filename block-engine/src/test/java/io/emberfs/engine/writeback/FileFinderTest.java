package io.emberfs.engine.writeback;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.Errno;
import io.emberfs.core.NodeIdentity;
import io.emberfs.testkit.FakeBackingStore;
import io.emberfs.testkit.FaultyBackingStore;
import io.emberfs.testkit.FaultyBackingStore.Operation;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Where the file of a record is looked for. */
class FileFinderTest {
  private static final byte[] PATH = "directory/file".getBytes(UTF_8);

  private final FakeBackingStore store = new FakeBackingStore();
  private final FileFinder finder = new FileFinder(store, Set::of);

  @Test
  void aFileThatIsNowhereIsGone() {
    store.changeBehind("directory/other", new byte[1]);
    NodeIdentity root = store.root().identity();

    assertThat(finder.find(new NodeIdentity(root.fileSystemId(), 77, 1), PATH)).isNull();
    assertThat(store.referencesHeld()).isZero();
  }

  @Test
  void aFileOfAFileSystemThatIsNotMountedIsNotGone() {
    store.changeBehind("directory/other", new byte[1]);
    NodeIdentity root = store.root().identity();

    assertThatThrownBy(() -> finder.find(new NodeIdentity(root.fileSystemId() + 1, 77, 1), PATH))
        .isInstanceOfSatisfying(
            BackingException.class, failed -> assertThat(failed.errno()).isEqualTo(Errno.ENODEV));
    assertThat(store.referencesHeld()).isZero();
  }

  @Test
  void thousandsOfFilesThatAreGoneTakeOneWalk() {
    for (int i = 0; i < 100; i++) {
      store.changeBehind("directory" + i + "/other", new byte[1]);
    }
    store.changeBehind("directory7/moved", new byte[1]);
    BackingNode moved = new FileFinder(store, Set::of).at("directory7/moved".getBytes(UTF_8));
    Set<NodeIdentity> sought = new HashSet<>(Set.of(moved.identity()));
    for (int i = 0; i < 1_000; i++) {
      sought.add(new NodeIdentity(store.root().identity().fileSystemId(), 10_000 + i, 1));
    }
    FaultyBackingStore counted = new FaultyBackingStore(store);
    FileFinder finder = new FileFinder(counted, () -> sought);

    for (NodeIdentity each : sought) {
      BackingNode found = finder.find(each, PATH);
      assertThat(found == null).isEqualTo(!each.equals(moved.identity()));
      if (found != null) {
        found.release(1);
      }
    }

    assertThat(counted.callsOf(Operation.NAMESPACE)).isLessThan(10_000);
    moved.release(1);
    assertThat(store.referencesHeld()).isZero();
  }

  @Test
  void whatAWalkFoundCountsOnce() {
    store.changeBehind("directory/other", new byte[1]);
    store.changeBehind("lost", new byte[1]);
    BackingNode lost = finder.at("lost".getBytes(UTF_8));
    NodeIdentity identity = lost.identity();
    Set<NodeIdentity> sought = Set.of(identity, new NodeIdentity(identity.fileSystemId(), 77, 1));
    FileFinder walking = new FileFinder(store, () -> sought);
    byte[] elsewhere = "elsewhere".getBytes(UTF_8);
    assertThat(walking.find(new NodeIdentity(identity.fileSystemId(), 77, 1), PATH)).isNull();

    store.rename(store.root(), "lost".getBytes(UTF_8), store.root(), elsewhere, 0);

    assertThatThrownBy(() -> walking.find(identity, PATH)).isInstanceOf(BackingException.class);
    BackingNode found = walking.find(identity, PATH);
    assertThat(found).isNotNull();
    assertThat(found.identity()).isEqualTo(identity);
    found.release(1);
    lost.release(1);
    assertThat(store.referencesHeld()).isZero();
  }
}
