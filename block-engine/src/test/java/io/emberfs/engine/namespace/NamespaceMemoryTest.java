package io.emberfs.engine.namespace;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.emberfs.core.BackingDirectory;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.Meters;
import io.emberfs.core.NodeIdentity;
import io.emberfs.engine.backing.InterceptingBackingStore;
import io.emberfs.testkit.FakeBackingStore;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.FaultyBackingStore;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What must not be remembered, and how much. */
final class NamespaceMemoryTest {
  private static final Caller CALLER = new Caller(0, 0, 0, 0);
  private static final int FILES = 200;
  private static final int COLLECTIONS_MAX = 100;

  /** Two letters each, one of two pairs with the same hash. */
  private static final int PAIRS = 16;

  private final FakeBackingStore backing = new FakeBackingStore(new FakeClock());
  private final FaultyBackingStore faulty = new FaultyBackingStore(backing);
  private final BackingNode root = backing.root();

  /** A memory that was dropped and one that was made after it count their changes alike. */
  @Test
  void aListingThatWasBegunBeforeTheMemoryOfItsDirectoryWasDroppedIsNotKept() {
    RememberingBackingStore store = new RememberingBackingStore(faulty, 1 << 20, new Meters());
    backing.makeDirectory(root, bytes("before"), 0755, CALLER).release(1);
    makeDirectory(store, "last");
    try (BackingDirectory open = store.openDirectory(root)) {
      List<String> names = new ArrayList<>();
      long[] cookie = {0};
      open.read(
          0,
          (name, inode, type, next) -> {
            if (text(name).equals("last")) {
              return false;
            }
            cookie[0] = next;
            return names.add(text(name));
          });
      dropAll(store);
      store.removeDirectory(root, bytes("before"));
      open.read(cookie[0], (name, inode, type, next) -> names.add(text(name)));
    }
    assertSameListing(store);
  }

  /** As btrfs has it: an open directory does not show what came after it was opened. */
  @Test
  void aListingOfADirectoryThatWasOpenedBeforeAChangeIsNotKept() {
    RememberingBackingStore store =
        new RememberingBackingStore(new SnapshotDirectories(faulty), 1 << 20, new Meters());
    makeDirectory(store, "before");
    try (BackingDirectory open = store.openDirectory(root)) {
      makeDirectory(store, "after");
      open.read(0, (name, inode, type, next) -> true);
    }
    assertSameListing(store);
    BackingNode found = store.lookup(root, bytes("after"));
    found.release(1);
  }

