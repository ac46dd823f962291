package io.emberfs.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.Attributes;
import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.Namespace.Created;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link BackingStore} promises of names, attributes and nodes; of files see {@link
 * BackingFileContract}.
 */
public abstract class BackingStoreContract {
  protected static final int O_RDONLY = 0;
  protected static final int O_RDWR = 2;
  protected static final int O_EXCL = 0200;
  protected static final int O_TRUNC = 01000;
  private static final int S_IFIFO = 0010000;
  private static final int S_IFREG = 0100000;
  private static final int S_IFDIR = 0040000;
  private static final int DT_DIR = 4;
  private static final int DT_REG = 8;
  private static final int RENAME_NOREPLACE = 1;
  private static final int RENAME_EXCHANGE = 2;
  private static final int XATTR_CREATE = 1;
  private static final int XATTR_REPLACE = 2;
  protected static final Caller NOBODY_SPECIAL = new Caller(0, 0, 0, 0);

  protected BackingStore store;
  protected BackingNode root;

  /** An empty store, the contract's to close. */
  protected abstract BackingStore create() throws Exception;

  /** Looks for leaks after the store was closed. */
  protected void checkNothingLeaked() {}

  @BeforeEach
  void open() throws Exception {
    store = create();
    root = store.root();
  }

  @AfterEach
  void close() {
    store.close();
    checkNothingLeaked();
  }

  @Test
  void theRootIsADirectory() {
    assertThat(root.type()).isEqualTo(S_IFDIR);
    assertThat(store.attributes(root).isDirectory()).isTrue();
  }

  @Test
  void thereIsOneNodeForAnInodeAtATime() {
    BackingNode made = makeFile(root, "a");
    BackingNode linked = store.link(made, root, bytes("b"));
    BackingNode found = store.lookup(root, bytes("a"));
    assertThat(found).isSameAs(made).isSameAs(linked);
    made.release(3);
  }

  @Test
  void aNodeThatNobodyHoldsIsFoundAgainUnderTheSameIdentity() {
    BackingNode made = makeFile(root, "a");
    var identity = made.identity();
    made.release(1);
    BackingNode found = store.lookup(root, bytes("a"));
    assertThat(found.identity()).isEqualTo(identity);
    found.release(1);
  }

  @Test
  void aRetainedNodeOutlivesTheFirstReference() {
    BackingNode made = makeFile(root, "a");
    made.retain();
    made.release(1);
    assertThat(store.attributes(made).isRegularFile()).isTrue();
    made.release(1);
  }

  @Test
  void aMissingNameIsEnoent() {
    assertErrno(Errno.ENOENT, () -> store.lookup(root, bytes("missing")));
  }

  @Test
  void namesThatLeadElsewhereAreRefused() {
    BackingNode file = makeFile(root, "file");
    for (String name : List.of("", ".", "..", "a/b", "/", "a\0b")) {
      byte[] bad = bytes(name);
      assertErrno(Errno.EINVAL, () -> store.lookup(root, bad));
      assertErrno(Errno.EINVAL, () -> store.create(root, bad, O_RDWR, 0644, NOBODY_SPECIAL));
      assertErrno(Errno.EINVAL, () -> store.makeDirectory(root, bad, 0755, NOBODY_SPECIAL));
      assertErrno(Errno.EINVAL, () -> store.makeNode(root, bad, S_IFREG | 0644, 0, NOBODY_SPECIAL));
      assertErrno(
          Errno.EINVAL, () -> store.makeSymbolicLink(root, bad, bytes("x"), NOBODY_SPECIAL));
      assertErrno(Errno.EINVAL, () -> store.link(file, root, bad));
      assertErrno(Errno.EINVAL, () -> store.unlink(root, bad));
      assertErrno(Errno.EINVAL, () -> store.removeDirectory(root, bad));
      assertErrno(Errno.EINVAL, () -> store.rename(root, bad, root, bytes("x"), 0));
      assertErrno(Errno.EINVAL, () -> store.rename(root, bytes("file"), root, bad, 0));
    }
    file.release(1);
  }

  @Test
  void aNameLongerThanAFileSystemTakesIsRefused() {
    assertErrno(Errno.ENAMETOOLONG, () -> store.lookup(root, bytes("n".repeat(256))));
    BackingNode longest = makeFile(root, "n".repeat(255));
    longest.release(1);
  }

