package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.emberfs.system.Program.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a mount ends when it is in use, when something hangs, and when Java itself gives up. */
@RealMount
@Timeout(300)
final class EndOfMountTest {
  private static final Duration END_MAX = Duration.ofSeconds(60);
  private static final int BUSY = 5;
  private static final int TIMED_OUT = 6;

  @Test
  void aMountInUseIsRefusedWithWhoUsesIt(Rig rig) throws Exception {
    Files.writeString(rig.backing().resolve("f"), "text");
    Mount mount = rig.mount();
    Process user = user(mount, "exec 3<f; cd /; exec sleep 100");
    try {
      Outcome refused = Emberfs.run("umount", mount.path().toString());
      assertThat(refused.exitCode()).isEqualTo(BUSY);
      assertThat(refused.err())
          .contains("(pid " + user.pid() + ") has " + mount.path().resolve("f") + " open")
          .contains("\nfix: ");
    } finally {
      user.destroyForcibly().waitFor();
    }
    Process visitor = user(mount, "exec sleep 100");
    try {
      assertThat(Emberfs.run("umount", mount.path().toString()).err())
          .contains("sleep (pid " + visitor.pid() + ") works in " + mount.path());
    } finally {
      visitor.destroyForcibly().waitFor();
    }
    mount.umount();
  }

  @Test
  void whoUnmountsFromWithinIsToldOfNobodyButItsShell(Rig rig) throws Exception {
    Mount mount = rig.mount();
    Outcome refused =
        Program.of("sh", "-c", "'" + Emberfs.launcherPath() + "' umount .; exit $?")
            .in(mount.path())
            .run();
    assertThat(refused.exitCode()).isEqualTo(BUSY);
    assertThat(refused.err())
        .containsPattern(": sh \\(pid [0-9]+\\) works in " + mount.path() + "\nfix: ");
    mount.umount();
  }

  @Test
  void forceEndsAMountInUse(Rig rig) throws Exception {
    Files.writeString(rig.backing().resolve("f"), "text");
    Mount mount = rig.mount();
    Process user = user(mount, "exec sleep 100");
    try {
      Emberfs.run("umount", mount.path().toString(), "--force").succeeded();
      assertThat(mount.isServed()).isFalse();
      assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).isEmpty();
    } finally {
      user.destroyForcibly().waitFor();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void theSecondSignalEndsAMountInUse(String signal, Rig rig) throws Exception {
    Files.writeString(rig.backing().resolve("f"), "text");
    Mount mount = rig.mount();
    Process user = user(mount, "exec 3<f; exec sleep 100");
    try {
      send(signal, mount);
      await("detached").atMost(END_MAX).until(() -> isDetached(rig));
      assertThat(mount.isServed()).as("serves who is still there").isTrue();
      send(signal, mount);
      await("end of the daemon").atMost(END_MAX).until(() -> !mount.isServed());
      assertThat(user.isAlive()).isTrue();
    } finally {
      user.destroyForcibly().waitFor();
    }
    Mount next = rig.mount();
    assertThat(Files.readString(next.path().resolve("f"))).isEqualTo("text");
    next.umount();
  }

  @Test
  void anUnmountByHandEndsTheDaemonAndTheNextMountIsWarm(Rig rig) throws Exception {
    Files.write(rig.backing().resolve("f"), new byte[300_000]);
    Waiting.untilFilesAreOld();
    Mount mount = rig.mount();
    Files.readAllBytes(mount.path().resolve("f"));
    Program.succeed("umount", mount.path().toString());
    // At once: the daemon still saves.
    Mount next = rig.mount();
    assertThat(mount.isServed()).isFalse();
    assertThat(next.restoredBlocks()).isPositive();
    next.umount();
  }

  /** The backing is a mount whose own daemon is stopped. */
  @Test
  void aMountWhoseBackingHangsEndsByForceAndItsReadersGetAnError(Rig rig) throws Exception {
    Path origin = rig.newDirectory("origin");
    Files.write(origin.resolve("f"), new byte[1 << 20]);
    Mount slow = rig.mountAt(origin, rig.backing(), rig.newDirectory("slow-state"));
    Mount mount = rig.mount("--kernel-cache", "off");
    assertThat(Files.size(mount.path().resolve("f"))).isEqualTo(1 << 20);
    send("STOP", slow);
    try {
      Process reader = user(mount, "exec cat f");
      assertThat(Emberfs.run("umount", mount.path().toString(), "--timeout", "5s").exitCode())
          .isIn(BUSY, TIMED_OUT);
      Outcome forced = Emberfs.run("umount", mount.path().toString(), "--force");
      assertThat(forced.succeeded().out()).startsWith("unmounted " + mount.path());
      assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).isEmpty();
      assertThat(reader.waitFor(1, TimeUnit.MINUTES)).as("the reader ends").isTrue();
      assertThat(reader.exitValue()).isNotZero();
    } finally {
      send("CONT", slow);
    }
    await("end of the daemon").atMost(END_MAX).until(() -> !mount.isServed());
    slow.umount();
  }

