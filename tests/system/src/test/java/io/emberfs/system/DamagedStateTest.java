package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.system.TreeSnapshot.Parts;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Whatever happens to the state directory, the bytes are right and the mount comes up, or says why
 * it does not.
 */
@RealMount
@ExtendWith(UringParameter.class)
final class DamagedStateTest {
  private static final int FILE_COUNT = 150;
  private static final int LARGE_MEGABYTES = 3;
  private static final int CONFIGURATION = 78;
  private static final int FORMAT_VERSION_OFFSET = 8;
  private static final int FORMAT_CHECKSUM_OFFSET = 12;
  private static final int SMALL_DISK_MEGABYTES = 320;
  private static final String LOG = "emberfs.log";
  private static final int DAMAGE_COUNT = Integer.getInteger("emberfs.crash.damages", 30);
  private static final int ROLLBACK_COUNT = Integer.getInteger("emberfs.crash.rollbacks", 3);

  /** What of the state directory is put back. */
  private static final List<String> PARTS = List.of(".", "ssd", "state");

  @Test
  void damageToAnyFileOfTheStateDirectoryNeverReachesAReader(Rig rig) {
    Seeds.check(random -> {
      TreeSnapshot truth = warmedUp(rig);
      Path pristine = copyOfState(rig);
      List<Path> files = filesBelow(pristine);
      assertThat(files).isNotEmpty();
      int noticedCount = 0;
      for (int i = 0; i < DAMAGE_COUNT; i++) {
        restoreState(rig, pristine);
        Path file = pristine.relativize(files.get(i % files.size()));
        // Another damage in each round over the files.
        int turn = i + i / files.size();
        StateDamage damage = StateDamage.values()[turn % StateDamage.values().length];
        damage.inflict(rig.stateDirectory().resolve(file), random);
        CrashSetting setting = CrashSetting.of(i);
        String what = damage + " of " + file + ", " + setting;
        Mount mount = rig.mount(setting.options(random));
        assertThat(TreeSnapshot.of(mount.path()).differences(truth, Parts.ALL)).as(what).isEmpty();
        assertThat(mount.isServed()).as(what).isTrue();
        noticedCount += mount.stats().backingReadBytes() > 0 ? 1 : 0;
        mount.killAndDetach();
      }
      // Not every file holds blocks; but if none was missed, nothing was read from the state at
      // all.
      assertThat(noticedCount).as("damages that cost warm blocks").isPositive();
      restoreState(rig, pristine);
      Mount mount = rig.mount();
      assertThat(TreeSnapshot.of(mount.path()).differences(truth, Parts.ALL)).isEmpty();
      assertThat(mount.stats().backingReadBytes()).as("read without any damage").isZero();
    });
  }

  @Test
  void anOldCopyOfTheStatePutBackServesNoOldByte(Rig rig) {
    Seeds.check(random -> {
      warmedUp(rig);
      Path old = copyOfState(rig);
      for (int i = 0; i < ROLLBACK_COUNT; i++) {
        String part = PARTS.get(i % PARTS.size());
        CrashSetting setting = CrashSetting.of(i);
        String what = "%s put back, %s".formatted(part, setting);
        changeAll(rig, setting.options(random));
        Path target = rig.stateDirectory().resolve(part).normalize();
        Program.succeed("rm", "-rf", "--", target.toString());
        Program.succeed(
            "cp", "-a", "--", old.resolve(part).normalize().toString(), target.toString());
        Mount mount = rig.mount(CrashSetting.of(random.nextInt(ROLLBACK_COUNT)).options(random));
        assertThat(
                TreeSnapshot.of(mount.path())
                    .differences(TreeSnapshot.of(rig.backing()), Parts.ALL))
            .as(what)
            .isEmpty();
        mount.umount();
      }
    });
  }

  /** Writes to every file through a mount that ends in order. */
  private static void changeAll(Rig rig, String... options) throws Exception {
    Mount mount = rig.mount(options);
    Path large = mount.path().resolve("large-0");
    Files.write(large, new byte[(LARGE_MEGABYTES << 20) + 1]);
    Program.of(
            "sh",
            "-c",
            "for f in part-*/room-*/file-*; do [ -s $f ] && date +%N | dd of=$f conv=notrunc status=none; done")
        .in(mount.path())
        .run();
    mount.umount();
  }