  @Test
  void namesAreBytesAndNotDecoded() {
    byte[] name = {(byte) 0xff, (byte) 0x80, 'x'};
    Created created = store.create(root, name, O_RDWR, 0644, NOBODY_SPECIAL);
    created.file().close();
    assertThat(listed(root)).anyMatch(entry -> java.util.Arrays.equals(entry, name));
    created.node().release(1);
  }

  @Test
  void aCreatedFileHasTheModeWithoutTheUmask() {
    Created created = store.create(root, bytes("a"), O_RDWR, 0666, new Caller(0, 0, 0, 027));
    Attributes attributes = store.attributes(created.node());
    assertThat(attributes.mode()).isEqualTo(S_IFREG | 0640);
    assertThat(attributes.size()).isZero();
    assertThat(attributes.linkCount()).isEqualTo(1);
    assertThat(created.existed()).isFalse();
    created.file().close();
    created.node().release(1);
  }

  @Test
  void aFileWithoutANameCanGetOneUnlessItMustNot() {
    int nameCount = listed(root).size();
    Created created = store.createUnnamed(root, O_RDWR, 0666, new Caller(0, 0, 0, 027));
    assertThat(store.attributes(created.node()).linkCount()).isZero();
    assertThat(store.attributes(created.node()).mode()).isEqualTo(S_IFREG | 0640);
    assertThat(listed(root)).hasSize(nameCount);
    assertSameNode(created.node(), store.link(created.node(), root, bytes("a")));
    assertThat(store.attributes(created.node()).linkCount()).isEqualTo(1);
    assertSameNode(created.node(), store.lookup(root, bytes("a")));
    created.file().close();
    created.node().release(1);

    Created never = store.createUnnamed(root, O_RDWR | O_EXCL, 0600, NOBODY_SPECIAL);
    assertErrno(Errno.ENOENT, () -> store.link(never.node(), root, bytes("b")));
    never.file().close();
    never.node().release(1);
  }

  @Test
  void creatingWhatIsThereOpensItUnlessItMustBeNew() {
    BackingNode made = makeFile(root, "a");
    Created again = store.create(root, bytes("a"), O_RDWR, 0600, NOBODY_SPECIAL);
    assertThat(again.existed()).isTrue();
    assertThat(again.node()).isSameAs(made);
    again.file().close();
    assertErrno(
        Errno.EEXIST, () -> store.create(root, bytes("a"), O_RDWR | O_EXCL, 0600, NOBODY_SPECIAL));
    made.release(2);
  }

  @Test
  void creatingOverALinkOrADirectoryIsRefused() {
    BackingNode directory = store.makeDirectory(root, bytes("d"), 0755, NOBODY_SPECIAL);
    BackingNode link = store.makeSymbolicLink(root, bytes("l"), bytes("elsewhere"), NOBODY_SPECIAL);
    assertErrno(Errno.EISDIR, () -> store.create(root, bytes("d"), O_RDWR, 0600, NOBODY_SPECIAL));
    assertErrno(Errno.ELOOP, () -> store.create(root, bytes("l"), O_RDWR, 0600, NOBODY_SPECIAL));
    directory.release(1);
    link.release(1);
  }

  @Test
  void onlyRegularFilesAreOpened() {
    BackingNode fifo = store.makeNode(root, bytes("f"), S_IFIFO | 0600, 0, NOBODY_SPECIAL);
    assertThat(fifo.type()).isEqualTo(S_IFIFO);
    assertErrno(Errno.ENXIO, () -> store.open(fifo, BackingStore.OpenMode.READ));
    assertErrno(Errno.EISDIR, () -> store.open(root, BackingStore.OpenMode.READ));
    assertErrno(Errno.ENOTDIR, () -> store.openDirectory(fifo));
    fifo.release(1);
  }

  @Test
  void aLinkIsReadAndNotFollowed() {
    BackingNode link = store.makeSymbolicLink(root, bytes("l"), bytes("/etc"), NOBODY_SPECIAL);
    assertThat(store.attributes(link).isSymbolicLink()).isTrue();
    assertThat(store.readLink(link)).isEqualTo(bytes("/etc"));
    assertErrno(Errno.ENOTDIR, () -> store.lookup(link, bytes("passwd")));
    assertErrno(Errno.EINVAL, () -> store.readLink(root));
    link.release(1);
  }

