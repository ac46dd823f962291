package io.emberfs.fuse.fs;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingWatch;
import io.emberfs.core.Caller;
import io.emberfs.core.Meters;
import io.emberfs.fuse.node.KnownNode;
import io.emberfs.fuse.node.NodeTable;
import io.emberfs.testkit.FakeBackingStore;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DirectoryWatchesTest {
  private final FakeBackingStore store = new FakeBackingStore();
  private final NodeTable nodes = new NodeTable(store.root(), 1000);
  private final RecordingTransport transport = new RecordingTransport();
  private boolean isMade;
  private final RecordingWatch watch = new RecordingWatch();
  private final DirectoryWatches watches =
      new DirectoryWatches(
          watch,
          store,
          new FakeBlockCache(store),
          nodes,
          new KernelNotifier(nodes, transport),
          new Meters());

  @AfterEach
  void nothingIsHeld() {
    nodes.forgetAll();
    watches.close();
    assertThat(store.referencesHeld()).isZero();
  }

  @Test
  void aDirectoryIsWatchedFromItsFirstUseUntilTheKernelForgetsIt() {
    KnownNode directory = learn();
    watches.use(directory);
    watches.use(directory);
    assertThat(watch.directories).containsExactly(directory.backing());
    assertThat(watch.added).isEqualTo(1);

    nodes.forget(directory.nodeId(), 1);
    watches.step();
    assertThat(watch.directories).isEmpty();
  }

  @Test
  void aDirectoryThatIsKnownAgainBeforeItsWatchEndedStaysWatched() {
    KnownNode directory = learn();
    watches.use(directory);
    nodes.forget(directory.nodeId(), 1);
    KnownNode again = learn();
    watches.use(again);
    watches.step();

    assertThat(watch.directories).containsExactly(again.backing());
  }

  @Test
  void withoutRoomADirectoryIsTriedAgainLater() {
    KnownNode directory = learn();
    watch.hasRoom = false;
    watches.use(directory);
    assertThat(watch.directories).isEmpty();

    watch.hasRoom = true;
    watches.use(directory);
    assertThat(watch.directories).containsExactly(directory.backing());
  }

  @Test
  void aChangeOfTheDirectoryIsToldToTheKernel() {
    KnownNode directory = learn();
    watches.directoryChanged(directory.backing());
    assertThat(transport.attributesTold).containsExactly(directory.nodeId());
  }

  private KnownNode learn() {
    byte[] name = "d".getBytes(StandardCharsets.UTF_8);
    BackingNode node =
        !isMade
            ? store.makeDirectory(store.root(), name, 0755, new Caller(0, 0, 0, 0))
            : store.lookup(store.root(), name);
    isMade = true;
    KnownNode known = nodes.learn(node);
    assertThat(known).isNotNull();
    return known;
  }

  /** Remembers what is watched. */
  private static final class RecordingWatch implements BackingWatch {
    final Set<BackingNode> directories = new HashSet<>();
    int added;
    boolean hasRoom = true;

    @Override
    public boolean add(BackingNode directory) {
      added++;
      return directories.add(directory);
    }

    @Override
    public void remove(BackingNode directory) {
      directories.remove(directory);
    }

    @Override
    public void next(int millisMax, Listener listener) {}

    @Override
    public boolean hasRoom() {
      return hasRoom;
    }

    @Override
    public int directoryCount() {
      return directories.size();
    }

    @Override
    public void close() {}
  }
}
