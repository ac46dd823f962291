package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.app.control.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Mounts over io_uring: how they are chosen. */
@RealMount
@ExtendWith(UringParameter.class)
final class UringTest {
  private static final Path SWITCH = UringParameter.FILE;

  /**
   * A kernel before 6.14 has none to offer: {@code auto} takes the device, {@code uring} is
   * refused.
   */
  private static final boolean IS_THERE = UringParameter.isThere();

  @Test
  void autoFollowsTheMachineAndLeavesItAlone(Rig rig) throws Exception {
    set("N");
    Mount overTheDevice = rig.mount();
    String reason = transport(overTheDevice);
    overTheDevice.umount();
    if (!IS_THERE) {
      assertThat(reason).startsWith("dev: this kernel has no FUSE over io_uring");
      return;
    }
    assertThat(reason).startsWith("dev: rings are switched off").endsWith("echo Y > " + SWITCH);
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

  private static String offered() {
    return IS_THERE ? "uring" : "auto";
  }

  private static void set(String value) throws IOException {
    if (IS_THERE) {
      Files.writeString(SWITCH, value);
    }
  }

  private static String transport(Mount mount) throws Exception {
    String line = Emberfs.run("stats", mount.path().toString(), "--json").succeeded().out();
    if (Json.read(line.strip()) instanceof Map<?, ?> tree) {
      return tree.get("transport") + ": " + tree.get("transportReason");
    }
    throw new AssertionError("stats --json printed: " + line);
  }
}
