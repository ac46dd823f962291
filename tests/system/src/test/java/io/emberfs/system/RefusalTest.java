package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.system.Program.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What cannot be done is refused in two lines, what and why and how to mend it, with its exit code,
 * and nothing is changed.
 */
@RealMount
final class RefusalTest {
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int NOT_MOUNTED = 4;
  private static final int BUSY = 5;
  private static final int UNAVAILABLE = 69;
  private static final int PERMISSION = 77;
  private static final int CONFIGURATION = 78;

  /**
   * Places that a mount must refuse; each prepares itself and gives backing, mount point and state
   * directory.
   */
  enum Place {
    BACKING_MISSING(FAILED) {
      @Override
      List<Path> prepare(Rig rig) {
        return List.of(rig.backing().resolve("absent"), rig.mountPoint(), rig.stateDirectory());
      }
    },
    BACKING_IS_AN_EMPTY_TEXT(USAGE) {
      @Override
      List<Path> prepare(Rig rig) {
        return List.of(Path.of(""), rig.mountPoint(), rig.stateDirectory());
      }
    },
    BACKING_IS_A_FILE(FAILED) {
      @Override
      List<Path> prepare(Rig rig) throws IOException {
        Path file = Files.writeString(rig.backing().resolve("file"), "x");
        return List.of(file, rig.mountPoint(), rig.stateDirectory());
      }
    },
    MOUNT_POINT_MISSING(FAILED) {
      @Override
      List<Path> prepare(Rig rig) {
        return List.of(rig.backing(), rig.mountPoint().resolve("absent"), rig.stateDirectory());
      }
    },
    MOUNT_POINT_IS_A_FILE(FAILED) {
      @Override
      List<Path> prepare(Rig rig) throws IOException {
        Path file = Files.writeString(rig.mountPoint().resolve("file"), "x");
        return List.of(rig.backing(), file, rig.stateDirectory());
      }
    },
    MOUNT_POINT_NOT_EMPTY(FAILED) {
      @Override
      List<Path> prepare(Rig rig) throws IOException {
        Files.writeString(rig.mountPoint().resolve("file"), "x");
        return List.of(rig.backing(), rig.mountPoint(), rig.stateDirectory());
      }
    },
    MOUNT_POINT_BELOW_THE_BACKING(FAILED) {
      @Override
      List<Path> prepare(Rig rig) throws IOException {
        Path below = Files.createDirectory(rig.backing().resolve("below"));
        return List.of(rig.backing(), below, rig.stateDirectory());
      }
    },
    MOUNT_POINT_IS_THE_BACKING(FAILED) {
      @Override
      List<Path> prepare(Rig rig) {
        return List.of(rig.backing(), rig.backing(), rig.stateDirectory());
      }
    },
    BACKING_BELOW_THE_MOUNT_POINT(FAILED) {
      @Override
      List<Path> prepare(Rig rig) throws IOException {
        Path below = Files.createDirectory(rig.mountPoint().resolve("below"));
        return List.of(below, rig.mountPoint(), rig.stateDirectory());
      }
    },
    STATE_DIRECTORY_BELOW_THE_MOUNT_POINT(FAILED) {
      @Override
      List<Path> prepare(Rig rig) {
        return List.of(rig.backing(), rig.mountPoint(), rig.mountPoint().resolve("state"));
      }
    },
    STATE_DIRECTORY_BELOW_THE_BACKING(FAILED) {
      @Override
      List<Path> prepare(Rig rig) {
        return List.of(rig.backing(), rig.mountPoint(), rig.backing().resolve("state"));
      }
    },
    STATE_DIRECTORY_BEHIND_A_LINK_BELOW_THE_BACKING(FAILED) {
      @Override
      List<Path> prepare(Rig rig) throws IOException {
        Path link = Files.createSymbolicLink(rig.stateDirectory(), rig.backing());
        return List.of(rig.backing(), rig.mountPoint(), link.resolve("state"));
      }
    },
    STATE_DIRECTORY_OPEN_TO_OTHERS(PERMISSION) {
      @Override
      List<Path> prepare(Rig rig) throws IOException {
        Path open = Files.createDirectory(rig.stateDirectory());
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        return List.of(rig.backing(), rig.mountPoint(), open);
      }
    },
    STATE_DIRECTORY_OF_ANOTHER_USER(PERMISSION) {
      @Override
      List<Path> prepare(Rig rig) throws IOException {
        Path foreign = Files.createDirectory(rig.stateDirectory());
        Files.setPosixFilePermissions(foreign, PosixFilePermissions.fromString("rwx------"));
        Files.setAttribute(foreign, "unix:uid", 54321);
        return List.of(rig.backing(), rig.mountPoint(), foreign);
      }
    };

    private final int exitCode;

    Place(int exitCode) {
      this.exitCode = exitCode;
    }

    abstract List<Path> prepare(Rig rig) throws IOException;
  }

  @ParameterizedTest
  @EnumSource
  void aPlaceThatCannotBeIsRefused(Place place, Rig rig) throws Exception {
    List<Path> paths = place.prepare(rig);
    assertRefused(rig, place.exitCode, Rig.mountCommand(paths.get(0), paths.get(1), paths.get(2)));
  }

