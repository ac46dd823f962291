package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.emberfs.system.TreeSnapshot.Parts;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Trouble with the device below the state directory, while mounted and at the mount: reads and
 * writes have no error and the right bytes, the mount says what does not work, and takes it back
 * when it works again.
 */
@RealMount
final class SickCacheDeviceTest {
  private static final int FILE_COUNT = 60;
  private static final int VOLUME_MEGABYTES = 320;
  private static final String[] TIERS = {"--ssd", "64M", "--ram", "16M", "--kernel-cache", "off"};

  /** Pauses between attempts begin at 5 s and double. */
  private static final Duration HEALED_MAX = Duration.ofSeconds(90);

  @Test
  void aDeviceThatFailsIsTakenBackWhenItWorksAgain(Rig rig) throws Exception {
    LoopVolume disk = rig.volume("state-disk", VOLUME_MEGABYTES);
    Mount mount = warmedUp(rig, disk);
    disk.cutPower();
    assertServes(rig, mount, "cut");
    awaitTrouble(mount, "ssd: ");
    assertServes(rig, mount, "cut, and known to be");

    disk.comeBack();

    awaitHealed(mount);
    assertThat(mount.stats().count("ssd.takenBack")).isPositive();
    assertWorksAgain(rig, disk, mount);
  }

  @Test
  void aFileSystemThatTurnsReadOnlyCostsSpeedOnly(Rig rig) throws Exception {
    LoopVolume disk = rig.volume("state-disk", VOLUME_MEGABYTES);
    Mount mount = warmedUp(rig, disk);
    disk.turnReadOnly();
    assertServes(rig, mount, "read-only");
    awaitTrouble(mount, "ssd: ");

    disk.comeBack();

    assertWorksAgain(rig, disk, mount);
  }

  @Test
  void aDeviceThatLostItsEndCostsSpeedOnly(Rig rig) throws Exception {
    LoopVolume disk = rig.volume("state-disk", VOLUME_MEGABYTES);
    Mount mount = warmedUp(rig, disk);
    disk.shorten(8);
    assertServes(rig, mount, "shortened");
    mount.drop("ram");
    assertServes(rig, mount, "shortened, from below RAM");
    awaitTrouble(mount, "ssd: ");
    assertServes(rig, mount, "shortened, and known to be");
  }

  @Test
  void aFullDiskTakesBlocksAgainWhenThereIsRoom(Rig rig) throws Exception {
    LoopVolume disk = rig.volume("state-disk", VOLUME_MEGABYTES);
    SeededTree.fill(rig.backing(), Fixtures.seed(), FILE_COUNT, 20);
    Waiting.untilFilesAreOld();
    Mount mount = rig.mountOf(rig.backing(), disk.path().resolve("state"), TIERS);
    Path filler = fill(disk);
    assertServes(rig, mount, "full");

    Files.delete(filler);

    assertWorksAgain(rig, disk, mount);
  }

  @Test
  void aDiskThatIsFullAtTheMountIsNoReasonNotToMount(Rig rig) throws Exception {
    LoopVolume disk = rig.volume("state-disk", VOLUME_MEGABYTES);
    warmedUp(rig, disk).umount();
    Path filler = fill(disk);
    Mount mount = rig.mountOf(rig.backing(), disk.path().resolve("state"), TIERS);
    assertServes(rig, mount, "full from the start");

    Files.delete(filler);

    assertWorksAgain(rig, disk, mount);
  }

  @Test
  void aDiskThatIsReadOnlyAtTheMountIsNoReasonNotToMount(Rig rig) throws Exception {
    LoopVolume disk = rig.volume("state-disk", VOLUME_MEGABYTES);
    warmedUp(rig, disk).umount();
    disk.turnReadOnly();
    Mount mount = rig.mountOf(rig.backing(), disk.path().resolve("state"), TIERS);
    assertServes(rig, mount, "read-only from the start");
    assertThat(mount.troubles()).anyMatch(each -> each.contains("read-only"));
    mount.umount();

    disk.comeBack();

    Mount next = rig.mountOf(rig.backing(), disk.path().resolve("state"), TIERS);
    assertServes(rig, next, "mounted again");
    assertThat(next.troubles()).isEmpty();
  }

  private static Mount warmedUp(Rig rig, LoopVolume disk) throws Exception {
    SeededTree.fill(rig.backing(), Fixtures.seed(), FILE_COUNT, 20);
    Waiting.untilFilesAreOld();
    Mount mount = rig.mountOf(rig.backing(), disk.path().resolve("state"), TIERS);
    assertSame(rig, mount, "well");
    assertTakes(rig, mount);
    return mount;
  }

  /** Reads everything, changes something, and reads everything again. */
  private static void assertServes(Rig rig, Mount mount, String when) throws Exception {
    assertSame(rig, mount, when);
    byte[] bytes = new byte[100_000];
    Seeds.random(when.hashCode()).nextBytes(bytes);
    Path large = mount.path().resolve("large-0");
    try (FileChannel channel = FileChannel.open(large, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes), 1_000_000);
      channel.force(true);
    }
    Files.write(mount.path().resolve("written " + when), bytes);
    assertSame(rig, mount, when + ", after writes");
    assertThat(mount.isServed()).as(when).isTrue();
  }

  private static void assertSame(Rig rig, Mount mount, String when) throws Exception {
    assertThat(TreeSnapshot.of(mount.path()).differences(TreeSnapshot.of(rig.backing()), Parts.ALL))
        .as(when)
        .isEmpty();
  }

  private static void awaitTrouble(Mount mount, String beginning) {
    await("trouble is told")
        .atMost(HEALED_MAX)
        .until(() -> mount.troubles().stream().anyMatch(each -> each.startsWith(beginning)));
  }

  private static void awaitHealed(Mount mount) {
    await("the device is taken back")
        .atMost(HEALED_MAX)
        .until(
            () -> mount.troubles().stream().filter(each -> each.startsWith("ssd")).toList(),
            List::isEmpty);
  }

  /**
   * What is read from now on reaches the SSD tier; what was offered while that had no room yet does
   * when it is read again.
   */
  private static void assertTakes(Rig rig, Mount mount) throws Exception {
    Path fresh = rig.backing().resolve("fresh " + System.nanoTime());
    byte[] bytes = new byte[1 << 20];
    Seeds.random(7).nextBytes(bytes);
    Files.write(fresh, bytes);
    Waiting.untilFilesAreOld();
    long before = mount.stats().count("ssd.bytesWritten");
    Path file = mount.path().resolve(fresh.getFileName());
    await("blocks on the SSD")
        .atMost(HEALED_MAX)
        .until(() -> {
          mount.drop("ram");
          assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
          return mount.stats().count("ssd.bytesWritten") >= before + bytes.length;
        });
  }

  /** It takes blocks, and what it holds is right for the next mount after a kill too. */
  private static void assertWorksAgain(Rig rig, LoopVolume disk, Mount mount) throws Exception {
    awaitHealed(mount);
    assertTakes(rig, mount);
    mount.killAndDetach();
    Mount next = rig.mountOf(rig.backing(), disk.path().resolve("state"), TIERS);
    assertSame(rig, next, "mounted again");
    assertThat(next.troubles()).isEmpty();
  }

  /** To the last block. */
  private static Path fill(LoopVolume disk) throws IOException, InterruptedException {
    Path filler = disk.path().resolve("filler");
    Program.of("dd", "if=/dev/zero", "of=" + filler, "bs=64k").run();
    assertThat(Files.getFileStore(disk.path()).getUsableSpace()).as("room left").isZero();
    return filler;
  }
}
