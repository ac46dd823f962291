package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.persistence.journal.JournalScan;
import io.emberfs.system.TransportsTest.Transport;
import io.emberfs.system.TreeSnapshot.Parts;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A mount with {@code --write back}: what was written through it outlives the daemon in the
 * journal, and a flush or an unmount brings it to the backing and leaves the journal empty.
 */
@RealMount
@ExtendWith(UringParameter.class)
final class WriteBackMountTest {
  private static final int FILE_SIZE = 300_000;
  private static final int PATCH_SIZE = 5000;

  /** Of the files that are written: an empty one is in the backing as soon as it has its name. */
  private static final int DIRTY_COUNT = 3;

  private static final int SOURCE_FILE_COUNT = 40;

  /** Nothing reaches the backing unless somebody asks for it. */
  private static final String[] KEEPING = {"--write", "back", "--flush-age", "60m"};

  /** The last kill comes while much is dirty; each part needs what the ones before it made. */
  private static final List<String> WORK =
      List.of(
          """
          git init -q -b main repo
          cp -a "$SOURCE/." repo/
          cd repo
          git add -A
          git commit -q -m first
          cd ..
          cp -a "$SOURCE/." copy
          head -c 300001 /dev/urandom > grown
          """,
          """
          cd repo
          git fsck --full --strict
          git status --porcelain
          for i in 1 2 3; do
            echo "change $i" >> part-0/new
            git mv part-1 moved$i && git mv moved$i part-1
            git add -A
            git commit -q -m "commit $i"
          done
          git gc -q
          cd ..
          mv copy/part-0 moved
          for f in $(find copy -type f -size +4k | head -8); do
            head -c 5000 /dev/urandom > new
            mv new $f
          done
          for i in $(seq 40); do echo "line $i" >> grown; done
          truncate -s 200000 grown
          truncate -s 900000 grown
          echo end >> grown
          """,
          """
          git -C repo fsck --full --strict
          git -C repo status --porcelain
          git -C repo reset -q --hard HEAD~2
          cp -a moved again
          diff -r --no-dereference moved again
          tail -c 4 grown | grep -q end
          rm -r moved
          """);

  @ParameterizedTest
  @EnumSource(names = {"DEV", "URING"})
  void whatWasWrittenOutlivesTheDaemonSyncedOrNot(Transport transport, Rig rig) {
    Seeds.check(random -> {
      Map<String, byte[]> files = new TreeMap<>();
      files.put("old", bytes(random, FILE_SIZE));
      Files.write(rig.backing().resolve("old"), files.get("old"));
      Mount mount = transport.mount(rig, KEEPING);
      writeAll(mount, files, random);
      assertThat(Files.size(rig.backing().resolve("synced"))).as("is in the journal only").isZero();
      mount.kill();

      Mount second = transport.mount(rig, KEEPING);
      assertSame(second.path(), files);
      assertThat(second.stats().count("dirty.files")).isEqualTo(DIRTY_COUNT);
      second.flush();
      assertSame(rig.backing(), files);
      assertThat(second.stats().count("dirty.bytes")).isZero();
      assertThat(second.stats().count("journal.heldBytes")).isZero();
      writeAll(second, files, random);
      second.kill();

      Mount last = transport.mount(rig, KEEPING);
      last.umount();
      assertSame(rig.backing(), files);
      assertThat(JournalScan.holdsRecords(rig.stateDirectory().resolve("journal")))
          .as("records after the unmount")
          .isFalse();
    });
  }

  @Test
  void programsGoOnWhereTheyWereWhenTheDaemonWasKilled(Rig rig) throws Exception {
    Path source = rig.newDirectory("source");
    SeededTree.fill(source, Fixtures.seed(), SOURCE_FILE_COUNT, 1);
    Mount mount = rig.mount(KEEPING);
    for (String part : WORK) {
      work(mount, source, part);
      Program.java(MappedFile.class, mount.path().resolve("grown").toString()).run().succeeded();
      TreeSnapshot before = TreeSnapshot.of(mount.path());
      mount.kill();
      mount = rig.mount(KEEPING);
      assertThat(mount.stats().count("dirty.files")).isPositive();
      assertThat(TreeSnapshot.of(mount.path()).differences(before, Parts.ALL))
          .as("after the kill, against before")
          .isEmpty();
    }
    TreeSnapshot before = TreeSnapshot.of(mount.path());
    assertThat(mount.stats().count("dirty.conflicts")).isZero();
    mount.umount();
    assertThat(TreeSnapshot.of(rig.backing()).differences(before, Parts.ALL))
        .as("backing against mount")
        .isEmpty();
  }

  private static void work(Mount mount, Path source, String script) throws Exception {
    Program.of("bash", "-euc", script)
        .in(mount.path())
        .with("SOURCE", source.toString())
        .with("HOME", mount.path().toString())
        .with("GIT_AUTHOR_NAME", "a")
        .with("GIT_AUTHOR_EMAIL", "a@example.org")
        .with("GIT_COMMITTER_NAME", "a")
        .with("GIT_COMMITTER_EMAIL", "a@example.org")
        .run()
        .succeeded();
  }

  /**
   * Files that are synced, merely written, patched, longer and shorter; takes in what they hold.
   */
  private static void writeAll(Mount mount, Map<String, byte[]> files, RandomGenerator random)
      throws IOException {
    for (String name : List.of("synced", "written", "empty")) {
      byte[] bytes = bytes(random, name.equals("empty") ? 0 : FILE_SIZE);
      try (FileChannel channel =
          FileChannel.open(
              mount.path().resolve(name),
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(bytes));
        if (name.equals("synced")) {
          channel.force(true);
        }
      }
      files.put(name, bytes);
    }
    byte[] old = files.get("old").clone();
    byte[] patch = bytes(random, PATCH_SIZE);
    int offset = random.nextInt(old.length - PATCH_SIZE);
    System.arraycopy(patch, 0, old, offset, PATCH_SIZE);
    int cut = random.nextInt(old.length / 2, old.length);
    byte[] cutAndLonger = new byte[old.length + 1];
    System.arraycopy(old, 0, cutAndLonger, 0, cut);
    cutAndLonger[old.length] = 7;
    try (FileChannel channel =
        FileChannel.open(mount.path().resolve("old"), StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(patch), offset);
      channel.truncate(cut);
      channel.write(ByteBuffer.wrap(new byte[] {7}), old.length);
    }
    files.put("old", cutAndLonger);
  }

  private static void assertSame(Path directory, Map<String, byte[]> files) throws IOException {
    for (Map.Entry<String, byte[]> each : files.entrySet()) {
      assertThat(Files.readAllBytes(directory.resolve(each.getKey())))
          .as(each.getKey())
          .isEqualTo(each.getValue());
    }
  }

  private static byte[] bytes(RandomGenerator random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