  @Test
  void aDaemonThatIsStoppedIsNotWaitedForForEver(Rig rig) throws Exception {
    Files.writeString(rig.backing().resolve("f"), "text");
    Mount mount = rig.mount();
    send("STOP", mount);
    Outcome late = Emberfs.run("umount", mount.path().toString(), "--timeout", "2s");
    assertThat(late.exitCode()).isEqualTo(TIMED_OUT);
    assertThat(late.err()).contains("did not answer").contains("\nfix: ");
    Outcome forced = Emberfs.run("umount", mount.path().toString(), "--force", "--timeout", "2s");
    assertThat(forced.succeeded().out()).contains("did not answer and was killed");
    assertThat(mount.isServed()).isFalse();
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).isEmpty();
  }

  @Test
  void whatJavaSaysAtTheEndIsKeptAndTheNextLogNamesIt(Rig rig) throws Exception {
    Mount mount = rig.mount();
    Path messages = rig.stateDirectory().resolve("java.log");
    send("QUIT", mount);
    await("a thread dump")
        .atMost(END_MAX)
        .until(() -> Files.readString(messages).contains("emberfs-dev-0"));
    assertThat(mount.isServed()).isTrue();
    send("SEGV", mount);
    await("end of the daemon").atMost(END_MAX).until(() -> !mount.isServed());
    assertThat(messages).content().contains("A fatal error has been detected");
    Files.deleteIfExists(Path.of("/tmp/emberfs-crash-" + mount.pid() + ".log"));
    Mount next = rig.mount();
    assertThat(rig.stateDirectory().resolve("emberfs.log"))
        .content()
        .contains("the last daemon left a message of Java, in " + messages + ".1");
    next.umount();
  }

  @Test
  void aRefusalLeavesADeadMountAsItIs(Rig rig) throws Exception {
    Files.writeString(rig.mountPoint().resolve("covered"), "x");
    Mount mount = rig.mount("--allow-non-empty");
    mount.kill();
    Outcome refused =
        Emberfs.run(Rig.mountCommand(rig.backing(), rig.mountPoint(), rig.stateDirectory()));
    assertThat(refused.err()).contains("it is not empty (1 entry)");
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).hasSize(1);
    Path open = rig.newDirectory("open");
    Program.succeed("chmod", "755", open.toString());
    assertThat(
            Emberfs.run(
                    Rig.mountCommand(rig.backing(), rig.mountPoint(), open, "--allow-non-empty"))
                .err())
        .contains("others may enter the state directory");
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).hasSize(1);
    Mount next = rig.mount("--allow-non-empty");
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).hasSize(1);
    next.umount();
    assertThat(rig.mountPoint().resolve("covered")).hasContent("x");
  }

  private static boolean isDetached(Rig rig) throws IOException {
    return SystemTables.mountPointsBelow(rig.mountPoint()).isEmpty();
  }

  private static void send(String signal, Mount mount) throws IOException, InterruptedException {
    Program.succeed("kill", "-" + signal, Long.toString(mount.pid()));
  }

  /** A process in the mount that has begun with what the script says. */
  private static Process user(Mount mount, String script) throws IOException {
    Process user =
        Program.of("sh", "-c", script)
            .in(mount.path())
            .start(Path.of("/dev/null"), Path.of("/dev/null"));
    String last = script.contains("sleep") ? "sleep" : "cat";
    await("a user of the mount")
        .atMost(END_MAX)
        .until(() -> Files.readString(Path.of("/proc/" + user.pid() + "/comm")).startsWith(last));
    return user;
  }
}
