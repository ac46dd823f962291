package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.emberfs.app.control.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Mounts over io_uring: how they are chosen, and how they end. */
@RealMount
final class UringTest {
  private static final Path SWITCH = Path.of("/sys/module/fuse/parameters/enable_uring");

  /**
   * A kernel before 6.14 has none to offer: {@code auto} takes the device, {@code uring} is
   * refused.
   */
  private static final boolean IS_THERE = Files.exists(SWITCH);

  private static final Duration ERROR_MAX = Duration.ofSeconds(20);

  private String before = "";

  @BeforeEach
  void remember() throws IOException {
    if (IS_THERE) {
      before = Files.readString(SWITCH).strip();
    }
  }

  @AfterEach
  void putBack() throws IOException {
    if (!before.isEmpty()) {
      Files.writeString(SWITCH, before);
    }
  }

  @Test
  void autoFollowsTheMachineAndLeavesItAlone(Rig rig) throws Exception {
    set("N");
    Mount overTheDevice = rig.mount();
    assertThat(transport(overTheDevice)).isEqualTo("dev: the kernel does not offer it");
    overTheDevice.umount();
    if (!IS_THERE) {
      return;
    }
    assertThat(SWITCH).hasContent("N");

    Files.writeString(SWITCH, "Y");
    Mount overRings = rig.mount();
    assertThat(transport(overRings)).startsWith("uring: ");
    overRings.umount();
    assertThat(SWITCH).hasContent("Y");
  }

  @Test
  void ringsThatAreAskedForAreSwitchedOnAndThatIsSaid(Rig rig) throws Exception {
    set("N");
    Program.Outcome mounted =
        Emberfs.run(
            "mount",
            rig.backing().toString(),
            rig.mountPoint().toString(),
            "--state-dir",
            rig.stateDirectory().toString(),
            "--transport",
            "uring");
    if (!IS_THERE) {
      assertThat(mounted.exitCode()).isEqualTo(69);
      assertThat(mounted.err()).contains("this kernel has no FUSE over io_uring");
      return;
    }
    String line = mounted.succeeded().out();
    Emberfs.run("umount", rig.mountPoint().toString()).succeeded();
    assertThat(line).contains("transport uring (switched on for this machine)");
    assertThat(SWITCH).hasContent("Y");
  }

  @Test
  void ringsOnOtherMountsSurviveThatTheyAreSwitchedOff(Rig rig) throws Exception {
    Files.write(rig.backing().resolve("f"), new byte[3_000_000]);
    Mount mount = rig.mount("--transport", offered(), "--kernel-cache", "off");
    set("N");
    for (int i = 0; i < 10; i++) {
      assertThat(Files.readAllBytes(mount.path().resolve("f"))).hasSize(3_000_000);
    }
    mount.umount();
  }

  @Test
  void aKilledDaemonLetsItsReadersGoAndTheNextMountServes(Rig rig) throws Exception {
    Files.write(rig.backing().resolve("f"), new byte[3_000_000]);
    Mount mount =
        rig.mount("--transport", offered(), "--kernel-cache", "off", "--delay-backing", "5s");
    Process reader =
        Program.of("cat", "f").in(mount.path()).start(Path.of("/dev/null"), Path.of("/dev/null"));
    await("a read that waits for the backing")
        .atMost(ERROR_MAX)
        .until(() -> reader.isAlive() && isWaitingInTheKernel(reader.pid()));
    mount.kill();
    await("end of the reader").atMost(ERROR_MAX).until(() -> !reader.isAlive());
    assertThat(reader.exitValue()).isNotZero();
    Mount second = rig.mount("--transport", offered());
    assertThat(Files.readAllBytes(second.path().resolve("f"))).hasSize(3_000_000);
    second.umount();
  }

  private static String offered() {
    return IS_THERE ? "uring" : "auto";
  }

  private static void set(String value) throws IOException {
    if (IS_THERE) {
      Files.writeString(SWITCH, value);
    }
  }

  private static boolean isWaitingInTheKernel(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    return "SD".indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) >= 0;
  }

  private static String transport(Mount mount) throws Exception {
    String line = Emberfs.run("stats", mount.path().toString(), "--json").succeeded().out();
    if (Json.read(line.strip()) instanceof Map<?, ?> tree) {
      return tree.get("transport") + ": " + tree.get("transportReason");
    }
    throw new AssertionError("stats --json printed: " + line);
  }
}
