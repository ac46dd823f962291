package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.emberfs.persistence.journal.JournalScan;
import io.emberfs.system.Program.Outcome;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * A mount with {@code --write back} whose backing is full, or whose journal's device is full or
 * gone: nothing that was acknowledged is lost, and what does not work is said.
 */
@RealMount
final class WriteBackTroubleTest {
  private static final int TIMED_OUT = 6;
  private static final int MEGABYTE = 1 << 20;
  private static final int BACKING_MEGABYTES = 64;

  /** Room for two segments of the journal and little more. */
  private static final int STATE_MEGABYTES = 60;

  private static final int JOURNALED_MEGABYTES = 24;
  private static final Duration TOLD_MAX = Duration.ofSeconds(30);
  private static final String[] OPTIONS = {"--write", "back", "--kernel-cache", "off"};

  @Test
  void aBackingThatIsFullKeepsNothingThatWasAcknowledgedForGood(Rig rig) throws Exception {
    LoopVolume disk = rig.volume("backing-disk", BACKING_MEGABYTES);
    Path backing = Files.createDirectory(disk.path().resolve("tree"));
    Mount mount =
        rig.mountOf(backing, rig.stateDirectory(), "--write", "back", "--flush-age", "60m");
    byte[] acknowledged = bytes(1, 8 * MEGABYTE);
    Path file = mount.path().resolve("acknowledged");
    Path filler = disk.path().resolve("filler");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(acknowledged));
      channel.force(true);
      fill(filler);

