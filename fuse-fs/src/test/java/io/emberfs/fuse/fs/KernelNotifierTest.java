package io.emberfs.fuse.fs;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingNode;
import io.emberfs.core.Caller;
import io.emberfs.fuse.node.NodeTable;
import io.emberfs.testkit.FakeBackingStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
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

  @Test
  void aCrowdedTableIsRelievedWithoutWhatIsInUse() {
    for (int i = 0; i < 5001; i++) {
      nodes.learn(file("f" + i));
    }
    assertThat(nodes.count()).isEqualTo(5002);
    transport.pruning =
        nodeIds -> {
          for (long nodeId : nodeIds) {
            assertThat(nodeId).isNotEqualTo(NodeTable.ROOT_ID);
            if (nodeId % 2 == 0) {
              nodes.forget(nodeId, 1);
            }
          }
          return true;
        };
    int steps = 0;
    while (notifier.step() > 0) {
      steps++;
    }

    assertThat(nodes.count()).isLessThanOrEqualTo(3750).isGreaterThan(3000);
    assertThat(steps).isGreaterThan(1);
  }

  @Test
  void aKernelThatCannotForgetOnRequestIsAskedOnce() {
    for (int i = 0; i < 6000; i++) {
      nodes.learn(file("f" + i));
    }
    AtomicInteger asked = new AtomicInteger();
    transport.pruning = nodeIds -> asked.incrementAndGet() < 0;
    for (int i = 0; i < 300; i++) {
      notifier.step();
    }

    assertThat(asked).hasValue(1);
    assertThat(nodes.count()).isEqualTo(6001);
  }

  @Test
  void nodesInUseAreAskedForAgainAfterAPause() {
    for (int i = 0; i < 6000; i++) {
      nodes.learn(file("f" + i));
    }
    AtomicInteger asked = new AtomicInteger();
    transport.pruning = nodeIds -> asked.addAndGet(nodeIds.length) > 0;
    for (int i = 0; i < 13; i++) {
      notifier.step();
    }
    assertThat(asked).hasValue(6000);
    for (int i = 0; i < 100; i++) {
      notifier.step();
    }
    assertThat(asked.get()).isGreaterThan(6000).isLessThan(7000);
  }

  private BackingNode file(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return store.makeNode(store.root(), bytes, 0100644, 0, new Caller(0, 0, 0, 0));
  }
}
