package io.emberfs.engine.namespace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.Meters;
import io.emberfs.core.StateStore;
import io.emberfs.engine.backing.CountingBackingStore;
import io.emberfs.engine.namespace.MarkedBackingStore.Making;
import io.emberfs.testkit.FakeBackingStore;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.FakeStateStore;
import io.emberfs.testkit.FaultyBackingStore;
import io.emberfs.testkit.Seeds;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** When what was saved is believed, over runs that end in every way. */
final class NamespaceKeeperTest {
  private static final byte[] MARK = bytes("trusted.emberfs");
  private static final byte[] OTHER_MARK = bytes("user.emberfs");
  private static final Caller CALLER = new Caller(0, 0, 0, 0);

  private final RandomGenerator random = Seeds.random(1);
  private final FakeBackingStore backing = new FakeBackingStore(new FakeClock());
  private final FaultyBackingStore faulty = new FaultyBackingStore(backing);
  private FakeStateStore state = new FakeStateStore(1 << 20);

  /** One run: put together as a mount does it. */
  private final class Run {
    private final Meters meters = new Meters();
    private final MarkedBackingStore marked;
    private final RememberingBackingStore store;
    private final NamespaceKeeper keeper;

    Run() {
      this("");
    }

    Run(String objection) {
      marked =
          new MarkedBackingStore(
              new CountingBackingStore(faulty, meters), Making.ALWAYS, random, meters);
      store = new RememberingBackingStore(marked, 1 << 20, meters);
      keeper = new NamespaceKeeper(store, marked, state, random, true, meters);
      keeper.load(objection);
      keeper.start(() -> true);
    }

    boolean isTrusted() {
      long[] trusted = {-1};
      meters.visit(
          new Meters.Visitor() {
            @Override
            public void count(String name, long value) {
              trusted[0] = name.equals("namespace.trusted") ? value : trusted[0];
            }

            @Override
            public void ratio(String name, double value) {}

            @Override
            public void histogram(String name, io.emberfs.core.Histogram histogram) {}
          });
      return trusted[0] == 1;
    }

    long requests() {
      return meters.counter("backing.metadataRequests").value();
    }

    void walk() {
      String _ = TreeWalk.textOf(store);
    }

    void change() {
      BackingNode made =
          store.makeDirectory(store.root(), bytes("made" + random.nextLong()), 0755, CALLER);
      made.release(1);
    }
  }

  @Test
  void afterAnOrderlyEndNothingIsAskedAgain() {
    backing.changeBehind("d/file", new byte[5]);
    Run first = new Run();
    assertThat(first.isTrusted()).isFalse();
    first.walk();
    first.keeper.close();
    assertThat(mark()).startsWith("clean:");

    Run second = new Run();
    assertThat(second.isTrusted()).isTrue();
    long requests = second.requests();
    second.walk();
    assertThat(second.requests()).isEqualTo(requests);
    assertThat(TreeWalk.textOf(second.store)).contains("/d/file");
    second.keeper.close();
    assertThat(new Run().isTrusted()).isTrue();
  }

  @Test
  void aKillWithoutAChangeCostsNothing() {
    Run first = new Run();
    first.walk();
    first.keeper.close();
    Run killed = new Run();
    killed.walk();
    assertThat(new Run().isTrusted()).isTrue();
  }

  @Test
  void aFirstRunThatIsKilledLaterIsBelievedUpToItsLastSave() {
    Run killed = new Run();
    killed.keeper.saveStep();
    assertThat(state.load("namespace")).as("at the start").isEmpty();
    killed.walk();
    killed.keeper.saveStep();
    assertThat(mark()).startsWith("clean:");
    assertThat(new Run().isTrusted()).isTrue();
    killed.change();
    assertThat(mark()).startsWith("open:");
    killed.keeper.saveStep();
    assertThat(new Run().isTrusted()).isFalse();
  }

  @Test
  void aKillAfterAChangeIsNotBelieved() {
    new Run().keeper.close();
    new Run().change();
    assertThat(mark()).startsWith("open:");
    assertThat(new Run().isTrusted()).isFalse();
  }

  @Test
  void aChangeAndAnOrderlyEndIsBelievedWithTheChange() {
    Run first = new Run();
    first.walk();
    first.change();
    first.walk();
    first.keeper.close();
    Run second = new Run();
    assertThat(second.isTrusted()).isTrue();
    assertThat(TreeWalk.textOf(second.store)).isEqualTo(TreeWalk.textOf(plain()));
  }

