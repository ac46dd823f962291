package io.emberfs.engine.backing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore.OpenMode;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.FileVersion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the inode table does with descriptors, and with a backing that changes behind it. */
final class PosixNodesTest {
  private static final int DESCRIPTORS_MAX = 20;
  private static final int FILES = 200;
  private static final Caller ROOT = new Caller(0, 0, 0, 0);

  @TempDir Path directory;
  @TempDir Path outside;

  @Test
  void aWalkOverMoreFilesThanDescriptorsSucceedsAndStaysNearTheBound() throws IOException {
    try (PosixBackingStore store = new PosixBackingStore(directory, DESCRIPTORS_MAX)) {
      List<BackingNode> nodes = lookUpFiles(store);
      assertThat(store.openDescriptorCount()).isLessThan(DESCRIPTORS_MAX + 10);
      for (int i = 0; i < FILES; i++) {
        assertThat(store.version(nodes.get(i)).size()).isEqualTo(i);
        store.open(nodes.get(i), OpenMode.READ).close();
      }
      nodes.forEach(node -> node.release(1));
      assertThat(store.nodeCount()).isEqualTo(1);
      assertThat(store.openDescriptorCount()).isEqualTo(1);
    }
  }

  /** As when many threads open while the one that closes has no processor. */
  @Test
  void whatWasOpenedAboveTheBoundIsClosedLater() throws IOException {
    try (PosixBackingStore store = new PosixBackingStore(directory, DESCRIPTORS_MAX)) {
      List<BackingNode> nodes = new ArrayList<>();
      for (int i = 0; i < FILES; i++) {
        Files.write(directory.resolve(text(i)), new byte[i]);
        nodes.add(store.lookup(store.root(), name(i)));
        ((PosixNode) nodes.get(i)).acquire();
      }
      assertThat(store.openDescriptorCount()).isGreaterThan(FILES);
      nodes.forEach(node -> ((PosixNode) node).done());
      for (int i = 0; i < FILES; i++) {
        store.lookup(store.root(), name(0)).release(1);
      }

      assertThat(store.openDescriptorCount()).isLessThan(DESCRIPTORS_MAX + 10);
      nodes.forEach(node -> node.release(1));
    }
  }

  @Test
  void aColdNodeIsTheSameNodeWhenItIsLookedUpAgain() throws IOException {
    try (PosixBackingStore store = new PosixBackingStore(directory, DESCRIPTORS_MAX)) {
      List<BackingNode> nodes = lookUpFiles(store);
      for (int i = 0; i < FILES; i++) {
        assertThat(store.lookup(store.root(), name(i))).isSameAs(nodes.get(i));
      }
    }
  }

