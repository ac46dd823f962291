package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.system.Program.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * mount(8) and umount(8) with the launcher as their helper. The helpers' links lie in a copy of the
 * directory of helpers that only the test's own mount namespace has.
 */
@RealMount
final class MountHelperTest {
  private static final String OPTIONS = "ram=64M,ssd=0,state_dir=$STATE";
  private static final int MOUNT_USAGE = 1;
  private static final int MOUNT_FAILURE = 32;

  /** The daemon of a script that ended early. */
  @AfterEach
  void endWhatIsLeft(Rig rig) throws Exception {
    for (long pid : SystemTables.usersOf(rig.backing())) {
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void aLineOfFstabIsMountedOnceAndUnmounted(Rig rig) throws Exception {
    Files.writeString(rig.backing().resolve("f"), "text\n");
    Outcome outcome =
        run(
            rig,
            List.of("mount.emberfs", "umount.fuse.emberfs"),
            "echo \"$B $M emberfs "
                + OPTIONS
                + ",allow_other,attr_ttl=2s,_netdev,nofail,noatime,x-systemd.automount 0 0\""
                + " >$B/../fstab",
            "mount -T $B/../fstab $M",
            "echo type $(findmnt -n -o FSTYPE,SOURCE,OPTIONS $M)",
            "echo ram $(\"$E\" stats $M | grep tiers.ram.capacityBytes)",
            "cat $M/f",
            "mount -a -T $B/../fstab",
            "echo mounts $(findmnt -n -o TARGET $M | wc -l)",
            "PID=$(\"$E\" status | grep \" $M\\$\" | tr -s ' ' | cut -d ' ' -f 2)",
            "umount $M",
            // One that nobody has waited for yet is a zombie: Z.
            "echo daemon $PID: $(sed -n 's/^State:.\\([^Z]\\).*/\\1/p' /proc/$PID/status 2>&-)",
            "mount -a -T $B/../fstab",
            "cat $M/f",
            "umount $M");
    assertThat(outcome.succeeded().out())
        .contains("type fuse.emberfs " + rig.backing() + " rw,nosuid,nodev,")
        .contains("allow_other")
        .matches("(?s).*ram tiers.ram.capacityBytes +67108864\n.*")
        .contains("mounts 1\n")
        .containsPattern("daemon [1-9][0-9]*:\n")
        .containsSubsequence("text", "text");
    assertThat(outcome.err()).isEmpty();
  }

  @Test
  void theTypeWithItsPrefixWorksWithTheHelperAndWithout(Rig rig) throws Exception {
    Path program = Files.writeString(rig.backing().resolve("x"), "#!/bin/sh\necho ran\n");
    Program.succeed("chmod", "755", program.toString());
    String mountAndShow =
        "mount -t fuse.emberfs $B $M -o noexec," + OPTIONS + "; findmnt -n -o FSTYPE,OPTIONS $M";
    for (String link : List.of("mount.fuse.emberfs", "emberfs")) {
      Outcome outcome =
          run(rig, List.of(link), mountAndShow, "$M/x || echo refused $?", "umount $M");
      assertThat(outcome.succeeded().out())
          .as(link)
          .contains("fuse.emberfs rw,nosuid,nodev,noexec,")
          .contains("refused 126")
          .doesNotContain("ran");
    }
  }

  /** The daemon of the last mount may still be saving when umount(8) has returned. */
  @Test
  void withoutAHelperOfUmountTheNextMountWaitsForTheLastDaemon(Rig rig) throws Exception {
    Files.writeString(rig.backing().resolve("f"), "text");
    String mount = "mount -t emberfs $B $M -o ro,ram=64M,ssd=1G,state_dir=$STATE";
    Outcome outcome =
        run(
            rig,
            List.of("mount.emberfs"),
            mount,
            "umount $M",
            mount,
            "cat $M/f; touch $M/g || echo refused",
            "umount $M",
            mount,
            "umount $M");
    assertThat(outcome.succeeded().out()).contains("text").contains("refused");
  }

  @Test
  void whatCannotBeIsRefusedWithTheCodesOfMount(Rig rig) throws Exception {
    Map<String, Integer> codes =
        Map.of(
            "mount -t emberfs $B $M -o bogus",
            MOUNT_USAGE,
            "mount -t emberfs $B $M -o rem=1G",
            MOUNT_USAGE,
            "mount -t emberfs $B $M -o foreground",
            MOUNT_USAGE,
            "mount -t emberfs $B/none $M -o " + OPTIONS,
            MOUNT_FAILURE,
            "umount.fuse.emberfs $M",
            MOUNT_FAILURE,
            "mount.emberfs $B $M -N 1",
            MOUNT_USAGE,
            "mount.emberfs $B",
            MOUNT_USAGE);
    for (Map.Entry<String, Integer> each : codes.entrySet()) {
      Outcome refused = run(rig, List.of("mount.emberfs", "umount.fuse.emberfs"), each.getKey());
      assertThat(refused.exitCode()).as(each.getKey()).isEqualTo(each.getValue());
      assertThat(refused.err()).as(each.getKey()).matches("emberfs: [^\n]+: [^\n]+\nfix: [^\n]+\n");
      assertThat(refused.out()).as(each.getKey()).isEmpty();
    }
  }

  @Test
  void fakeMountsNothingAndVerboseSaysWhatWasMounted(Rig rig) throws Exception {
    Outcome outcome =
        run(
            rig,
            List.of("mount.emberfs", "umount.fuse.emberfs"),
            "mount -f -t emberfs $B $M -o " + OPTIONS,
            "findmnt $M || echo none",
            "env -u HOME -u PATH /usr/sbin/mount.emberfs $B $M -v -o " + OPTIONS,
            "umount $M");
    assertThat(outcome.succeeded().out())
        .startsWith("none\n")
        .contains("mounted " + rig.backing() + " on " + rig.mountPoint());
  }

  /** Runs a script with these names of the launcher in the directory of helpers. */
  private static Outcome run(Rig rig, List<String> names, String... script)
      throws IOException, InterruptedException {
    Path links = rig.newDirectory("links");
    for (String name : names) {
      Files.createSymbolicLink(links.resolve(name), Path.of(Emberfs.launcherPath()));
    }
    return Program.of(
            "unshare",
            "--mount",
            "sh",
            "-e",
            "-c",
            "mount -t overlay -o lowerdir=\"$L\":/usr/sbin overlay /usr/sbin\n"
                + String.join("\n", script))
        .with("L", links.toString())
        .with("E", Emberfs.launcherPath())
        .with("B", rig.backing().toString())
        .with("M", rig.mountPoint().toString())
        .with("STATE", rig.stateDirectory().toString())
        .run();
  }
}