  @ParameterizedTest
  @CsvSource({
    "--ram 64X",
    "--ram 1K",
    "--ram 900T",
    "--ram -5",
    "--ssd 1M",
    "--ssd 9000T",
    "--ssd much",
    "--vram 4G",
    "--block-size 5000",
    "--block-size 2K",
    "--block-size 4M",
    "--compress rar",
    "--compress zstd:20",
    "--policy best",
    "--prefetch maybe",
    "--write sideways",
    "--max-dirty 1K",
    "--flush-age never",
    "--backing mine",
    "--kernel-cache perhaps",
    "--attr-ttl soon",
    "--attr-ttl -1s",
    "--transport pigeon",
    "--xattr 1",
    "--acl 1",
    "--warm hot",
    "--wait never",
    "-o nonsense",
    "--no-such-option",
    "--ram"
  })
  void anOptionThatMakesNoSenseIsRefused(String option, Rig rig) throws Exception {
    assertRefused(
        rig,
        USAGE,
        Rig.mountCommand(rig.backing(), rig.mountPoint(), rig.stateDirectory(), option.split(" ")));
  }

  @ParameterizedTest
  @CsvSource({
    "frobnicate",
    "mount",
    "mount onlyone",
    "umount",
    "stats",
    "drop",
    "fsck",
    "replay",
    "replay show",
    "replay rewind"
  })
  void aCommandThatIsNotOneIsRefused(String command, Rig rig) throws Exception {
    assertRefused(rig, USAGE, Arrays.asList(command.split(" ")));
  }

  @ParameterizedTest
  @CsvSource({"umount", "stats", "drop"})
  void aCommandForAMountThatIsNotThereIsRefused(String verb, Rig rig) throws Exception {
    assertRefused(rig, NOT_MOUNTED, List.of(verb, rig.mountPoint().toString()));
    assertRefused(rig, NOT_MOUNTED, List.of(verb, rig.mountPoint().resolve("absent").toString()));
  }

  @Test
  void aSecondMountOnTheSamePlacesIsRefused(Rig rig) throws Exception {
    Mount mount = rig.mount();
    Path otherPoint = rig.newDirectory("other-mount-point");
    Path otherState = rig.newDirectory("other-state");
    assertRefusedText(
        BUSY, Emberfs.run(Rig.mountCommand(rig.backing(), rig.mountPoint(), otherState)));
    assertRefusedText(
        BUSY, Emberfs.run(Rig.mountCommand(rig.backing(), otherPoint, rig.stateDirectory())));
    assertRefusedText(
        USAGE, Emberfs.run("drop", rig.mountPoint().toString(), "--tier", "nonsense"));
    assertThat(otherPoint).isEmptyDirectory();
    mount.umount();
  }

  @Test
  void aStateDirectoryOfAnotherBackingIsRefused(Rig rig) throws Exception {
    rig.mount().umount();
    assertRefused(
        rig,
        CONFIGURATION,
        Rig.mountCommand(
            rig.newDirectory("other-backing"), rig.mountPoint(), rig.stateDirectory()));
  }

  @Test
  void withoutTheFuseDeviceAMountIsRefused(Rig rig) throws Exception {
    List<String> mount = Rig.mountCommand(rig.backing(), rig.mountPoint(), rig.stateDirectory());
    List<String> command =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-e",
                "-c",
                "mount -t tmpfs none /dev; for d in null:3 zero:5 random:8 urandom:9; do"
                    + " mknod -m 666 /dev/${d%:*} c 1 ${d#*:}; done; ln -s /proc/self/fd /dev/fd;"
                    + " exec \"$@\"",
                "sh",
                Emberfs.launcherPath()));
    command.addAll(mount);
    String before = listing(rig);
    assertRefusedText(UNAVAILABLE, Program.of(command).run());
    assertThat(listing(rig)).isEqualTo(before);
  }

  private static void assertRefused(Rig rig, int exitCode, List<String> command)
      throws IOException, InterruptedException {
    String before = listing(rig);
    assertRefusedText(exitCode, Emberfs.run(command));
    assertThat(listing(rig)).as("nothing was changed").isEqualTo(before);
    assertThat(SystemTables.mountPointsBelow(rig.mountPoint())).as("nothing mounted").isEmpty();
  }

  private static void assertRefusedText(int exitCode, Outcome refused) {
    assertThat(refused.exitCode()).as("exit code; %s", refused.err()).isEqualTo(exitCode);
    assertThat(refused.err()).matches("emberfs: [^\n]+: [^\n]+\nfix: [^\n]+\n");
    assertThat(refused.out()).isEmpty();
  }

  /** Every name below the rig with its mode, size and time of change. */
  private static String listing(Rig rig) throws IOException, InterruptedException {
    Path parent = rig.backing().getParent();
    String all = Program.succeed("find", String.valueOf(parent), "-printf", "%p %m %s %T@\n");
    try (Stream<String> lines = all.lines().sorted()) {
      return String.join("\n", lines.toList());
    }
  }
}