      Outcome flushed = Emberfs.run("flush", mount.path().toString(), "--timeout", "3s");
      assertThat(flushed.exitCode()).as(flushed.err()).isEqualTo(TIMED_OUT);
      assertThat(flushed.err()).contains("cannot flush").contains("acknowledged");
      assertThat(failingSyncs(channel)).as("syncs of one descriptor that fail").isEqualTo(1);
    }
    Map<String, byte[]> written = writeSome(mount);
    assertThat(mount.troubles()).anyMatch(each -> each.startsWith("dirty: "));
    assertThat(Files.readAllBytes(file)).isEqualTo(acknowledged);

    Outcome refused = Emberfs.run("umount", mount.path().toString(), "--timeout", "3s");
    assertThat(refused.exitCode()).as(refused.err()).isEqualTo(TIMED_OUT);
    assertThat(refused.err())
        .contains("cannot unmount " + mount.path())
        .contains("\nfix: ")
        .contains("--force");
    assertThat(mount.isServed()).isTrue();
    Outcome forced = Emberfs.run("umount", mount.path().toString(), "--force").succeeded();
    assertThat(forced.out()).contains("in the journal").contains("for the next mount");

    Mount full = rig.mountOf(backing, rig.stateDirectory(), OPTIONS);
    assertThat(Files.readAllBytes(full.path().resolve("acknowledged"))).isEqualTo(acknowledged);
    Files.delete(filler);
    full.umount();
    written.put("acknowledged", acknowledged);
    for (Map.Entry<String, byte[]> each : written.entrySet()) {
      assertThat(backing.resolve(each.getKey())).hasBinaryContent(each.getValue());
    }
    assertThat(JournalScan.holdsRecords(rig.stateDirectory().resolve("journal"))).isFalse();
  }

  @Test
  void aBackingThatHasRoomAgainGetsEverythingByItself(Rig rig) throws Exception {
    LoopVolume disk = rig.volume("backing-disk", BACKING_MEGABYTES);
    Path backing = Files.createDirectory(disk.path().resolve("tree"));
    Mount mount =
        rig.mountOf(backing, rig.stateDirectory(), "--write", "back", "--flush-age", "1s");
    byte[] acknowledged = bytes(2, 8 * MEGABYTE);
    Files.write(mount.path().resolve("acknowledged"), acknowledged);
    Path filler = disk.path().resolve("filler");
    fill(filler);
    await("trouble is told")
        .atMost(TOLD_MAX)
        .until(() -> mount.troubles().stream().anyMatch(each -> each.startsWith("dirty: ")));

    Files.delete(filler);

    await("all is in the backing")
        .atMost(TOLD_MAX)
        .until(() -> mount.stats().count("dirty.files") == 0);
    assertThat(backing.resolve("acknowledged")).hasBinaryContent(acknowledged);
    assertThat(mount.troubles()).isEmpty();
    mount.umount();
  }

  @Test
  void aJournalWithoutRoomCostsSpeedOnly(Rig rig) throws Exception {
    LoopVolume disk = rig.volume("state-disk", STATE_MEGABYTES);
    Path state = disk.path().resolve("state");
    Mount mount = rig.mountOf(rig.backing(), state, "--write", "back", "--ssd", "0");
    Map<String, byte[]> written = new LinkedHashMap<>();
    write(mount, "before", bytes(3, MEGABYTE), written);
    Path filler = disk.path().resolve("filler");
    fill(filler);

    for (int i = 0; i < JOURNALED_MEGABYTES; i++) {
      write(mount, "file-" + i, bytes(100 + i, MEGABYTE), written);
    }
    assertSame(mount.path(), written);
    mount.killAndDetach();
    Mount next = rig.mountOf(rig.backing(), state, "--write", "back", "--ssd", "0");
    assertSame(next.path(), written);
    Files.delete(filler);
    next.umount();
    assertSame(rig.backing(), written);
    assertThat(JournalScan.holdsRecords(state.resolve("journal"))).isFalse();
  }

  @Test
  void aJournalWhoseDeviceIsGoneIsDoneWithoutAndWhatIsSyncedIsInTheBacking(Rig rig)
      throws Exception {
    LoopVolume disk = rig.volume("state-disk", STATE_MEGABYTES);
    Path state = disk.path().resolve("state");
    Mount mount =
        rig.mountOf(rig.backing(), state, "--write", "back", "--flush-age", "60m", "--ssd", "0");
    Map<String, byte[]> written = new LinkedHashMap<>();
    write(mount, "before", bytes(4, MEGABYTE), written);
    Files.write(mount.path().resolve("unsynced"), bytes(5, MEGABYTE));

    disk.cutPower();

    write(mount, "after", bytes(6, MEGABYTE), written);
    assertThat(rig.backing().resolve("after")).hasBinaryContent(written.get("after"));
    assertThat(mount.troubles()).anyMatch(each -> each.startsWith("journal: "));
    byte[] patch = bytes(7, 5000);
    try (FileChannel channel =
        FileChannel.open(mount.path().resolve("before"), StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(patch), 70_001);
      channel.force(false);
    }
    byte[] before = written.get("before");
    System.arraycopy(patch, 0, before, 70_001, patch.length);
    assertThat(rig.backing().resolve("before")).hasBinaryContent(before);
    written.put("unsynced", bytes(5, MEGABYTE));
    assertSame(mount.path(), written);
    mount.umount();
    assertSame(rig.backing(), written);

    // What the device still holds is older than the backing: it must not come back over it.
    disk.reattach();
    Mount next = rig.mountOf(rig.backing(), state, "--write", "back", "--ssd", "0");
    assertSame(next.path(), written);
    next.umount();
    assertSame(rig.backing(), written);
  }

  /** Number of syncs that say that there is no room, of several on one descriptor. */
  private static int failingSyncs(FileChannel channel) {
    int failing = 0;
    for (int i = 0; i < 5; i++) {
      try {
        channel.force(false);
      } catch (IOException failed) {
        assertThat(failed).hasMessageContaining("No space left");
        failing++;
      }
    }
    return failing;
  }

  /** Writes files while the backing is full; returns those of which every call succeeded. */
  private static Map<String, byte[]> writeSome(Mount mount) {
    Map<String, byte[]> written = new LinkedHashMap<>();
    for (int i = 0; i < 5; i++) {
      byte[] bytes = bytes(10 + i, MEGABYTE);
      try (FileChannel channel =
          FileChannel.open(
              mount.path().resolve("late-" + i),
              StandardOpenOption.CREATE_NEW,
              StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(bytes));
        channel.force(true);
        written.put("late-" + i, bytes);
      } catch (IOException failed) {
        assertThat(failed).hasMessageContaining("No space left");
      }
    }
    return written;
  }

  private static void write(Mount mount, String name, byte[] bytes, Map<String, byte[]> written)
      throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            mount.path().resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes));
      channel.force(true);
    }
    written.put(name, bytes);
  }

  private static void assertSame(Path directory, Map<String, byte[]> files) {
    files.forEach((name, bytes) -> assertThat(directory.resolve(name)).hasBinaryContent(bytes));
  }

  private static byte[] bytes(long seed, int length) {
    byte[] bytes = new byte[length];
    Seeds.random(seed).nextBytes(bytes);
    return bytes;
  }

  /** To the last block. */
  private static void fill(Path filler) throws IOException, InterruptedException {
    Program.of("dd", "if=/dev/zero", "of=" + filler, "bs=64k").run();
    assertThat(Files.getFileStore(filler.getParent()).getUsableSpace()).as("room left").isZero();
  }
}
