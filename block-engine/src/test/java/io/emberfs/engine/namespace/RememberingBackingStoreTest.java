package io.emberfs.engine.namespace;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.Attributes;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Errno;
import io.emberfs.core.Meters;
import io.emberfs.engine.backing.CountingBackingStore;
import io.emberfs.testkit.BackingStoreContract;
import io.emberfs.testkit.FakeBackingStore;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.FaultyBackingStore;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** The whole contract of a backing store, and that what was asked once is not asked again. */
final class RememberingBackingStoreTest extends BackingStoreContract {
  private static final long MEMORY_BYTES = 1 << 20;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;
  private static final byte[] ACL = bytes("system.posix_acl_access");

  private final Meters meters = new Meters();
  private final FakeBackingStore backing = new FakeBackingStore(new FakeClock());
  private final FaultyBackingStore faulty = new FaultyBackingStore(backing);

  @Override
  protected BackingStore create() {
    return new RememberingBackingStore(
        new CountingBackingStore(backing, meters), MEMORY_BYTES, meters);
  }

  @Override
  protected void checkNothingLeaked() {
    assertThat(backing.openFiles()).isZero();
  }

  @Test
  void aTreeThatWasWalkedIsNotAskedForAgain() {
    makeTree();
    walk();
    long asked = metadataRequests();
    walk();
    assertThat(metadataRequests()).isEqualTo(asked);
    assertThat(count("namespace.hits")).isPositive();
    assertThat(backing.referencesHeld()).isZero();
  }

  @Test
  void aMissingNameIsKnownToBeMissingOnceItsDirectoryWasListed() {
    makeFile(root, "letters").release(1);
    assertErrno(Errno.ENOENT, () -> store.lookup(root, bytes("missing")));
    listed(root);
    long asked = metadataRequests();
    assertErrno(Errno.ENOENT, () -> store.lookup(root, bytes("missing")));
    assertThat(metadataRequests()).isEqualTo(asked);
    // Not so for what a file system may spell in another way.
    assertErrno(Errno.ENOENT, () -> store.lookup(root, bytes("ä")));
    assertThat(metadataRequests()).isGreaterThan(asked);
    makeFile(root, "missing").release(1);
    store.lookup(root, bytes("missing")).release(1);
  }

  @Test
  void withoutALetterInAnyNameItIsNotKnownWhetherCaseCounts() {
    makeFile(root, "1").release(1);
    listed(root);
    long asked = metadataRequests();
    assertErrno(Errno.ENOENT, () -> store.lookup(root, bytes("missing")));
    assertThat(metadataRequests()).isGreaterThan(asked);
  }

  @Test
  void aWriteIsSeenInTheAttributes() {
    BackingNode file = makeFile(root, "a");
    Attributes before = store.attributes(file);
    try (Arena arena = Arena.ofConfined();
        BackingFile open = store.open(file, BackingStore.OpenMode.READ_WRITE)) {
      open.write(0, arena.allocate(10));
      assertThat(store.attributes(file).size()).isEqualTo(10);
      assertThat(store.version(file)).isEqualTo(open.version());
      open.truncate(3);
      assertThat(store.attributes(file).size()).isEqualTo(3);
      open.allocate(0, 0, 100);
      assertThat(store.version(file).size()).isEqualTo(100);
      open.copyRange(0, open, 100, 50);
      assertThat(store.attributes(file).size()).isEqualTo(150);
    }
    assertThat(store.attributes(file).ctimeNanos()).isGreaterThan(before.ctimeNanos());
    file.release(1);
  }

  @Test
  void aChangeOfModeForgetsTheExtendedAttributes() {
    BackingNode file = makeFile(root, "a");
    assertErrno(Errno.ENODATA, () -> store.extendedAttribute(file, ACL));
    long asked = metadataRequests();
    assertErrno(Errno.ENODATA, () -> store.extendedAttribute(file, ACL));
    assertThat(metadataRequests()).isEqualTo(asked);
    store.change(file, new AttributeChange(0600, null, null, null, null));
    asked = metadataRequests();
    assertErrno(Errno.ENODATA, () -> store.extendedAttribute(file, ACL));
    assertThat(metadataRequests()).isEqualTo(asked + 1);
    file.release(1);
  }

  @Test
  void theLinkCountOfAFileFollowsItsOtherNames() {
    BackingNode file = makeFile(root, "a");
    store.link(file, root, bytes("b")).release(1);
    assertThat(store.attributes(file).linkCount()).isEqualTo(2);
    store.unlink(root, bytes("b"));
    assertThat(store.attributes(file).linkCount()).isEqualTo(1);
    makeFile(root, "c").release(1);
    store.rename(root, bytes("c"), root, bytes("a"), 0);
    assertThat(store.attributes(file).linkCount()).isZero();
    file.release(1);
  }

