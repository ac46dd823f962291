package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever changes a file behind the mount while it is up is seen after {@code --attr-ttl} at the
 * latest.
 */
@RealMount
final class ChangedWhileUpTest {
  private static final int FILE_SIZE = 300_000;
  private static final int ROUND_COUNT = 3;

  @ParameterizedTest(name = "with the kernel cache {0}")
  @ValueSource(strings = {"on", "off"})
  void everyKindOfChangeIsSeenByTheNextOpen(String kernelCache, Rig rig) {
    Seeds.check(random -> {
      Mount mount = mountWithFiles(rig, kernelCache, random);
      for (int round = 0; round < ROUND_COUNT; round++) {
        for (ForeignChange change : ForeignChange.values()) {
          assertSame(rig, mount, change, "before round " + round);
          change.apply(file(rig.backing(), change), random);
        }
        Waiting.untilAttributesExpire();
        for (ForeignChange change : ForeignChange.values()) {
          assertSame(rig, mount, change, "after round " + round);
        }
      }
    });
  }

  @ParameterizedTest(name = "with the kernel cache {0}")
  @ValueSource(strings = {"on", "off"})
  void aChangeOfTheSameInodeIsSeenByAFileThatIsOpen(String kernelCache, Rig rig) {
    Seeds.check(random -> {
      Mount mount = mountWithFiles(rig, kernelCache, random);
      Map<ForeignChange, FileChannel> open = new LinkedHashMap<>();
      try {
        for (ForeignChange change : ForeignChange.values()) {
          FileChannel channel = FileChannel.open(file(mount.path(), change));
          open.put(change, channel);
          assertEqual(readAll(channel), readBacking(rig, change), change + ", opened");
        }
        Map<ForeignChange, byte[]> expected = new LinkedHashMap<>();
        for (ForeignChange change : ForeignChange.values()) {
          byte[] before = readBacking(rig, change);
          change.apply(file(rig.backing(), change), random);
          expected.put(change, changesInode(change) ? before : readBacking(rig, change));
        }
        Waiting.untilAttributesExpire();
        for (ForeignChange change : ForeignChange.values()) {
          byte[] seen = readAll(Objects.requireNonNull(open.get(change)));
          assertEqual(
              seen, Objects.requireNonNull(expected.get(change)), change + ", open meanwhile");
        }
      } finally {
        for (FileChannel channel : open.values()) {
          channel.close();
        }
      }
    });
  }

  private static Mount mountWithFiles(Rig rig, String kernelCache, RandomGenerator random)
      throws IOException, InterruptedException {
    for (ForeignChange change : ForeignChange.values()) {
      byte[] bytes = new byte[FILE_SIZE];
      random.nextBytes(bytes);
      Files.write(file(rig.backing(), change), bytes);
    }
    Waiting.untilFilesAreOld();
    return rig.mount("--attr-ttl", Waiting.ATTRIBUTE_TTL, "--kernel-cache", kernelCache);
  }

  /** An open file stays with its inode, as in any file system. */
  private static boolean changesInode(ForeignChange change) {
    return change == ForeignChange.REPLACED_BY_RENAME
        || change == ForeignChange.REMOVED_AND_MADE_AGAIN;
  }

  private static Path file(Path directory, ForeignChange change) {
    return directory.resolve(change.name());
  }

  private static byte[] readBacking(Rig rig, ForeignChange change) throws IOException {
    return Files.readAllBytes(file(rig.backing(), change));
  }

  private static byte[] readAll(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(2 * FILE_SIZE);
    long offset = 0;
    for (int n = channel.read(buffer, 0); n > 0; n = channel.read(buffer, offset)) {
      offset += n;
    }
    byte[] bytes = new byte[buffer.flip().remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static void assertSame(Rig rig, Mount mount, ForeignChange change, String when)
      throws IOException {
    byte[] seen = Files.readAllBytes(file(mount.path(), change));
    assertEqual(seen, readBacking(rig, change), change + ", " + when);
  }

  private static void assertEqual(byte[] seen, byte[] expected, String what) {
    assertThat(Arrays.mismatch(seen, expected)).as("first wrong byte: %s", what).isEqualTo(-1);
  }
}
