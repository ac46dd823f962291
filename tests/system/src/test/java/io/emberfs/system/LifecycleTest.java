package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.emberfs.app.config.Places;
import io.emberfs.app.control.Json;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How a mount begins and ends, and what it leaves. */
@RealMount
final class LifecycleTest {
  private static final Duration END_MAX = Duration.ofSeconds(30);
  private static final int NOT_MOUNTED = 4;
  private static final int BUSY = 5;
  private static final Duration IDLE = Duration.ofSeconds(20);

  /** USER_HZ is 100 on every machine that this runs on. */
  private static final long MILLIS_PER_TICK = 10;

  @Test
  void aKillAndAnUmountLeaveNoProcessNoMountAndNoFileOutsideTheStateDirectory(Rig rig)
      throws Exception {
    Files.writeString(rig.backing().resolve("f"), "text");
    TreeSet<String> before = filesOutside(rig);
    Mount mount = rig.mount();
    assertThat(Files.readString(mount.path().resolve("f"))).isEqualTo("text");
    mount.kill();
    Mount second = rig.mount();
    second.umount();
    assertThat(SystemTables.usersOf(rig.backing())).as("processes in the backing").isEmpty();
    assertThat(SystemTables.usersOf(rig.stateDirectory())).as("processes in the state").isEmpty();
    assertThat(before).as("files outside").containsAll(filesOutside(rig));
    assertThat(rig.mountPoint()).isEmptyDirectory();
    assertThat(rig.backing()).isDirectoryContaining("glob:**/f");
    assertThat(Files.list(rig.backing()).count()).as("files in the backing").isEqualTo(1);
  }

  @Test
  void theMountAppearsInStatusAndDisappearsAgain(Rig rig) throws Exception {
    Mount mount = rig.mount();
    assertThat(stateOf(mount.path())).isEqualTo("live");
    mount.kill();
    assertThat(stateOf(mount.path())).isEqualTo("dead");
    Emberfs.run("umount", mount.path().toString()).succeeded();
    assertThat(stateOf(mount.path())).isNull();
    assertThat(Emberfs.run("umount", mount.path().toString()).exitCode()).isEqualTo(NOT_MOUNTED);
  }