  @Test
  void directoriesAreMadeAndRemovedEmptyOnly() {
    BackingNode directory = store.makeDirectory(root, bytes("d"), 0750, NOBODY_SPECIAL);
    makeFile(directory, "inside").release(1);
    assertErrno(Errno.ENOTEMPTY, () -> store.removeDirectory(root, bytes("d")));
    assertErrno(Errno.EISDIR, () -> store.unlink(root, bytes("d")));
    store.unlink(directory, bytes("inside"));
    store.removeDirectory(root, bytes("d"));
    assertErrno(Errno.ENOENT, () -> store.lookup(root, bytes("d")));
    directory.release(1);
  }

  @Test
  void aRemovedFileLivesAsLongAsItsNode() {
    BackingNode file = makeFile(root, "a");
    assertErrno(Errno.ENOTDIR, () -> store.removeDirectory(root, bytes("a")));
    store.unlink(root, bytes("a"));
    assertThat(store.attributes(file).linkCount()).isZero();
    assertErrno(Errno.ENOENT, () -> store.link(file, root, bytes("b")));
    store.open(file, BackingStore.OpenMode.READ).close();
    file.release(1);
  }

  @Test
  void aLinkedFileHasTwoNames() {
    BackingNode file = makeFile(root, "a");
    assertThat(store.link(file, root, bytes("b"))).isSameAs(file);
    assertThat(store.attributes(file).linkCount()).isEqualTo(2);
    assertErrno(Errno.EEXIST, () -> store.link(file, root, bytes("b")));
    store.unlink(root, bytes("a"));
    assertThat(store.attributes(file).linkCount()).isEqualTo(1);
    file.release(2);
  }

  @Test
  void renamingReplacesOrRefusesOrExchanges() {
    BackingNode a = makeFile(root, "a");
    BackingNode b = makeFile(root, "b");
    assertErrno(
        Errno.EEXIST, () -> store.rename(root, bytes("a"), root, bytes("b"), RENAME_NOREPLACE));
    store.rename(root, bytes("a"), root, bytes("b"), RENAME_EXCHANGE);
    assertSameNode(a, store.lookup(root, bytes("b")));
    store.rename(root, bytes("a"), root, bytes("b"), 0);
    assertSameNode(b, store.lookup(root, bytes("b")));
    assertErrno(Errno.ENOENT, () -> store.lookup(root, bytes("a")));
    assertThat(store.attributes(a).linkCount()).isZero();
    a.release(1);
    b.release(1);
  }

  @Test
  void aDirectoryIsNotMovedIntoItself() {
    BackingNode outer = store.makeDirectory(root, bytes("d"), 0755, NOBODY_SPECIAL);
    assertErrno(Errno.EINVAL, () -> store.rename(root, bytes("d"), outer, bytes("e"), 0));
    outer.release(1);
  }

  @Test
  void aListingHasEveryNameOnceWithItsInodeAndType() {
    BackingNode directory = store.makeDirectory(root, bytes("d"), 0755, NOBODY_SPECIAL);
    BackingNode file = makeFile(directory, "file");
    List<String> entries = new ArrayList<>();
    try (BackingDirectory open = store.openDirectory(directory)) {
      open.read(
          0,
          (name, inode, type, nextCookie) -> {
            entries.add(text(name) + " " + type);
            if (text(name).equals("file")) {
              assertThat(inode).isEqualTo(file.identity().inode());
            }
            return true;
          });
    }
    assertThat(entries).containsExactlyInAnyOrder(". " + DT_DIR, ".. " + DT_DIR, "file " + DT_REG);
    file.release(1);
    directory.release(1);
  }

  @Test
  void aListingGoesOnWhereTheSinkStopped() {
    Set<String> wanted = new HashSet<>(List.of(".", ".."));
    for (int i = 0; i < 40; i++) {
      makeFile(root, "file" + i).release(1);
      wanted.add("file" + i);
    }
    List<String> seen = new ArrayList<>();
    try (BackingDirectory open = store.openDirectory(root)) {
      long[] cookie = {0};
      int before = -1;
      while (seen.size() > before) {
        before = seen.size();
        int end = before + 3;
        open.read(
            cookie[0],
            (name, inode, type, nextCookie) -> {
              if (seen.size() == end) {
                return false;
              }
              seen.add(text(name));
              cookie[0] = nextCookie;
              return true;
            });
      }
    }
    assertThat(seen).containsAll(wanted).doesNotHaveDuplicates();
  }

  @Test
  void aListingFromAnEarlierCookieRepeatsWhatFollowed() {
    for (int i = 0; i < 10; i++) {
      makeFile(root, "file" + i).release(1);
    }
    List<Long> cookies = new ArrayList<>();
    List<String> names = new ArrayList<>();
    try (BackingDirectory open = store.openDirectory(root)) {
      open.read(0, (name, inode, type, next) -> cookies.add(next) && names.add(text(name)));
      List<String> again = new ArrayList<>();
      open.read(cookies.get(4), (name, inode, type, next) -> again.add(text(name)));
      assertThat(again).isEqualTo(names.subList(5, names.size()));
    }
  }