  @Test
  void aStateDirectoryOfANewerVersionIsRefusedAndLeftAsItIs(Rig rig) throws Exception {
    rig.mount().umount();
    Path format = rig.stateDirectory().resolve("format");
    Files.write(format, ofVersion(Files.readAllBytes(format), 9999));
    String before = listing(rig.stateDirectory());
    Program.Outcome refused =
        Emberfs.run(Rig.mountCommand(rig.backing(), rig.mountPoint(), rig.stateDirectory()));
    assertThat(refused.exitCode()).as(refused.err()).isEqualTo(CONFIGURATION);
    assertThat(refused.err()).matches("emberfs: [^\n]+: [^\n]+\nfix: [^\n]+\n");
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).isEmpty();
    assertThat(listing(rig.stateDirectory())).isEqualTo(before);
  }

  @Test
  void aFullDiskUnderTheStateDirectoryCostsSpeedOnly(Rig rig) throws Exception {
    LoopVolume disk = rig.volume("state-disk", SMALL_DISK_MEGABYTES);
    SeededTree.fill(rig.backing(), Fixtures.seed(), FILE_COUNT, 20, 20);
    TreeSnapshot truth = TreeSnapshot.of(rig.backing());
    Waiting.untilFilesAreOld();
    Mount mount =
        rig.mountOf(rig.backing(), disk.path().resolve("state"), "--ssd", "64M", "--ram", "16M");
    Program.of("dd", "if=/dev/zero", "of=" + disk.path().resolve("filler"), "bs=64k").run();
    assertThat(Files.getFileStore(disk.path()).getUsableSpace()).as("room left").isZero();
    for (int pass = 0; pass < 2; pass++) {
      assertThat(TreeSnapshot.of(mount.path()).differences(truth, Parts.ALL))
          .as("pass %d", pass)
          .isEmpty();
    }
    Files.writeString(mount.path().resolve("written"), "while the disk is full");
    assertThat(Files.readString(rig.backing().resolve("written")))
        .isEqualTo("while the disk is full");
    assertThat(mount.isServed()).isTrue();
    mount.umount();
  }

  /** Fills the backing, reads all of it through a mount and unmounts. */
  private static TreeSnapshot warmedUp(Rig rig) throws Exception {
    SeededTree.fill(rig.backing(), Fixtures.seed(), FILE_COUNT, LARGE_MEGABYTES);
    TreeSnapshot truth = TreeSnapshot.of(rig.backing());
    Waiting.untilFilesAreOld();
    Mount mount = rig.mount();
    assertThat(TreeSnapshot.of(mount.path()).differences(truth, Parts.ALL)).isEmpty();
    mount.umount();
    return truth;
  }

  private static Path copyOfState(Rig rig) throws IOException, InterruptedException {
    Path copy = rig.newDirectory("copy").resolve("state");
    Program.succeed("cp", "-a", "--", rig.stateDirectory().toString(), copy.toString());
    return copy;
  }

  private static void restoreState(Rig rig, Path pristine)
      throws IOException, InterruptedException {
    Program.succeed("rm", "-rf", "--", rig.stateDirectory().toString());
    Program.succeed("cp", "-a", "--", pristine.toString(), rig.stateDirectory().toString());
  }

  private static List<Path> filesBelow(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(file -> file.toFile().isFile() && file.toFile().length() > 0)
          .filter(file -> !file.endsWith(LOG))
          .sorted()
          .toList();
    }
  }

  /** Every version of the format begins with magic, version, and the checksum of the two. */
  private static byte[] ofVersion(byte[] format, int version) {
    ByteBuffer bytes = ByteBuffer.wrap(format).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(FORMAT_VERSION_OFFSET, version);
    CRC32C checksum = new CRC32C();
    checksum.update(bytes.slice(0, FORMAT_CHECKSUM_OFFSET));
    bytes.putInt(FORMAT_CHECKSUM_OFFSET, (int) checksum.getValue());
    return format;
  }

  private static String listing(Path directory) throws IOException, InterruptedException {
    return Program.succeed(
        "find", directory.toString(), "-type", "f", "!", "-name", LOG, "-printf", "%p %m %s %T@\n");
  }
}