  @Test
  void anOldStateThatWasPutBackIsNotBelieved() throws IOException {
    Run first = new Run();
    first.walk();
    first.keeper.close();
    byte[] old = state.load("namespace").orElseThrow().readAllBytes();
    Run second = new Run();
    second.change();
    second.keeper.close();
    state.save("namespace", out -> out.write(old));
    assertThat(new Run().isTrusted()).isFalse();
  }

  /** What is being saved then carries the id of a backing that somebody may put back. */
  @Test
  void whatWasSavedWhileTheFirstChangeCameIsNotKept() throws IOException {
    Run first = new Run();
    first.walk();
    first.keeper.close();
    String clean = mark();
    Run second = new Run();
    StateStore changing =
        new StateStore() {
          @Override
          public void save(String name, Writer writer) throws IOException {
            second.change();
            second.walk();
            state.save(name, writer);
          }

          @Override
          public Optional<DataInputStream> load(String name) {
            return state.load(name);
          }

          @Override
          public void remove(String name) {
            state.remove(name);
          }
        };
    NamespaceKeeper keeper =
        new NamespaceKeeper(second.store, second.marked, changing, random, true, new Meters());
    keeper.load("");
    keeper.saveStep();
    second.store.forgetRoot();
    keeper.saveStep();
    assertThat(mark()).startsWith("open:");
    // The backing of before, as its copy has it.
    backing.setExtendedAttribute(backing.root(), MARK, bytes(clean), 0);
    assertThat(new Run().isTrusted()).isFalse();
  }

  @Test
  void aBackingThatTakesNoMarkIsNotAskedAndSyncedAgainUntilTheEnd() {
    Run run = new Run();
    run.keeper.saveStep();
    run.walk();
    faulty.failAlways(FaultyBackingStore.Operation.NAMESPACE, Errno.EOPNOTSUPP);
    run.keeper.saveStep();
    faulty.heal();
    int syncs = faulty.callsOf(FaultyBackingStore.Operation.SYNC);
    assertThat(syncs).isPositive();
    run.store.forgetRoot();
    run.walk();
    run.keeper.saveStep();
    assertThat(faulty.callsOf(FaultyBackingStore.Operation.SYNC)).isEqualTo(syncs);
    run.keeper.close();
    assertThat(mark()).startsWith("clean:");
  }

  @Test
  void anotherMountThatSharesTheBackingTakesTheMarkOffBeforeItsFirstChange() {
    new Run().keeper.close();
    MarkedBackingStore shared = new MarkedBackingStore(backing, Making.NEVER, random, new Meters());
    assertThat(mark()).startsWith("clean:");
    BackingNode root = shared.root();
    shared.makeDirectory(root, bytes("new"), 0755, CALLER).release(1);
    assertThat(mark()).startsWith("open:");
    assertThat(new Run().isTrusted()).isFalse();
  }

  @Test
  void aWriteToAnOpenFileIsAChangeToo() {
    backing.changeBehind("file", new byte[1]);
    new Run().keeper.close();
    Run second = new Run();
    BackingNode file = second.store.lookup(second.store.root(), bytes("file"));
    try (Arena arena = Arena.ofConfined();
        BackingFile open = second.store.open(file, BackingStore.OpenMode.READ_WRITE)) {
      assertThat(mark()).startsWith("clean:");
      open.write(0, arena.allocate(1));
      assertThat(mark()).startsWith("open:");
    }
    file.release(1);
  }

  @Test
  void aMountThatSharesAnUnmarkedBackingLeavesItUnmarked() {
    MarkedBackingStore shared = new MarkedBackingStore(backing, Making.NEVER, random, new Meters());
    shared.makeDirectory(shared.root(), bytes("new"), 0755, CALLER).release(1);
    assertThat(backing.extendedAttributeNames(backing.root())).isEmpty();
  }

  @Test
  void aMarkThatCannotBeTakenOffForbidsTheChange() {
    new Run().keeper.close();
    Meters meters = new Meters();
    MarkedBackingStore shared = new MarkedBackingStore(faulty, Making.NEVER, random, meters);
    faulty.failAlways(FaultyBackingStore.Operation.NAMESPACE, Errno.EIO);
    assertErrno(Errno.EIO, () -> shared.unlink(shared.root(), bytes("any")));
    faulty.heal();
    assertThat(mark()).startsWith("clean:");
    shared.makeDirectory(shared.root(), bytes("new"), 0755, CALLER).release(1);
    assertThat(mark()).startsWith("open:");
  }