  @Test
  void aListingFromTheStartShowsWhatIsNew() {
    try (BackingDirectory open = store.openDirectory(root)) {
      open.read(0, (name, inode, type, next) -> false);
      makeFile(root, "new").release(1);
      List<String> names = new ArrayList<>();
      open.read(0, (name, inode, type, next) -> names.add(text(name)));
      assertThat(names).contains("new");
      open.sync(false);
    }
  }

  @Test
  void changesOfAttributesTouchOnlyWhatIsGiven() {
    BackingNode file = makeFile(root, "a");
    store.change(file, new AttributeChange(0600, null, null, 1_000_000_007L, -5L));
    Attributes changed = store.attributes(file);
    assertThat(changed.mode()).isEqualTo(S_IFREG | 0600);
    assertThat(changed.atimeNanos()).isEqualTo(1_000_000_007L);
    assertThat(changed.mtimeNanos()).isEqualTo(-5L);
    store.change(file, new AttributeChange(null, null, null, null, 42L));
    assertThat(store.attributes(file).mode()).isEqualTo(S_IFREG | 0600);
    assertThat(store.attributes(file).atimeNanos()).isEqualTo(1_000_000_007L);
    assertThat(store.attributes(file).mtimeNanos()).isEqualTo(42L);
    store.change(file, new AttributeChange(null, null, null, null, AttributeChange.NOW));
    assertThat(store.attributes(file).mtimeNanos()).isGreaterThan(42L);
    file.release(1);
  }

  @Test
  void aLinkHasTimesButNoModeOfItsOwn() {
    BackingNode link = store.makeSymbolicLink(root, bytes("l"), bytes("missing"), NOBODY_SPECIAL);
    store.change(link, new AttributeChange(null, null, null, null, 42L));
    assertThat(store.attributes(link).mtimeNanos()).isEqualTo(42L);
    assertErrno(
        Errno.EOPNOTSUPP,
        () -> store.change(link, new AttributeChange(0600, null, null, null, null)));
    link.release(1);
  }

  @Test
  void extendedAttributesAreKept() {
    BackingNode file = makeFile(root, "a");
    byte[] name = bytes("user.colour");
    assertErrno(Errno.ENODATA, () -> store.extendedAttribute(file, name));
    assertErrno(
        Errno.ENODATA, () -> store.setExtendedAttribute(file, name, bytes("x"), XATTR_REPLACE));
    store.setExtendedAttribute(file, name, bytes("red"), XATTR_CREATE);
    assertErrno(
        Errno.EEXIST, () -> store.setExtendedAttribute(file, name, bytes("x"), XATTR_CREATE));
    assertThat(store.extendedAttribute(file, name)).isEqualTo(bytes("red"));
    assertThat(text(store.extendedAttributeNames(file))).contains("user.colour\0");
    store.removeExtendedAttribute(file, name);
    assertErrno(Errno.ENODATA, () -> store.removeExtendedAttribute(file, name));
    file.release(1);
  }

  @Test
  void statisticsAreThoseOfAFileSystem() {
    var statistics = store.statistics(root);
    assertThat(statistics.blockCount())
        .isPositive()
        .isGreaterThanOrEqualTo(statistics.freeBlockCount());
    assertThat(statistics.blockSize()).isPositive();
    assertThat(statistics.fragmentSize()).isPositive();
    assertThat(statistics.nameLengthMax()).isPositive();
  }

  protected BackingNode makeFile(BackingNode parent, String name) {
    Created created = store.create(parent, bytes(name), O_RDWR, 0644, NOBODY_SPECIAL);
    created.file().close();
    return created.node();
  }

  protected List<byte[]> listed(BackingNode directory) {
    List<byte[]> names = new ArrayList<>();
    try (BackingDirectory open = store.openDirectory(directory)) {
      open.read(0, (name, inode, type, nextCookie) -> names.add(name));
    }
    return names;
  }

  private static void assertSameNode(BackingNode expected, BackingNode found) {
    assertThat(found).isSameAs(expected);
    found.release(1);
  }

  protected static void assertErrno(int errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(BackingException.class))
        .extracting(BackingException::errno)
        .isEqualTo(errno);
  }

  protected static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  protected static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }
}