  @Test
  void aFileThatIsOnlyReadIsOpenedWithItsFirstByteAndHolesAreRemembered() {
    backing.changeBehind("a", new byte[100]);
    BackingNode file = store.lookup(root, bytes("a"));
    try (BackingFile open = store.open(file, BackingStore.OpenMode.READ)) {
      assertThat(backing.openFiles()).isZero();
      assertThat(open.seek(0, SEEK_HOLE)).isEqualTo(100);
      assertErrno(Errno.ENXIO, () -> open.seek(100, SEEK_DATA));
      assertThat(backing.openFiles()).isEqualTo(1);
    }
    try (Arena arena = Arena.ofConfined();
        BackingFile open = store.open(file, BackingStore.OpenMode.READ_QUIETLY)) {
      // What it has to outlive.
      file.release(1);
      assertThat(open.seek(0, SEEK_HOLE)).isEqualTo(100);
      assertErrno(Errno.ENXIO, () -> open.seek(100, SEEK_DATA));
      assertThat(backing.openFiles()).isZero();
      assertThat(open.read(0, arena.allocate(200))).isEqualTo(100);
      assertThat(backing.openFiles()).isEqualTo(1);
    }
    assertThat(backing.referencesHeld()).isZero();
  }

  /** Asked before the change, answered after it: what a slow thread brings is not kept. */
  @Test
  void anAnswerFromBeforeAChangeIsNotKept() {
    BackingNode file = makeFile(root, "a");
    RememberingBackingStore racing =
        new RememberingBackingStore(faulty, MEMORY_BYTES, new Meters());
    boolean[] isFirst = {true};
    faulty.after(
        FaultyBackingStore.Operation.NAMESPACE,
        () -> {
          if (isFirst[0]) {
            isFirst[0] = false;
            racing.change(file, new AttributeChange(0600, null, null, null, null));
          }
        });
    assertThat(racing.attributes(file).mode() & 0777).isEqualTo(0644);
    assertThat(racing.attributes(file).mode() & 0777).isEqualTo(0600);
    file.release(1);
  }

  @Test
  void whatSomebodyElseMovedIsForgottenAndFoundAnew() {
    BackingNode made = makeFile(root, "a");
    made.release(1);
    walk();
    backing.removeBehind("a");
    backing.changeBehind("a", new byte[7]);
    BackingNode found = store.lookup(root, bytes("a"));
    assertThat(store.attributes(found).size()).isEqualTo(7);
    assertThat(count("namespace.broken")).isEqualTo(1);
    found.release(1);
  }

  @Test
  void aFileThatIsSeenToBeAnotherVersionIsAskedAnew() {
    BackingNode file = makeFile(root, "a");
    assertThat(store.attributes(file).size()).isZero();
    backing.changeBehind("a", new byte[7]);
    assertThat(store.attributes(file).size()).as("by the user's word").isZero();
    try (BackingFile open = store.open(file, BackingStore.OpenMode.READ)) {
      assertThat(open.version().size()).isEqualTo(7);
    }
    assertThat(store.attributes(file).size()).isEqualTo(7);
    file.release(1);
  }

  @Test
  void moreThanTheBoundIsNotRemembered() {
    RememberingBackingStore little =
        new RememberingBackingStore(backing, MEMORY_BYTES / 16, new Meters());
    for (int i = 0; i < 2000; i++) {
      BackingNode file = makeFile(root, "file" + i);
      assertThat(little.attributes(file).size()).isZero();
      file.release(1);
    }
    assertThat(little.memory().bytes()).isLessThanOrEqualTo(MEMORY_BYTES / 16);
    assertThat(little.memory().nodeCount()).isBetween(10, 400);
  }

  private void makeTree() {
    for (int i = 0; i < 3; i++) {
      BackingNode directory = store.makeDirectory(root, bytes("d" + i), 0755, NOBODY_SPECIAL);
      makeFile(directory, "file").release(1);
      store.makeSymbolicLink(directory, bytes("link"), bytes("file"), NOBODY_SPECIAL).release(1);
      directory.release(1);
    }
  }

  private void walk() {
    TreeWalk.textOf(store);
  }

  private long metadataRequests() {
    return count("backing.metadataRequests");
  }

  private long count(String name) {
    return meters.counter(name).value();
  }
}
