package io.emberfs.fuse.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingNode;
import io.emberfs.core.NodeIdentity;
import io.emberfs.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class NodeTableTest {
  private final CountedNode root = new CountedNode(1);

  @Test
  void theRootIsKnownAndCannotBeForgotten() {
    NodeTable table = new NodeTable(root, 10);
    table.forget(NodeTable.ROOT_ID, 1000);

    assertThat(table.get(NodeTable.ROOT_ID)).isSameAs(table.root());
    assertThat(table.idOf(root)).isEqualTo(NodeTable.ROOT_ID);
    assertThat(root.references.get()).isEqualTo(1);
  }

  @Test
  void aNodeGoesWithTheLastReferenceOfTheKernel() {
    NodeTable table = new NodeTable(root, 10);
    CountedNode node = new CountedNode(2);
    KnownNode known = learn(table, node);
    assertThat(learn(table, node)).isSameAs(known);
    assertThat(node.references.get()).isEqualTo(2);

    table.forget(known.nodeId(), 1);
    assertThat(table.get(known.nodeId())).isSameAs(known);
    table.forget(known.nodeId(), 1);
    assertThat(table.get(known.nodeId())).isNull();
    assertThat(table.idOf(node)).isZero();
    assertThat(node.references.get()).isEqualTo(1);
  }

  @Test
  void aNumberThatIsUsedAgainHasAnotherGeneration() {
    NodeTable table = new NodeTable(root, 10);
    KnownNode first = learn(table, new CountedNode(2));
    table.forget(first.nodeId(), 1);
    KnownNode second = learn(table, new CountedNode(3));

    assertThat(second.nodeId()).isEqualTo(first.nodeId());
    assertThat(second.nodeGeneration()).isNotEqualTo(first.nodeGeneration());
  }

  @Test
  void beyondTheBoundNothingIsLearnedAndTheReferenceStaysTheCallers() {
    NodeTable table = new NodeTable(root, 2);
    learn(table, new CountedNode(2));
    CountedNode tooMany = new CountedNode(3);
    tooMany.retain();

    assertThat(table.learn(tooMany)).isNull();
    assertThat(tooMany.references.get()).isEqualTo(2);
  }

  @Test
  void unknownNumbersAreForgottenWithoutHarm() {
    NodeTable table = new NodeTable(root, 10);
    table.forget(0, 1);
    table.forget(-5, 1);
    table.forget(99, 1);
    table.forget(Long.MAX_VALUE, 1);

    assertThat(table.count()).isEqualTo(1);
  }

  @Test
  void thousandsOfLookupsAndForgetsEndAtZero() {
    Seeds.check(this::lookUpAndForgetThousands);
  }

  private void lookUpAndForgetThousands(RandomGenerator random) {
    NodeTable table = new NodeTable(root, 5000);
    List<CountedNode> nodes = new ArrayList<>();
    long[] model = new long[3000];
    for (int i = 0; i < model.length; i++) {
      nodes.add(new CountedNode(i + 2));
    }
    for (int step = 0; step < 50_000; step++) {
      int i = random.nextInt(model.length);
      CountedNode node = nodes.get(i);
      if (model[i] > 0 && random.nextInt(5) < 3) {
        long references = 1 + random.nextInt((int) model[i]);
        table.forget(table.idOf(node), references);
        model[i] -= references;
      } else {
        learn(table, node);
        model[i]++;
      }
      assertThat(table.idOf(node) != 0).isEqualTo(model[i] > 0);
    }
    for (int i = 0; i < model.length; i++) {
      assertThat(nodes.get(i).references.get()).isEqualTo(model[i] > 0 ? 2 : 1);
      if (model[i] > 0) {
        table.forget(table.idOf(nodes.get(i)), model[i]);
      }
    }

    assertThat(table.count()).isEqualTo(1);
    assertThat(nodes).allMatch(node -> node.references.get() == 1);
  }

  @Test
  void theEndOfTheConnectionGivesEveryReferenceBack() {
    NodeTable table = new NodeTable(root, 5000);
    List<CountedNode> nodes = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      CountedNode node = new CountedNode(i + 2);
      nodes.add(node);
      learn(table, node);
      learn(table, node);
    }
    table.forgetAll();

    assertThat(table.count()).isEqualTo(1);
    assertThat(nodes).allMatch(node -> node.references.get() == 1);
  }

  @Test
  void aFileIsGoneWhenNameAndHandlesAre() {
    NodeTable table = new NodeTable(root, 10);
    KnownNode unlinkedWhileOpen = learn(table, new CountedNode(2));
    unlinkedWhileOpen.opened();
    assertThat(unlinkedWhileOpen.lostLastName()).isFalse();
    assertThat(unlinkedWhileOpen.closed()).isTrue();

    KnownNode closedFirst = learn(table, new CountedNode(3));
    closedFirst.opened();
    assertThat(closedFirst.closed()).isFalse();
    assertThat(closedFirst.lostLastName()).isTrue();
  }

  private static KnownNode learn(NodeTable table, CountedNode node) {
    node.retain();
    KnownNode known = table.learn(node);
    if (known == null) {
      throw new AssertionError("not learned");
    }
    return known;
  }

  /** A node that only counts; the test holds one reference. */
  private static final class CountedNode implements BackingNode {
    final AtomicLong references = new AtomicLong(1);
    private final long inode;

    CountedNode(long inode) {
      this.inode = inode;
    }

    @Override
    public NodeIdentity identity() {
      return new NodeIdentity(1, inode, 0);
    }

    @Override
    public int type() {
      return 0100000;
    }

    @Override
    public void retain() {
      references.incrementAndGet();
    }

    @Override
    public void release(long count) {
      assertThat(references.addAndGet(-count)).isNotNegative();
    }
  }
}