  @Test
  void whatTheJournalStillHoldsIsNoOrderlyEnd() {
    new Run().keeper.close();
    Run second = new Run();
    second.keeper.start(() -> false);
    second.keeper.close();
    assertThat(mark()).startsWith("open:");
    assertThat(new Run().isTrusted()).isFalse();
  }

  @Test
  void anObjectionWinsOverAnyMark() {
    new Run().keeper.close();
    assertThat(new Run("because").isTrusted()).isFalse();
  }

  @Test
  void aMountThatNeverServedLeavesEverythingAsItWas() {
    Run run = new Run();
    MarkedBackingStore marked = run.marked;
    RememberingBackingStore names = new RememberingBackingStore(marked, 1 << 20, new Meters());
    NamespaceKeeper keeper = new NamespaceKeeper(names, marked, state, random, true, new Meters());
    keeper.load("");
    keeper.close();
    assertThat(backing.extendedAttributeNames(backing.root())).isEmpty();
    assertThat(state.load("namespace")).isEmpty();
  }

  @Test
  void damagedStateIsACountedColdStart() throws IOException {
    Run first = new Run();
    first.walk();
    first.keeper.close();
    byte[] saved = state.load("namespace").orElseThrow().readAllBytes();
    state.save("namespace", out -> out.write(saved, 0, saved.length - 3));
    Run second = new Run();
    assertThat(second.isTrusted()).isFalse();
    assertThat(second.meters.counter("namespace.damaged").value()).isEqualTo(1);
    assertThat(TreeWalk.textOf(second.store)).isEqualTo(TreeWalk.textOf(plain()));
  }

  @Test
  void theStateOfAnotherDirectoryIsNotBelieved() throws IOException {
    new Run().keeper.close();
    NamespaceState.Header header = NamespaceState.open(state).orElseThrow().header();
    NamespaceState.Header other =
        new NamespaceState.Header(
            header.id(), new io.emberfs.core.NodeIdentity(9, 9, header.root().inodeGeneration()));
    NamespaceState.save(state, other, new NamespaceMemory(1 << 20));
    assertThat(new Run().isTrusted()).isFalse();
  }

  @Test
  void twoMarksAreNone() {
    new Run().keeper.close();
    backing.setExtendedAttribute(backing.root(), OTHER_MARK, bytes("open:x"), 0);
    Run second = new Run();
    assertThat(second.isTrusted()).isFalse();
    second.keeper.close();
    assertThat(new Run().isTrusted()).as("one again").isTrue();
  }

  @Test
  void theMarkIsNotThereForUsers() {
    Run run = new Run();
    run.keeper.saveStep();
    run.walk();
    run.keeper.saveStep();
    BackingNode root = run.store.root();
    assertThat(mark()).startsWith("clean:");
    run.store.setExtendedAttribute(root, bytes("user.colour"), bytes("red"), 0);
    for (byte[] name : new byte[][] {MARK, OTHER_MARK}) {
      assertErrno(Errno.ENODATA, () -> run.store.extendedAttribute(root, name));
      assertErrno(Errno.EPERM, () -> run.store.setExtendedAttribute(root, name, bytes("x"), 0));
      assertErrno(Errno.ENODATA, () -> run.store.removeExtendedAttribute(root, name));
    }
    assertThat(run.store.extendedAttributeNames(root)).isEqualTo(bytes("user.colour\0"));
    assertThat(mark()).startsWith("open:");
  }

  /** A file may have an attribute of that name: it means nothing there. */
  @Test
  void onlyTheRootHasAMark() {
    Run run = new Run();
    BackingNode made = run.store.makeDirectory(run.store.root(), bytes("d"), 0755, CALLER);
    run.store.setExtendedAttribute(made, OTHER_MARK, bytes("mine"), 0);
    assertThat(run.store.extendedAttribute(made, OTHER_MARK)).isEqualTo(bytes("mine"));
    assertThat(run.store.extendedAttributeNames(made)).isEqualTo(bytes("user.emberfs\0"));
    made.release(1);
  }

  private BackingStore plain() {
    return new MarkedBackingStore(backing, Making.NEVER, random, new Meters());
  }

  private String mark() {
    return new String(backing.extendedAttribute(backing.root(), MARK), StandardCharsets.US_ASCII);
  }

  private static void assertErrno(
      int errno, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            BackingException.class, failed -> assertThat(failed.errno()).isEqualTo(errno));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