  @Test
  void deepDirectoriesAreFoundAgainFromTheTop() throws IOException {
    try (PosixBackingStore store = new PosixBackingStore(directory, 2)) {
      BackingNode at = store.root();
      List<BackingNode> path = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        at = store.makeDirectory(at, ("deep" + i).getBytes(UTF_8), 0755, ROOT);
        path.add(at);
      }
      lookUpFiles(store);
      assertThat(store.attributes(path.getLast()).isDirectory()).isTrue();
    }
  }

  @Test
  void aFileThatIsRemovedThroughTheStoreKeepsItsDescriptor() throws IOException {
    try (PosixBackingStore store = new PosixBackingStore(directory, DESCRIPTORS_MAX)) {
      List<BackingNode> nodes = lookUpFiles(store);
      for (int i = 0; i < FILES; i++) {
        store.unlink(store.root(), name(i));
      }
      for (int i = 0; i < FILES; i++) {
        assertThat(store.attributes(nodes.get(i)).linkCount()).isZero();
        assertThat(store.version(nodes.get(i)).size()).isEqualTo(i);
      }
    }
  }

  @Test
  void aFileThatIsReplacedThroughTheStoreKeepsItsDescriptorAndTheNewOneIsFound()
      throws IOException {
    try (PosixBackingStore store = new PosixBackingStore(directory, DESCRIPTORS_MAX)) {
      List<BackingNode> nodes = lookUpFiles(store);
      for (int i = 0; i + 1 < FILES; i += 2) {
        store.rename(store.root(), name(i), store.root(), name(i + 1), 0);
      }
      for (int i = 0; i + 1 < FILES; i += 2) {
        assertThat(store.version(nodes.get(i)).size()).isEqualTo(i);
        assertThat(store.attributes(nodes.get(i + 1)).linkCount()).isZero();
      }
      assertThat(store.openDescriptorCount()).isLessThan(FILES / 2 + DESCRIPTORS_MAX + 10);
    }
  }

  @Test
  void aColdFileThatSomebodyElseReplacedIsStale() throws IOException {
    try (PosixBackingStore store = new PosixBackingStore(directory, DESCRIPTORS_MAX)) {
      List<BackingNode> nodes = lookUpFiles(store);
      Files.write(directory.resolve("fresh"), new byte[1]);
      Files.delete(directory.resolve(text(0)));
      Files.move(directory.resolve("fresh"), directory.resolve(text(0)));
      assertErrno(Errno.ESTALE, () -> store.version(nodes.get(0)));
      assertThat(store.lookup(store.root(), name(0))).isNotSameAs(nodes.get(0));
    }
  }

  @Test
  void anInodeNumberThatIsUsedAgainIsAnotherNode() throws IOException {
    try (PosixBackingStore store = new PosixBackingStore(directory, 1)) {
      Files.write(directory.resolve("a"), new byte[1]);
      BackingNode old = store.lookup(store.root(), "a".getBytes(UTF_8));
      lookUpFiles(store);
      Files.delete(directory.resolve("a"));
      // The same number comes soon on file systems that reuse them; what is made must be new in any
      // case.
      for (int i = 0; i < 50; i++) {
        Files.write(directory.resolve("b" + i), new byte[2]);
        BackingNode made = store.lookup(store.root(), ("b" + i).getBytes(UTF_8));
        assertThat(made.identity()).isNotEqualTo(old.identity());
        assertThat(store.version(made).size()).isEqualTo(2);
      }
    }
  }

  @Test
  void aDirectoryThatBecomesALinkIsNotFollowed() throws IOException {
    Files.createDirectory(directory.resolve("d"));
    Files.write(directory.resolve("d/secret"), new byte[3]);
    Files.write(outside.resolve("secret"), new byte[99]);
    try (PosixBackingStore store = new PosixBackingStore(directory)) {
      BackingNode d = store.lookup(store.root(), "d".getBytes(UTF_8));
      swapForLink();
      BackingNode secret = store.lookup(d, "secret".getBytes(UTF_8));
      assertThat(store.version(secret).size()).isEqualTo(3);
      BackingNode link = store.lookup(store.root(), "d".getBytes(UTF_8));
      assertErrno(Errno.ENOTDIR, () -> store.lookup(link, "secret".getBytes(UTF_8)));
      assertErrno(Errno.ENOTDIR, () -> store.openDirectory(link));
    }
  }

  @Test
  void aColdDirectoryThatBecameALinkIsStale() throws IOException {
    Files.createDirectory(directory.resolve("d"));
    Files.write(outside.resolve("secret"), new byte[99]);
    try (PosixBackingStore store = new PosixBackingStore(directory, 1)) {
      BackingNode d = store.lookup(store.root(), "d".getBytes(UTF_8));
      lookUpFiles(store);
      swapForLink();
      assertErrno(Errno.ESTALE, () -> store.lookup(d, "secret".getBytes(UTF_8)));
    }
  }

  @Test
  void directoriesThatSomebodyElseTurnsInsideOutDoNotHangTheStore() throws IOException {
    Files.createDirectories(directory.resolve("a/b"));
    try (PosixBackingStore store = new PosixBackingStore(directory, 1)) {
      BackingNode a = store.lookup(store.root(), "a".getBytes(UTF_8));
      BackingNode b = store.lookup(a, "b".getBytes(UTF_8));
      Files.move(directory.resolve("a/b"), directory.resolve("b"));
      Files.move(directory.resolve("a"), directory.resolve("b/a"));
      assertThat(store.lookup(b, "a".getBytes(UTF_8))).isSameAs(a);
      lookUpFiles(store);
      assertThat(store.attributes(a).isDirectory()).isTrue();
      assertThat(store.attributes(b).isDirectory()).isTrue();
    }
  }

  @Test
  void onlyTheStatusChangeTimeTellsOfAChangeThatKeepsSizeAndTime() throws IOException {
    Path file = Files.write(directory.resolve("a"), new byte[1]);
    FileTime kept = Files.getLastModifiedTime(file);
    try (PosixBackingStore store = new PosixBackingStore(directory)) {
      BackingNode node = store.lookup(store.root(), "a".getBytes(UTF_8));
      FileVersion before = store.version(node);
      // The file system's clock may stand still for a tick; a version only has to differ once it
      // went on.
      while (store.version(node).ctimeNanos() == before.ctimeNanos()) {
        Files.write(file, new byte[] {1});
        Files.setLastModifiedTime(file, kept);
      }
      FileVersion after = store.version(node);
      assertThat(after.mtimeNanos()).isEqualTo(before.mtimeNanos());
      assertThat(after.size()).isEqualTo(before.size());
      assertThat(after).isNotEqualTo(before);
    }
  }

  @Test
  void identitiesSurviveARestart() throws IOException {
    Files.write(directory.resolve("a"), new byte[1]);
    assertThat(identityAfterAStart()).isEqualTo(identityAfterAStart());
  }

  private Object identityAfterAStart() {
    try (PosixBackingStore store = new PosixBackingStore(directory)) {
      return store.lookup(store.root(), "a".getBytes(UTF_8)).identity();
    }
  }

  @Test
  void lookupsThatRaceTheLastReleaseGetALivingNode() throws Exception {
    Files.write(directory.resolve("a"), new byte[5]);
    int threads = 4;
    CyclicBarrier start = new CyclicBarrier(threads);
    try (PosixBackingStore store = new PosixBackingStore(directory, 1);
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> runs = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        runs.add(
            pool.submit(() -> {
              start.await();
              for (int round = 0; round < 5_000; round++) {
                BackingNode node = store.lookup(store.root(), "a".getBytes(UTF_8));
                assertThat(store.version(node).size()).isEqualTo(5);
                node.release(1);
              }
              return null;
            }));
      }
      for (Future<?> run : runs) {
        run.get();
      }
      assertThat(store.nodeCount()).isEqualTo(1);
      assertThat(store.openDescriptorCount()).isEqualTo(1);
    }
  }

  @Test
  void aFileThatIsClosedDuringReadsNeverReadsFromAnother() throws Exception {
    Files.write(directory.resolve("a"), new byte[] {'a'});
    Files.write(directory.resolve("b"), new byte[] {'b'});
    try (PosixBackingStore store = new PosixBackingStore(directory);
        ExecutorService pool = Executors.newSingleThreadExecutor();
        Arena arena = Arena.ofShared()) {
      BackingNode a = store.lookup(store.root(), "a".getBytes(UTF_8));
      BackingNode b = store.lookup(store.root(), "b".getBytes(UTF_8));
      for (int round = 0; round < 500; round++) {
        BackingFile file = store.open(a, OpenMode.READ);
        Future<?> reader = pool.submit(() -> readUntilClosed(file, arena.allocate(1)));
        file.close();
        store.open(b, OpenMode.READ).close();
        reader.get();
      }
    }
  }

  private static void readUntilClosed(BackingFile file, MemorySegment target) {
    try {
      while (true) {
        assertThat(file.read(0, target)).isEqualTo(1);
        assertThat((char) target.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo('a');
      }
    } catch (IllegalStateException closed) {
      assertThat(closed).hasMessageContaining("closed");
    }
  }

  private List<BackingNode> lookUpFiles(PosixBackingStore store) throws IOException {
    List<BackingNode> nodes = new ArrayList<>();
    for (int i = 0; i < FILES; i++) {
      Files.write(directory.resolve(text(i)), new byte[i]);
      nodes.add(store.lookup(store.root(), name(i)));
    }
    return nodes;
  }

  private void swapForLink() throws IOException {
    Files.move(directory.resolve("d"), directory.resolve("moved"));
    Files.createSymbolicLink(directory.resolve("d"), outside);
  }

  private static String text(int i) {
    return "file" + i;
  }

  private static byte[] name(int i) {
    return text(i).getBytes(UTF_8);
  }

  private static void assertErrno(int errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .asInstanceOf(type(BackingException.class))
        .extracting(BackingException::errno)
        .isEqualTo(errno);
  }
}
