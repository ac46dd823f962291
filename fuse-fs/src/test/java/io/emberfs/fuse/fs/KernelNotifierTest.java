package io.emberfs.fuse.fs;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingNode;
import io.emberfs.core.Caller;
import io.emberfs.fuse.node.NodeTable;
import io.emberfs.testkit.FakeBackingStore;
import java.nio.charset.StandardCharsets;
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
}
