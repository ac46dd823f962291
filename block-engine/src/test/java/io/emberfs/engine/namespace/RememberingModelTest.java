package io.emberfs.engine.namespace;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Caller;
import io.emberfs.core.Meters;
import io.emberfs.engine.backing.PosixBackingStore;
import io.emberfs.testkit.FakeBackingStore;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.FakeStateStore;
import io.emberfs.testkit.Seeds;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random own operations through the remembering store: after each few of them every answer is that
 * of the backing itself, also after a restart that believes what was saved, and with so little
 * memory that most of it is dropped again.
 */
final class RememberingModelTest {
  private static final int OPERATIONS = 3000;
  private static final int CHECK_EVERY = 25;
  private static final int RESTART_EVERY = 400;
  private static final List<String> NAMES = List.of("a", "b", "C", "c", "1", "ä");
  private static final Caller CALLER = new Caller(0, 0, 0, 022);
  private static final int O_RDWR = 2;
  private static final int O_EXCL = 0200;
  private static final int O_TRUNC = 01000;

  @TempDir private Path directory;

  @Test
  void everyAnswerIsThatOfTheBacking() {
    Seeds.check(random -> run(new FakeBackingStore(new FakeClock()), 1 << 20, random));
  }

  @Test
  void withLittleMemoryToo() {
    Seeds.check(random -> run(new FakeBackingStore(new FakeClock()), 3000, random));
  }

  /** Nodes without descriptors, found again from what was remembered. */
  @Test
  void onAFileSystemToo() {
    Seeds.check(random -> {
      try (BackingStore backing = new PosixBackingStore(directory, 3)) {
        run(backing, 1 << 20, random);
      }
    });
  }

  private static void run(BackingStore backing, long memoryBytes, RandomGenerator random)
      throws Exception {
    FakeStateStore state = new FakeStateStore(1 << 20);
    RememberingBackingStore store = new RememberingBackingStore(backing, memoryBytes, new Meters());
    for (int i = 1; i <= OPERATIONS; i++) {
      operate(store, random);
      if (i % CHECK_EVERY == 0) {
        // The plain one first: a listing may move an access time, once.
        String truth = TreeWalk.textOf(backing);
        assertThat(TreeWalk.textOf(store)).as("first, after %d operations", i).isEqualTo(truth);
        assertThat(TreeWalk.textOf(store)).as("again, after %d operations", i).isEqualTo(truth);
      }
      if (i % RESTART_EVERY == 0) {
        NamespaceState.Header header =
            new NamespaceState.Header(MarkId.drawn(random), backing.root().identity());
        NamespaceState.save(state, header, store.memory());
        store = new RememberingBackingStore(backing, memoryBytes, new Meters());
        NamespaceState.Opened opened = NamespaceState.open(state).orElseThrow();
        assertThat(opened.header()).isEqualTo(header);
        NamespaceState.load(opened, store.memory());
        assertThat(store.memory().nodeCount()).isPositive();
        assertThat(TreeWalk.textOf(store))
            .as("restarted after %d operations", i)
            .isEqualTo(TreeWalk.textOf(backing));
      }
    }
  }

  private static void operate(BackingStore store, RandomGenerator random) {
    List<BackingNode> held = new ArrayList<>();
    try {
      BackingNode parent = anyDirectory(store, random, held);
      byte[] name = name(random);
      switch (random.nextInt(14)) {
        case 0 -> held.add(store.makeDirectory(parent, name, 0755, CALLER));
        case 1 -> held.add(store.makeSymbolicLink(parent, name, name(random), CALLER));
        case 2, 3 -> {
          int flags = O_RDWR | (random.nextBoolean() ? O_EXCL : O_TRUNC);
          BackingStore.Created created = store.create(parent, name, flags, 0644, CALLER);
          held.add(created.node());
          created.file().close();
        }
        case 4 -> store.unlink(parent, name);
        case 5 -> store.removeDirectory(parent, name);
        case 6, 7 ->
            store.rename(
                parent, name, anyDirectory(store, random, held), name(random), random.nextInt(3));
        case 8 ->
            held.add(
                store.link(
                    lookup(store, parent, name, held),
                    anyDirectory(store, random, held),
                    name(random)));
        case 9 ->
            store.change(
                lookup(store, parent, name, held),
                new AttributeChange(0600 | random.nextInt(0100), null, null, null, 42L));
        case 10 ->
            store.setExtendedAttribute(
                lookup(store, parent, name, held), bytes("user.colour"), name(random), 0);
        case 11 ->
            store.removeExtendedAttribute(lookup(store, parent, name, held), bytes("user.colour"));
        default -> write(store, lookup(store, parent, name, held), random);
      }
    } catch (BackingException _) {
      // Refused by both alike: the comparison shows what became of it.
    } finally {
      held.forEach(node -> node.release(1));
    }
  }

  private static void write(BackingStore store, BackingNode node, RandomGenerator random) {
    try (Arena arena = Arena.ofConfined();
        BackingFile file = store.open(node, BackingStore.OpenMode.READ_WRITE)) {
      file.write(random.nextInt(100), arena.allocate(1 + random.nextInt(100)));
      if (random.nextBoolean()) {
        file.truncate(random.nextInt(100));
      }
    }
  }

  private static BackingNode anyDirectory(
      BackingStore store, RandomGenerator random, List<BackingNode> held) {
    BackingNode at = store.root();
    for (int depth = random.nextInt(4); depth > 0; depth--) {
      try {
        BackingNode next = store.lookup(at, name(random));
        held.add(next);
        if (next.type() != store.root().type()) {
          return at;
        }
        at = next;
      } catch (BackingException _) {
        return at;
      }
    }
    return at;
  }

  private static BackingNode lookup(
      BackingStore store, BackingNode parent, byte[] name, List<BackingNode> held) {
    BackingNode found = store.lookup(parent, name);
    held.add(found);
    return found;
  }

  private static byte[] name(RandomGenerator random) {
    return NAMES
        .get(random.nextInt(NAMES.size()))
        .getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }
}
