package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Changes behind a mount whose time-to-live is far longer than the test: they are seen because the
 * directories are watched. Changed by another process, as anybody would; what this one does is just
 * as foreign to the daemon.
 */
@RealMount
final class WatchTest {
  private static final Duration SEEN_MAX = Duration.ofSeconds(20);
  private static final String[] LONG_TTL = {"--attr-ttl", "50m"};

  @Test
  void namesThatComeGoAndMoveAreSeen(Rig rig) throws Exception {
    Path behind = Files.createDirectory(rig.backing().resolve("d"));
    Files.writeString(behind.resolve("goes"), "old");
    Mount mount = rig.mount(LONG_TTL);
    Path seen = mount.path().resolve("d");
    assertThat(seen.resolve("goes")).exists();
    assertThat(seen.resolve("comes")).doesNotExist();
    assertThat(seen.resolve("target")).doesNotExist();

    Files.delete(behind.resolve("goes"));
    Files.writeString(behind.resolve("comes"), "new");
    Files.move(behind.resolve("comes"), behind.resolve("target"));
    Files.writeString(behind.resolve("comes"), "newer");

    soon(() -> assertThat(seen.resolve("goes")).doesNotExist());
    soon(() -> assertThat(seen.resolve("target")).hasContent("new"));
    soon(() -> assertThat(seen.resolve("comes")).hasContent("newer"));
    mount.umount();
  }

  @ParameterizedTest(name = "with the kernel cache {0}")
  @ValueSource(strings = {"on", "off"})
  void contentAndSizeAreSeenAlsoByWhoHasTheFileOpen(String kernelCache, Rig rig) throws Exception {
    Path behind = rig.backing().resolve("f");
    Files.writeString(behind, "first");
    Waiting.untilFilesAreOld();
    Mount mount = rig.mount("--attr-ttl", "50m", "--kernel-cache", kernelCache);
    Path seen = mount.path().resolve("f");
    try (var open = Files.newByteChannel(seen)) {
      assertThat(seen).hasContent("first");

      Files.writeString(behind, "second, and longer");
      soon(() -> assertThat(seen).hasContent("second, and longer"));
      soon(() -> assertThat(Files.size(seen)).isEqualTo(18));
      soon(() -> assertThat(open.size()).isEqualTo(18));
    }
    assertThat(count(mount, "watches.changes")).isPositive();
    mount.umount();
  }

  @Test
  void modesAndTimesAreSeen(Rig rig) throws Exception {
    Path behind = rig.backing().resolve("f");
    Files.writeString(behind, "x");
    Mount mount = rig.mount(LONG_TTL);
    Path seen = mount.path().resolve("f");
    assertThat(Files.getAttribute(seen, "unix:mode")).isNotEqualTo(0100600);

    Program.succeed("chmod", "600", behind.toString());
    soon(() -> assertThat(Files.getAttribute(seen, "unix:mode")).isEqualTo(0100600));
    Program.succeed("touch", "-d", "@1000", behind.toString());
    soon(() -> assertThat(Files.getLastModifiedTime(seen).toMillis()).isEqualTo(1_000_000));
    mount.umount();
  }

  @Test
  void ownChangesAreNoNews(Rig rig) throws Exception {
    Mount mount = rig.mount(LONG_TTL);
    Path directory = Files.createDirectory(mount.path().resolve("d"));
    for (int i = 0; i < 50; i++) {
      Files.writeString(directory.resolve("f" + i), "x".repeat(5000));
      Files.move(directory.resolve("f" + i), directory.resolve("g" + i));
    }
    // What was heard before this is counted before it.
    Files.createFile(rig.backing().resolve("last"));
    await().atMost(SEEN_MAX).until(() -> count(mount, "watches.changes") > 0);
    assertThat(count(mount, "watches.changes")).isEqualTo(1);
    assertThat(count(mount, "watches.directories")).isEqualTo(2);
    mount.umount();
  }

  /** Without ESTALE for the old inode the appended line would be in a file without a name. */
  @Test
  void whatIsAppendedRightAfterARenameBehindIsInTheNewFile(Rig rig) throws Exception {
    Path behind = rig.backing().resolve("f");
    Files.writeString(behind, "old\n");
    Mount mount = rig.mount(LONG_TTL);
    Path seen = mount.path().resolve("f");
    for (int i = 0; i < 20; i++) {
      assertThat(seen).exists();
      Path next = rig.newDirectory("next").resolve("next");
      Files.writeString(next, "new " + i + "\n");
      Files.move(next, behind, StandardCopyOption.ATOMIC_MOVE);
      Files.writeString(seen, "appended\n", StandardOpenOption.APPEND);
      assertThat(Files.readString(behind)).isEqualTo("new " + i + "\nappended\n");
    }
    mount.umount();
  }

  private static long count(Mount mount, String name) throws Exception {
    return mount.stats().count(name);
  }

  private static void soon(ThrowingRunnable look) {
    await().atMost(SEEN_MAX).untilAsserted(look);
  }
}
