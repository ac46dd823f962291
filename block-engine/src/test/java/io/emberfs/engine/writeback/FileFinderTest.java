package io.emberfs.engine.writeback;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.core.NodeIdentity;
import io.emberfs.testkit.FakeBackingStore;
import org.junit.jupiter.api.Test;

/** Where the file of a record is looked for. */
class FileFinderTest {
  private static final byte[] PATH = "directory/file".getBytes(UTF_8);

  private final FakeBackingStore store = new FakeBackingStore();
  private final FileFinder finder = new FileFinder(store);

  @Test
  void aFileThatIsNowhereIsGone() {
    store.changeBehind("directory/other", new byte[1]);
    NodeIdentity root = store.root().identity();

    assertThat(finder.find(new NodeIdentity(root.fileSystemId(), 77, 1), PATH)).isNull();
    assertThat(store.referencesHeld()).isZero();
  }

  @Test
  void aFileOfAFileSystemThatIsNotMountedIsNotGone() {
    store.changeBehind("directory/other", new byte[1]);
    NodeIdentity root = store.root().identity();

    assertThatThrownBy(() -> finder.find(new NodeIdentity(root.fileSystemId() + 1, 77, 1), PATH))
        .isInstanceOfSatisfying(
            BackingException.class, failed -> assertThat(failed.errno()).isEqualTo(Errno.ENODEV));
    assertThat(store.referencesHeld()).isZero();
  }
}
