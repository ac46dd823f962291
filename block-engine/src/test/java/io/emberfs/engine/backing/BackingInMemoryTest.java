package io.emberfs.engine.backing;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BackingStore.OpenMode;
import io.emberfs.core.BlockCache;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is known of a backing that lies in memory: /dev/shm is a tmpfs on every Linux. */
final class BackingInMemoryTest {
  private Path directory;

  @BeforeEach
  void make() throws IOException {
    directory = Files.createTempDirectory(Path.of("/dev/shm"), "emberfs-test-");
  }

  @AfterEach
  void remove() throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  @Test
  void itsFilesAreReadWithoutWaiting() throws IOException {
    byte[] content = "in memory".getBytes(StandardCharsets.UTF_8);
    Files.write(directory.resolve("f"), content);
    assertThat(readNow(directory)).isEqualTo(content);
  }

  @Test
  void aFileOnADeviceIsReadWithoutWaitingOnceItsPagesAreThere(@TempDir Path onDisk)
      throws IOException {
    byte[] content = "in the page cache".getBytes(StandardCharsets.UTF_8);
    Files.write(onDisk.resolve("f"), content);
    assertThat(readNow(onDisk)).isIn(null, content);
  }

  /** Null if it would wait. */
  private static byte[] readNow(Path directory) {
    try (BackingStore store = new PosixBackingStore(directory);
        Arena arena = Arena.ofConfined()) {
      var node = store.lookup(store.root(), "f".getBytes(StandardCharsets.UTF_8));
      try (BackingFile file = store.open(node, OpenMode.READ)) {
        MemorySegment target = arena.allocate(100);
        for (int again = 0; again < 3; again++) {
          int count = file.readNow(0, target);
          if (count == BlockCache.WOULD_WAIT) {
            return null;
          }
          assertThat(file.readNow(count, target.asSlice(count))).isZero();
        }
        return target.asSlice(0, file.readNow(0, target)).toArray(ValueLayout.JAVA_BYTE);
      } finally {
        node.release(1);
      }
    }
  }
}
