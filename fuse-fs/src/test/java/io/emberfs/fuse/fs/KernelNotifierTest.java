package io.emberfs.fuse.fs;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingNode;
import io.emberfs.core.Caller;
import io.emberfs.core.FsHandler;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.MountSpec;
import io.emberfs.fuse.node.NodeTable;
import io.emberfs.testkit.FakeBackingStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class KernelNotifierTest {
  private final FakeBackingStore store = new FakeBackingStore();
  private final NodeTable nodes = new NodeTable(store.root(), 10_000);
  private final RecordingTransport transport = new RecordingTransport();
  private final KernelNotifier notifier = new KernelNotifier(nodes, transport);

  @Test
  void aChangeIsToldOnceByTheNotifiersOwnStep() {
    BackingNode node = file("f");
    nodes.learn(node);
    notifier.changedBehind(node);
    assertThat(transport.told).isEmpty();

    assertThat(notifier.step()).isEqualTo(1);
    assertThat(transport.told).containsExactly(nodes.idOf(node));
    assertThat(notifier.step()).isZero();
  }

  @Test
  void aNodeThatTheKernelDoesNotKnowIsNoNews() {
    notifier.changedBehind(file("f"));

    assertThat(notifier.step()).isZero();
  }

  @Test
  void whenTheNotesRunOverEveryNodeIsTold() {
    List<BackingNode> files = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      BackingNode node = file("f" + i);
      nodes.learn(node);
      files.add(node);
    }
    files.forEach(notifier::changedBehind);
    while (notifier.step() > 0) {
      // Until there is nothing left.
    }

    assertThat(transport.told).containsAll(files.stream().map(nodes::idOf).toList());
  }

  private BackingNode file(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return store.makeNode(store.root(), bytes, 0100644, 0, new Caller(0, 0, 0, 0));
  }

  /** Remembers what the kernel would have been told. */
  private static final class RecordingTransport implements FuseTransport {
    final List<Long> told = new ArrayList<>();

    @Override
    public String name() {
      return "recording";
    }

    @Override
    public void mount(MountSpec spec, FsHandler handler) {}

    @Override
    public boolean awaitMounted(Duration timeout) {
      return true;
    }

    @Override
    public void awaitUnmounted() {}

    @Override
    public boolean unmount(boolean lazy) {
      return true;
    }

    @Override
    public Capabilities capabilities() {
      return new Capabilities(4096, 4096, true, false, true, true, true);
    }

    @Override
    public boolean notifyInvalidInode(long nodeId, long offset, long length) {
      assertThat(offset).isZero();
      assertThat(length).isZero();
      return told.add(nodeId);
    }

    @Override
    public long bufferBytesMax() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