  @Test
  void theNextMountDetachesADeadOne(Rig rig) throws Exception {
    Files.writeString(rig.backing().resolve("f"), "text");
    rig.mount().kill();
    Mount second = rig.mount();
    assertThat(Files.readString(second.path().resolve("f"))).isEqualTo("text");
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).hasSize(1);
    second.umount();
  }

  @Test
  void sigtermEndsAMountInOrder(Rig rig) throws Exception {
    Files.write(rig.backing().resolve("f"), new byte[200_000]);
    Waiting.untilFilesAreOld();
    Mount mount = rig.mount();
    Files.readAllBytes(mount.path().resolve("f"));
    Program.succeed("kill", "-TERM", Long.toString(mount.pid()));
    await("end of the daemon").atMost(END_MAX).until(() -> !mount.isServed());
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).isEmpty();
    Mount second = rig.mount("--kernel-cache", "off");
    Files.readAllBytes(second.path().resolve("f"));
    assertThat(second.stats().backingReadBytes()).as("the warm state was saved").isZero();
  }

  @Test
  void aMountInUseIsNotUnmountedAndServesOn(Rig rig) throws Exception {
    Files.writeString(rig.backing().resolve("f"), "text");
    Mount mount = rig.mount();
    Process user =
        Program.of("sh", "-c", "exec 3<f; exec sleep 100")
            .in(mount.path())
            .start(Path.of("/dev/null"), Path.of("/dev/null"));
    try {
      await("a user of the mount")
          .atMost(END_MAX)
          .until(() -> SystemTables.usersOf(mount.path()).contains(user.pid()));
      Program.Outcome refused = Emberfs.run("umount", mount.path().toString(), "--timeout", "5s");
      assertThat(refused.exitCode()).isEqualTo(BUSY);
      assertThat(refused.err()).startsWith("emberfs: ").contains("\nfix: ");
      assertThat(Files.readString(mount.path().resolve("f"))).isEqualTo("text");
    } finally {
      user.destroyForcibly().waitFor();
    }
    mount.umount();
  }

  @Test
  void aReadOnlyMountRefusesEveryChange(Rig rig) throws Exception {
    Files.writeString(rig.backing().resolve("f"), "text");
    Mount mount = rig.mount("--ro");
    for (String change :
        List.of("echo x >f", "echo x >g", "rm f", "mkdir d", "chmod 600 f", "ln f g", "mv f g")) {
      Program.Outcome refused = Program.of("sh", "-c", change).in(mount.path()).run();
      assertThat(refused.exitCode()).as(change).isNotZero();
      assertThat(refused.err()).as(change).contains("Read-only file system");
    }
    assertThat(Files.readString(mount.path().resolve("f"))).isEqualTo("text");
    assertThat(Files.readString(rig.backing().resolve("f"))).isEqualTo("text");
  }

  @Test
  void severalMountsOfSeveralBackingsLiveSideBySide(Rig rig) throws Exception {
    List<Mount> mounts = new ArrayList<>();
    for (String name : List.of("one", "two", "three")) {
      Path backing = rig.newDirectory(name);
      Files.writeString(backing.resolve("f"), name);
      mounts.add(rig.mountAt(backing, rig.newDirectory("at"), rig.newDirectory("s").resolve("s")));
    }
    for (Mount mount : mounts) {
      assertThat(stateOf(mount.path())).isEqualTo("live");
    }
    assertThat(Files.readString(mounts.get(0).path().resolve("f"))).isEqualTo("one");
    mounts.get(1).umount();
    mounts.get(2).kill();
    assertThat(stateOf(mounts.get(2).path())).isEqualTo("dead");
    assertThat(Files.readString(mounts.get(0).path().resolve("f"))).isEqualTo("one");
    mounts.get(0).umount();
  }

  /** CPU time, not time: what else the machine does makes no difference. */
  @Test
  void anIdleMountUsesLessThanHalfAPercentOfACore(Rig rig) throws Exception {
    Files.write(rig.backing().resolve("f"), new byte[4 << 20]);
    Mount mount = rig.mount();
    Files.readAllBytes(mount.path().resolve("f"));
    Waiting.untilFilesAreOld();
    Waiting.pause(Duration.ofSeconds(10));
    long before = SystemTables.cpuTicksOf(mount.pid());
    Waiting.pause(IDLE);
    long used = SystemTables.cpuTicksOf(mount.pid()) - before;
    assertThat(used * MILLIS_PER_TICK)
        .as("milliseconds of CPU in " + IDLE)
        .isLessThanOrEqualTo(IDLE.toMillis() / 200);
    mount.umount();
  }

  @Test
  void droppedTiersAreReadAgainFromTheBacking(Rig rig) throws Exception {
    byte[] bytes = new byte[1 << 20];
    Files.write(rig.backing().resolve("f"), bytes);
    Mount mount = rig.mount("--kernel-cache", "off");
    Files.readAllBytes(mount.path().resolve("f"));
    mount.drop("all");
    assertThat(mount.stats().count("tiers.ram.blocks")).isZero();
    assertThat(mount.stats().count("tiers.ssd.blocks")).isZero();
    long before = mount.stats().backingReadBytes();
    assertThat(Files.readAllBytes(mount.path().resolve("f"))).isEqualTo(bytes);
    assertThat(mount.stats().backingReadBytes() - before).isGreaterThanOrEqualTo(bytes.length);
  }

  private static @Nullable Object stateOf(Path mountPoint)
      throws IOException, InterruptedException {
    String line = Emberfs.run("status", "--json").succeeded().out();
    if (Json.read(line.strip()) instanceof List<?> mounts) {
      return mounts.stream()
          .filter(each ->
              each instanceof Map<?, ?> row && mountPoint.toString().equals(row.get("mountpoint")))
          .map(each -> ((Map<?, ?>) each).get("state"))
          .findFirst()
          .orElse(null);
    }
    throw new AssertionError("status --json printed: " + line);
  }

  /**
   * What a daemon of this rig could forget: its own files by name, and libraries and logs that any
   * daemon might unpack.
   */
  private static TreeSet<String> filesOutside(Rig rig) throws IOException {
    TreeSet<String> files = new TreeSet<>();
    String id = Places.id(rig.mountPoint());
    Path defaultState = Places.of(System.getenv()).defaultStateDirectory(rig.backing());
    if (Files.exists(defaultState)) {
      files.add(defaultState.toString());
    }
    Path sockets = Places.of(System.getenv()).runDirectory();
    if (Files.isDirectory(sockets)) {
      try (DirectoryStream<Path> own = Files.newDirectoryStream(sockets, id + "*")) {
        own.forEach(socket -> files.add(socket.toString()));
      }
    }
    try (Stream<Path> entries = Files.list(Path.of("/tmp"))) {
      entries.map(Path::toString).filter(LifecycleTest::isOfADaemon).forEach(files::add);
    }
    return files;
  }

  private static boolean isOfADaemon(String name) {
    return Stream.of(
            "emberfs-mount.",
            "emberfs-crash-",
            "librocksdb",
            "liblz4",
            "libzstd",
            "libsnappyjava",
            "hs_err")
        .anyMatch(name::contains);
  }
}
