package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.system.Program.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** When the launcher builds, seen at a copy of the tree whose sources are newer than its build. */
@RealMount
final class LauncherTest {
  @Test
  void whatOnlyAsksADaemonDoesNotBuild(Rig rig) throws Exception {
    Mount mount = rig.mount();
    String launcher = treeWithNewerSources(rig).resolve("emberfs").toString();
    for (String verb : new String[] {"stats", "drop", "umount"}) {
      Outcome outcome = Program.of(launcher, verb, mount.path().toString()).run().succeeded();
      assertThat(outcome.err()).as(verb).isEmpty();
    }
    assertThat(mount.isServed()).isFalse();
    assertThat(Program.of(launcher, "status").run().succeeded().err()).isEmpty();
  }

  /** Without Maven, so that it ends soon. */
  @Test
  void whatStartsADaemonBuilds(Rig rig) throws Exception {
    Path tree = treeWithNewerSources(rig);
    Path programs = rig.newDirectory("programs");
    Program.succeed("ln", "-s", "/bin/false", programs.resolve("mvn").toString());
    Outcome outcome =
        Program.of(tree.resolve("emberfs").toString(), "build")
            .with("PATH", programs + ":" + System.getenv("PATH"))
            .run();
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.err()).startsWith("emberfs: building\n").contains("the build failed");
  }

  @Test
  void whoMayNotWriteTheTreeUsesWhatItsOwnerHasBuilt(Rig rig) throws Exception {
    try (OrdinaryUser user = OrdinaryUser.in(rig)) {
      Path tree = treeWithNewerSources(rig);
      Outcome outcome =
          user.shell(
              user.home(),
              String.join(
                  "\n",
                  "E=" + tree + "/emberfs; M=" + rig.mountPoint(),
                  "$E mount " + rig.backing() + " $M --ram 64M --ssd 0",
                  "echo text >$M/f; cat " + rig.backing() + "/f",
                  "$E umount $M"));
      assertThat(outcome.succeeded().out()).contains("text\n");
      assertThat(outcome.err()).isEmpty();
    }
  }

  /** Java would go on running the classes of the archive. */
  @Test
  void theArchiveOfOtherJarsIsNotUsed(Rig rig) throws Exception {
    Path tree = tree(rig);
    assertThat(daemonCommand(tree, rig)).contains("-XX:AOTCache=");
    Program.succeed("sh", "-c", "touch " + tree + "/app/target/lib/picocli-*.jar");
    assertThat(daemonCommand(tree, rig)).doesNotContain("-XX:AOTCache=").contains("emberfs-app");
  }

  private static String daemonCommand(Path tree, Rig rig) throws Exception {
    Program.succeed(
        "sh",
        "-c",
        "%s/emberfs mount %s %s --ram 64M --ssd 0 --state-dir %s"
            .formatted(tree, rig.backing(), rig.mountPoint(), rig.stateDirectory()));
    try {
      Outcome status = Program.of(tree + "/emberfs", "status", "--json").run().succeeded();
      String pid =
          status
              .out()
              .replaceAll(
                  "(?s).*\"mountpoint\":\"" + rig.mountPoint() + "\"[^}]*\"pid\":([0-9]+).*", "$1");
      return Files.readString(Path.of("/proc", pid, "cmdline")).replace('\0', ' ');
    } finally {
      Program.succeed(tree + "/emberfs", "umount", rig.mountPoint().toString());
    }
  }

  private static Path treeWithNewerSources(Rig rig) throws Exception {
    Path tree = tree(rig);
    Program.succeed("touch", tree.resolve("pom.xml").toString());
    return tree;
  }

  private static Path tree(Rig rig) throws Exception {
    Path tree = rig.newDirectory("copy");
    Program.succeed("chmod", "755", tree.toString());
    Program.succeed(
        "mount",
        "-t",
        "overlay",
        "-o",
        "lowerdir=%s,upperdir=%s,workdir=%s"
            .formatted(
                Path.of(Emberfs.launcherPath()).getParent(),
                rig.newDirectory("upper"),
                rig.newDirectory("work")),
        "overlay",
        tree.toString());
    Program.succeed("chmod", "755", tree.toString());
    return tree;
  }
}