  @Test
  void listingsThatAreBeingReadAreBoundedTogether() {
    RememberingBackingStore store = new RememberingBackingStore(backing, 200_000, new Meters());
    makeFiles(store);
    NamespaceMemory memory = store.memory();
    List<BackingDirectory> open = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      BackingDirectory each = store.openDirectory(root);
      open.add(each);
      int[] left = {FILES};
      each.read(0, (name, inode, type, next) -> left[0]-- > 0);
    }
    assertThat(memory.draftBytes()).isBetween(1L, memory.listingBytesMax());
    open.forEach(BackingDirectory::close);
    assertThat(memory.draftBytes()).isZero();
    assertSameListing(store);
    assertThat(store.listing(root)).as("with room again").isNotNull();
    assertThat(memory.draftBytes()).isZero();
  }

  @Test
  void anOpenDirectoryDoesNotKeepAliveWhatWasForgotten() {
    RememberingBackingStore store = new RememberingBackingStore(backing, 1 << 20, new Meters());
    makeFiles(store);
    assertSameListing(store);
    WeakReference<Listing> listing = new WeakReference<>(store.listing(root));
    try (BackingDirectory open = store.openDirectory(root)) {
      List<String> names = new ArrayList<>();
      long[] cookie = {0};
      open.read(
          0,
          (name, inode, type, next) -> {
            if (names.size() == FILES / 2) {
              return false;
            }
            cookie[0] = next;
            return names.add(text(name));
          });
      makeDirectory(store, "z");
      for (int i = 0; i < COLLECTIONS_MAX && listing.get() != null; i++) {
        System.gc();
      }
      assertThat(listing.get()).isNull();
      open.read(cookie[0], (name, inode, type, next) -> names.add(text(name)));
      assertThat(names).doesNotHaveDuplicates().hasSizeGreaterThanOrEqualTo(FILES + 2);
    }
  }

  /** What is remembered of the inode would not be forgotten otherwise. */
  @Test
  void aNameOfWhichNobodyCanSayWhoseItIsStays() {
    RememberingBackingStore store = new RememberingBackingStore(faulty, 1 << 20, new Meters());
    backing.changeBehind("a", new byte[1]);
    BackingNode file = store.lookup(root, bytes("a"));
    store.link(file, root, bytes("b")).release(1);
    assertThat(store.attributes(file).linkCount()).isEqualTo(2);
    faulty.failAt(FaultyBackingStore.Operation.NAMESPACE, 1, Errno.EIO);
    assertThatThrownBy(() -> store.unlink(root, bytes("b"))).isInstanceOf(BackingException.class);
    assertThat(store.attributes(file)).isEqualTo(backing.attributes(file));
    store.unlink(root, bytes("b"));
    assertThat(store.attributes(file)).isEqualTo(backing.attributes(file));
    file.release(1);
  }

  @Test
  void whatWasDroppedIsTakenOffTheSumOnce() {
    RememberingBackingStore store = new RememberingBackingStore(backing, 1 << 20, new Meters());
    backing.changeBehind("a", new byte[1]);
    BackingNode file = store.lookup(root, bytes("a"));
    NodeMemory memory = store.memory().of(file.identity());
    assertThat(memory).isNotNull();
    store.attributes(file);
    assertThat(memory.goIfUnused()).as("used since").isFalse();
    assertThat(memory.goIfUnused()).isTrue();
    long bytes = store.memory().bytes();
    memory.forget();
    assertThat(store.memory().bytes()).isEqualTo(bytes);
    file.release(1);
  }

  @Test
  void aNodeOfWhichNothingIsKnownIsNotSaved() {
    NamespaceMemory memory = new NamespaceMemory(1 << 20);
    NodeMemory changed = memory.beginChange(new NodeIdentity(1, 2, 3), true);
    assertThat(changed).isNotNull();
    changed.endChange();
    assertThat(changed.saved()).isNull();
  }

  @Test
  void namesWithOneHashAreListedAsFastAsOthers() {
    List<Listing.Entry> entries = new ArrayList<>();
    for (int i = 0; i < 1 << PAIRS; i++) {
      StringBuilder name = new StringBuilder();
      for (int bit = 0; bit < PAIRS; bit++) {
        name.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      entries.add(new Listing.Entry(new EntryName(bytes(name.toString())), i, 0, i));
    }
    // A second as it is, minutes with a chain for each hash.
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> {
          Listing listing = new Listing(entries);
          for (Listing.Entry entry : entries) {
            assertThat(listing.entry(new EntryName(entry.name().bytes()))).isSameAs(entry);
          }
        });
  }

  private void makeFiles(RememberingBackingStore store) {
    for (int i = 0; i < FILES; i++) {
      makeDirectory(store, "d" + i);
    }
  }

  private void makeDirectory(RememberingBackingStore store, String name) {
    store.makeDirectory(root, bytes(name), 0755, CALLER).release(1);
  }

  /** As more memory than there is does it. */
  private static void dropAll(RememberingBackingStore store) {
    NamespaceMemory memory = store.memory();
    while (memory.nodeCount() > 0) {
      memory.sweep(0);
    }
  }

  private void assertSameListing(RememberingBackingStore store) {
    List<String> truth = new ArrayList<>();
    try (BackingDirectory open = backing.openDirectory(root)) {
      open.read(0, (name, inode, type, next) -> truth.add(text(name)));
    }
    for (int i = 0; i < 2; i++) {
      List<String> names = new ArrayList<>();
      try (BackingDirectory open = store.openDirectory(root)) {
        open.read(0, (name, inode, type, next) -> names.add(text(name)));
      }
      assertThat(names).isEqualTo(truth);
    }
  }

  private static String text(byte[] name) {
    return new String(name, US_ASCII);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }

  /** A backing whose open directories show what they had when they were opened. */
  private static final class SnapshotDirectories extends InterceptingBackingStore {
    SnapshotDirectories(BackingStore inner) {
      super(inner);
    }

    @Override
    protected <T> T request(Supplier<T> call) {
      return call.get();
    }

    @Override
    protected BackingFile wrapped(BackingFile file) {
      return file;
    }

    private record Shown(byte[] name, long inode, int type, long cookie) {}

    @Override
    public BackingDirectory openDirectory(BackingNode node) {
      List<Shown> shown = new ArrayList<>();
      try (BackingDirectory open = super.openDirectory(node)) {
        open.read(0, (name, inode, type, next) -> shown.add(new Shown(name, inode, type, next)));
      }
      return new BackingDirectory() {
        @Override
        public void read(long cookie, EntrySink sink) {
          shown.stream()
              .filter(each -> each.cookie() > cookie)
              .takeWhile(each -> sink.accept(each.name(), each.inode(), each.type(), each.cookie()))
              .forEach(_ -> {});
        }

        @Override
        public void sync(boolean dataOnly) {}

        @Override
        public void close() {}
      };
    }
  }
}
