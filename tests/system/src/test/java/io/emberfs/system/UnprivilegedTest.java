package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.emberfs.app.control.Json;
import io.emberfs.system.Program.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A user without root mounts, uses and unmounts a directory of its own, from start to end. */
@RealMount
final class UnprivilegedTest {
  private static final Duration END_MAX = Duration.ofSeconds(30);
  private static final int NOT_MOUNTED = 4;
  private static final int PERMISSION = 77;

  private OrdinaryUser user;

  @BeforeEach
  void begin(Rig rig) throws Exception {
    user = OrdinaryUser.in(rig);
  }

  @AfterEach
  void end() throws Exception {
    user.close();
  }

  @Test
  void aUserMountsWritesReadsAndUnmounts(Rig rig) throws Exception {
    user.shell(rig.backing(), "mkdir d; seq 200000 >d/numbers").succeeded();
    Mount mount = user.mount(rig, "--kernel-cache", "off");
    user.shell(mount.path(), "cmp d/numbers " + rig.backing().resolve("d/numbers")).succeeded();
    user.shell(mount.path(), "seq 300000 >new; mv new d/other; rm d/numbers; umask 0; mkdir e")
        .succeeded();
    user.shell(
            mount.path(), "seq 300000 | cmp - d/other; cmp d/other " + rig.backing() + "/d/other")
        .succeeded();
    assertThat(owner(rig.backing().resolve("d/other"))).isEqualTo(OrdinaryUser.ID);
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).hasSize(1);
    Map<?, ?> row = statusRow(user.emberfs("status", "--json"), mount.path());
    assertThat(row.get("pid")).isEqualTo(mount.pid());
    assertThat(row.get("state")).isEqualTo("live");
    assertThat(user.emberfs("stats", mount.path().toString(), "--json").succeeded().out())
        .contains("\"writes\":{\"requests\":");
    assertThat(user.emberfs("drop", mount.path().toString(), "--tier", "ram").exitCode()).isZero();
    user.emberfs("umount", mount.path().toString()).succeeded();
    assertThat(mount.isServed()).isFalse();
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).isEmpty();
  }

  @Test
  void aKilledDaemonOfAUserIsMountedAgainOrUnmounted(Rig rig) throws Exception {
    user.shell(rig.backing(), "echo text >f").succeeded();
    user.mount(rig).kill();
    assertThat(statusRow(user.emberfs("status", "--json"), rig.mountPoint()).get("state"))
        .isEqualTo("dead");
    Mount second = user.mount(rig);
    assertThat(user.shell(second.path(), "cat f").succeeded().out()).isEqualTo("text\n");
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).hasSize(1);
    second.kill();
    user.emberfs("umount", second.path().toString()).succeeded();
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).isEmpty();
    assertThat(user.emberfs("umount", second.path().toString()).exitCode()).isEqualTo(NOT_MOUNTED);
  }

  @Test
  void aMountInUseIsLeftLazilyAndEndsWithItsLastUser(Rig rig) throws Exception {
    Mount mount = user.mount(rig);
    Outcome outcome =
        user.shell(
            mount.path(),
            "exec 3>f; cd /; set +e\n"
                + String.join(
                    "\n",
                    user.launcher() + " umount " + mount.path() + " --timeout 5s; echo busy $?",
                    user.launcher() + " umount " + mount.path() + " --lazy; echo lazy $?",
                    "echo text >&3; echo written $?"));
    assertThat(outcome.succeeded().out()).contains("busy 5", "lazy 0", "written 0");
    await("end of the daemon").atMost(END_MAX).until(() -> !mount.isServed());
    assertThat(rig.backing().resolve("f")).hasContent("text");
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).isEmpty();
  }

  @Test
  void whatOnlyRootMayDoFailsWithItsErrno(Rig rig) throws Exception {
    Mount mount = user.mount(rig);
    user.shell(mount.path(), "echo x >f; chmod 4755 f").succeeded();
    for (String change :
        List.of("chown root f", "chgrp root f", "setfattr -n trusted.a -v b f", "mknod n c 1 3")) {
      Outcome refused = user.shell(mount.path(), change);
      assertThat(refused.exitCode()).as(change).isNotZero();
      assertThat(refused.err()).as(change).contains("Operation not permitted");
    }
    // What the backing does not let the user read is refused by the mount too.
    Path secret = Files.writeString(rig.backing().resolve("secret"), "of root");
    Program.succeed("chmod", "600", secret.toString());
    assertThat(user.shell(mount.path(), "cat secret").err()).contains("Permission denied");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-o suid", "-o dev", "--allow-other", "--transport uring"})
  void anOptionThatNeedsRootIsRefused(String option, Rig rig) throws Exception {
    // Without the line user_allow_other, and without rings, whatever this machine has.
    Path configuration = Files.createFile(rig.newDirectory("etc").resolve("fuse.conf"));
    Path parameter = Files.writeString(configuration.resolveSibling("enable_uring"), "N\n");
    List<String> command =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-e",
                "-c",
                "mount --bind $0 /etc/fuse.conf;"
                    + " mount --bind $1 /sys/module/fuse/parameters/enable_uring; shift;"
                    + " exec \"$@\"",
                configuration.toString(),
                parameter.toString()));
    command.addAll(
        user.commandOf(
            List.of(
                user.launcher().toString(),
                "mount",
                rig.backing().toString(),
                rig.mountPoint().toString())));
    command.addAll(List.of(option.split(" ")));
    assertRefused(PERMISSION, Program.of(command).run());
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).isEmpty();
  }

  @Test
  void aMountPointOfSomebodyElseIsRefusedWithWhatTheHelperSays(Rig rig) throws Exception {
    Path foreign = rig.newDirectory("foreign");
    Program.succeed("chmod", "755", foreign.toString());
    Outcome refused = user.emberfs("mount", rig.backing().toString(), foreign.toString());
    assertRefused(PERMISSION, refused);
    assertThat(refused.err()).contains("no write access to mountpoint");
    assertThat(SystemTables.mountPointsBelow(foreign)).isEmpty();
  }

  @Test
  void usersSeeEachOthersMountsAndDoNotTouchThem(Rig rig) throws Exception {
    Mount mount = user.mount(rig);
    Map<?, ?> row = statusRow(Emberfs.run("status", "--json"), mount.path());
    assertThat(row.get("backing")).isEqualTo(rig.backing().toString());
    assertThat(row.get("state")).isEqualTo("live");
    for (String verb : List.of("umount", "stats", "drop")) {
      assertRefused(PERMISSION, Emberfs.run(verb, mount.path().toString()));
    }
    Path rootsPoint = rig.newDirectory("roots");
    Mount roots = rig.mountAt(rig.newDirectory("b"), rootsPoint, rig.stateDirectory());
    Program.succeed("chmod", "755", roots.path().toString());
    for (String verb : List.of("umount", "stats", "drop")) {
      assertRefused(PERMISSION, user.emberfs(verb, roots.path().toString()));
    }
    assertThat(mount.isServed() && roots.isServed()).isTrue();
    assertThat(user.shell(mount.path(), "pwd").succeeded().out().strip())
        .isEqualTo(mount.path().toString());
    user.emberfs("umount", mount.path().toString()).succeeded();
    roots.umount();
  }

  @Test
  void aTreeThatIsNotBuiltAndCannotBeWrittenIsRefused(Rig rig) throws Exception {
    Path tree = rig.newDirectory("unbuilt");
    Program.succeed("chmod", "755", tree.toString());
    Path original = Path.of(Emberfs.launcherPath());
    Files.copy(original, tree.resolve("emberfs"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.copy(original.resolveSibling("pom.xml"), tree.resolve("pom.xml"));
    String launcher = tree.resolve("emberfs").toString();
    for (List<String> arguments :
        List.of(
            List.of("status"),
            List.of("mount", rig.backing().toString(), rig.mountPoint().toString()))) {
      List<String> command = new ArrayList<>(List.of(launcher));
      command.addAll(arguments);
      Outcome refused = user.run(command);
      assertRefused(PERMISSION, refused);
      assertThat(refused.err()).contains("is not built");
    }
    assertThat(tree.resolve("app")).doesNotExist();
  }

  /** One mount in what {@code status --json} printed. */
  private static Map<?, ?> statusRow(Outcome status, Path mountPoint) {
    if (Json.read(status.succeeded().out().strip()) instanceof List<?> mounts) {
      return mounts.stream()
          .map(each -> (Map<?, ?>) each)
          .filter(row -> mountPoint.toString().equals(row.get("mountpoint")))
          .findFirst()
          .orElseThrow(() -> new AssertionError(mountPoint + " is not in " + status.out()));
    }
    throw new AssertionError("status --json printed: " + status.out());
  }

  private static Object owner(Path file) throws IOException {
    return Files.getAttribute(file, "unix:uid");
  }

  private static void assertRefused(int exitCode, Outcome refused) {
    assertThat(refused.exitCode()).as("exit code; %s", refused.err()).isEqualTo(exitCode);
    assertThat(refused.err()).matches("emberfs: [^\n]+: [^\n]+\nfix: [^\n]+\n");
  }
}
