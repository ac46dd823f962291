package io.emberfs.fuse.jnr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.FsHandler;
import io.emberfs.testkit.FakeClock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Names that are remembered, and the references that they hold. */
final class NameCacheTest {
  private static final long VALID = 100;
  private static final byte[] A = {'a'};
  private static final byte[] B = {'b'};

  private final List<String> forgotten = new ArrayList<>();
  private final FakeClock clock = new FakeClock();
  private final NodeReferences references =
      new NodeReferences(
          new FsHandler() {
            @Override
            public void forget(long nodeId, long count) {
              forgotten.add(nodeId + "x" + count);
            }
          });
  private final NameCache names = new NameCache(references, clock, 2, VALID);
  private final HeldNode root = references.root();

  private HeldNode put(HeldNode parent, byte[] name, long nodeId) {
    HeldNode node = references.learn(nodeId);
    assertThat(names.put(parent, name, node, names.now())).isTrue();
    references.release(node);
    return node;
  }

  @Test
  void aLookUpThatBeganBeforeAChangeIsNotBelieved() {
    NameCache.Moment before = names.now();
    HeldNode node = references.learn(5);
    names.changed(root, B);

    assertThat(names.put(root, A, node, before)).isFalse();
    references.release(node);
    assertThat(names.find(root, A)).isNull();
    assertThat(forgotten).containsExactly("5x1");
  }

  @Test
  void whatIsTooOldIsGivenBackAndTheRestStays() {
    put(root, A, 5);
    clock.advanceNanos(VALID - 1);
    put(root, B, 6);
    names.expire();
    assertThat(names.count()).isEqualTo(2);
    clock.advanceNanos(1);
    names.expire();

    assertThat(forgotten).containsExactly("5x1");
    assertThat(names.count()).isEqualTo(1);
    clock.advanceNanos(VALID);
    names.expire();
    assertThat(forgotten).containsExactly("5x1", "6x1");
  }

  /** Else a name that is looked up again and again would shield older ones behind it. */
  @Test
  void aNameLookedUpAgainIsTheYoungest() {
    put(root, A, 5);
    clock.advanceNanos(1);
    put(root, B, 6);
    clock.advanceNanos(1);
    put(root, A, 5);
    clock.advanceNanos(VALID - 1);
    names.expire();

    assertThat(forgotten).containsExactly("6x1");
    names.clear();
  }

  @Test
  void aNameIsAsOldAsItsLookUpNotAsItsAnswer() {
    NameCache.Moment before = names.now();
    clock.advanceNanos(VALID);
    HeldNode node = references.learn(5);
    assertThat(names.put(root, A, node, before)).isTrue();
    assertThat(names.find(root, A)).isNull();
    references.release(node);
    names.clear();
    assertThat(forgotten).containsExactly("5x1");
  }

  /** A use makes no name younger: it is not believed for longer. */
  @Test
  void theNameLookedUpLongestAgoGoesWhenItIsFull() {
    put(root, A, 5);
    put(root, B, 6);
    HeldNode used = names.find(root, A);
    assertThat(used).isNotNull();
    references.release(used);
    put(root, new byte[] {'c'}, 7);

    assertThat(names.count()).isEqualTo(2);
    assertThat(forgotten).containsExactly("5x1");
  }

  @Test
  void aNodeThatIsUsedOutlivesItsName() {
    put(root, A, 5);
    HeldNode used = names.find(root, A);
    names.changed(root, A);
    assertThat(forgotten).isEmpty();
    assertThat(references.learn(5)).isSameAs(used);
    references.release(used);
    references.release(used);
    assertThat(forgotten).containsExactly("5x2");
    assertThatThrownBy(() -> references.release(used)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aNameHoldsItsDirectorySoThatItsIdCannotMeanAnother() {
    HeldNode directory = put(root, A, 5);
    put(directory, B, 6);
    names.changed(root, A);
    assertThat(forgotten).isEmpty();

    names.changed(directory, B);
    assertThat(forgotten).containsExactlyInAnyOrder("6x1", "5x1");
    HeldNode again = references.learn(5);
    assertThat(again).isNotSameAs(directory);
    assertThat(names.find(again, B)).isNull();
    references.release(again);
  }

  @Test
  void aNameThatComesToMeanAnotherNodeGivesTheOldOneBack() {
    put(root, A, 5);
    put(root, A, 6);
    assertThat(forgotten).containsExactly("5x1");
    put(root, A, 6);
    names.clear();
    assertThat(forgotten).containsExactly("5x1", "6x2");
    assertThat(references.count()).isZero();
  }
}
