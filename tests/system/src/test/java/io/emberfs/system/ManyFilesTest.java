package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * More files than the daemon may have descriptors. Small by default; {@code -Demberfs.files=200000
 * -Demberfs.descriptors=20000} makes it large.
 */
@RealMount
final class ManyFilesTest {
  private static final int FILES = Integer.getInteger("emberfs.files", 2000);
  private static final int DESCRIPTORS = Integer.getInteger("emberfs.descriptors", 500);

  /** What the process has open besides nodes: devices, sockets, databases, jars. */
  private static final int OTHER_DESCRIPTORS = 100;

  private static final Duration FORGETTING_MAX = Duration.ofSeconds(10);

  @Test
  void aWalkNeedsFewDescriptorsAndGivesThemBack(Rig rig) throws Exception {
    Path flat = Files.createDirectory(rig.backing().resolve("flat"));
    Path deep = Files.createDirectory(rig.backing().resolve("deep"));
    Program.of("perl", "-e", "for (1 .. " + FILES + ") { open(my $f, '>', \"flat/f$_\") or die; }")
        .in(rig.backing())
        .run()
        .succeeded();
    Program.of(
            "perl",
            "-e",
            "for my $d (1 .. "
                + FILES / 100
                + ") { mkdir \"d$d\"; for (1 .. 100) { open(my $f, '>', \"d$d/f$_\") or die; } }")
        .in(deep)
        .run()
        .succeeded();
    Mount mount = mountWithFewDescriptors(rig);
    long before = openDescriptors(mount);

    assertThat(lines(mount, "ls -f flat | sort -u | wc -l")).isEqualTo(FILES + 2);
    assertThat(lines(mount, "find . -type f -size 0 | sort -u | wc -l"))
        .isEqualTo(FILES + FILES / 100 * 100);
    assertThat(openDescriptors(mount)).isLessThan(DESCRIPTORS / 2 + OTHER_DESCRIPTORS);
    assertThat(lines(mount, "find flat -type f -exec cat {} + | wc -c")).isZero();

    Program.of("rm", "-r", "flat", "deep").in(mount.path()).run().succeeded();
    await("descriptors of files that are gone")
        .atMost(FORGETTING_MAX)
        .untilAsserted(() -> assertThat(openDescriptors(mount)).isLessThan(before + 20));
    assertThat(flat).doesNotExist();
  }

  private static int lines(Mount mount, String script) throws IOException, InterruptedException {
    String out = Program.of("sh", "-ec", script).in(mount.path()).run().succeeded().out();
    return Integer.parseInt(out.strip());
  }

  private static Mount mountWithFewDescriptors(Rig rig) throws IOException, InterruptedException {
    List<String> command =
        Rig.mountCommand(rig.backing(), rig.mountPoint(), rig.stateDirectory(), "--ssd", "0");
    String script = "ulimit -n " + DESCRIPTORS + "; exec \"$@\"";
    List<String> limited =
        Stream.concat(
                Stream.of("sh", "-ec", script, "sh", Emberfs.launcherPath()), command.stream())
            .toList();
    return rig.adopt(Mount.announced(Program.of(limited).run().succeeded().out()));
  }

  private static long openDescriptors(Mount mount) throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + mount.pid() + "/fd"))) {
      return descriptors.count();
    }
  }
}
