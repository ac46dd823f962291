package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same on every way to the kernel: what programs do, and how a mount ends. */
@RealMount
@ExtendWith(UringParameter.class)
final class TransportsTest {
  private static final int FILE_SIZE = 3_000_001;
  private static final Duration END_MAX = Duration.ofSeconds(20);

  /** Ways to the kernel; where the kernel has no rings, {@code auto} is tried in their place. */
  enum Transport {
    DEV("dev", "dev"),
    URING(UringParameter.isThere() ? "uring" : "auto", UringParameter.isThere() ? "uring" : "dev"),
    JNR("jnr", "jnr");

    private final String asked;
    private final String given;

    Transport(String asked, String given) {
      this.asked = asked;
      this.given = given;
    }

    /** Mounts with it, every read reaching the daemon. */
    Mount mount(Rig rig, String... options) throws Exception {
      List<String> all = new ArrayList<>(List.of(options));
      all.addAll(List.of("--transport", asked, "--kernel-cache", "off"));
      Mount mount = rig.mount(all.toArray(String[]::new));
      assertThat(mount.stats().tree().get("transport")).isEqualTo(given);
      return mount;
    }
  }

  /** Ends with the names and contents of the tree; a name that is no text is among them. */
  private static final String WORK =
      """
      mkdir -p tree/a/b
      head -c 3000001 /dev/urandom > tree/a/large
      cmp tree/a/large "$BACKING/tree/a/large"
      echo text > tree/a/b/text
      ln -s a tree/link
      ln tree/a/large tree/hard
      ln -s "$(printf 'x%.0s' $(seq 4000))" tree/far
      [ "$(stat -c '%h %i' tree/hard)" = "$(stat -c '%h %i' tree/a/large)" ]
      [ "$(stat -c %h tree/hard)" = 2 ]
      [ "$(readlink tree/link)" = a ]
      cp -a tree copy
      diff -r --no-dereference tree copy
      for i in $(seq 300); do echo $i > copy/file$i; done
      [ "$(ls copy | wc -l)" = 304 ]
      mv copy/file1 copy/file2
      [ "$(cat copy/file2)" = 1 ]
      [ ! -e copy/file1 ]
      mv copy/a moved
      cmp moved/large tree/hard
      [ ! -e copy/a/large ]
      odd="$(printf 'odd\\377\\376')"
      echo bytes > "copy/$odd"
      [ "$(cat "copy/$odd")" = bytes ]
      [ "$(cat "$BACKING/copy/$odd")" = bytes ]
      truncate -s 100 moved/large
      [ "$(stat -c %s moved/large)" = 100 ]
      echo more >> moved/large
      [ "$(stat -c %s moved/large)" = 105 ]
      chmod 640 moved/large
      touch -d @5.123456789 moved/large
      touch -a -d @7.5 moved/large
      [ "$(stat -c '%a %.Y %.X' moved/large)" = "640 5.123456789 7.500000000" ]
      chown 1234:5678 moved/large
      [ "$(stat -c '%u:%g' moved/large)" = 1234:5678 ]
      mkfifo copy/fifo
      [ "$(stat -c %F copy/fifo "$BACKING/copy/fifo")" = "$(printf 'fifo\\nfifo')" ]
      rm copy/fifo
      python3 - <<'END'
      import os
      f = "moved/large"
      os.setxattr(f, "user.small", b"v"); os.setxattr(f, "user.large", b"w" * 3000)
      assert os.getxattr(f, "user.large") == b"w" * 3000
      assert sorted(os.listxattr(f)) == ["user.large", "user.small"]
      os.removexattr(f, "user.small")
      assert os.listxattr(f) == ["user.large"]
      fd = os.open(f, os.O_RDWR)
      os.posix_fallocate(fd, 0, 9000); os.fsync(fd)
      assert os.fstat(fd).st_size == 9000
      fd = os.open("gone", os.O_RDWR | os.O_CREAT)
      os.write(fd, b"kept"); os.unlink("gone")
      assert os.pread(fd, 9, 0) == b"kept"
      os.ftruncate(fd, 2)
      assert os.pread(fd, 9, 0) == b"ke"
      END
      rm -r tree copy/file9*
      diff -r --no-dereference . "$BACKING"
      """;

  @ParameterizedTest
  @EnumSource
  void programsFindWhatTheyWroteAndTheBackingHasIt(Transport transport, Rig rig) throws Exception {
    Mount mount = transport.mount(rig);
    script(mount, rig, WORK).succeeded();
    assertThat(mount.stats().count("fuse.handlerErrors")).isZero();
    assertThat(mount.stats().count("fuse.doubleAnswers")).isZero();
    String seen = script(mount, rig, "find . | sort | od -An -c").succeeded().out();
    mount.umount();
    assertThat(Program.of("bash", "-c", "find . | sort | od -An -c").in(rig.backing()).run().out())
        .isEqualTo(seen);
    assertThat(rig.mountPoint()).isEmptyDirectory();
  }

  @ParameterizedTest
  @EnumSource
  void fioVerifiesWhatItWroteAtRandom(Transport transport, Rig rig) throws Exception {
    Mount mount = transport.mount(rig);
    Program.of(
            "fio",
            "--name=verified",
            "--directory=" + mount.path(),
            "--ioengine=psync",
            "--rw=randrw",
            "--bsrange=1k-300k",
            "--size=24m",
            "--numjobs=2",
            "--invalidate=0",
            "--verify=crc32c",
            "--verify_fatal=1",
            "--verify_state_save=0")
        .in(rig.newDirectory("fio"))
        .run()
        .succeeded();
    Program.of("cmp", "verified.0.0", rig.backing().resolve("verified.0.0").toString())
        .in(mount.path())
        .run()
        .succeeded();
    mount.umount();
  }

  @ParameterizedTest
  @EnumSource
  void aKilledMountIsMountedAgainWarmAndRight(Transport transport, Rig rig) throws Exception {
    byte[] bytes = new byte[FILE_SIZE];
    new Random(11).nextBytes(bytes);
    Files.write(rig.backing().resolve("f"), bytes);
    Waiting.untilFilesAreOld();
    Mount mount = transport.mount(rig, "--ssd", "64M");
    assertThat(Files.readAllBytes(mount.path().resolve("f"))).isEqualTo(bytes);
    await("blocks on the SSD tier")
        .atMost(END_MAX)
        .until(() -> mount.stats().count("tiers.ssd.blocks") >= FILE_SIZE / 65536);
    // What is younger than about three seconds may be lost with the daemon.
    Waiting.untilFilesAreOld();
    mount.kill();
    Mount second = transport.mount(rig, "--ssd", "64M");
    assertThat(second.restoredBlocks()).isPositive();
    assertThat(Files.readAllBytes(second.path().resolve("f"))).isEqualTo(bytes);
    assertThat(second.stats().hitBlocks()).isPositive();
    second.umount();
    assertThat(rig.mountPoint()).isEmptyDirectory();
  }

  @ParameterizedTest
  @EnumSource
  void aKilledDaemonLetsItsReadersGoAndTheNextMountServes(Transport transport, Rig rig)
      throws Exception {
    Files.write(rig.backing().resolve("f"), new byte[FILE_SIZE]);
    Mount mount = transport.mount(rig, "--delay-backing", "5s");
    Process reader =
        Program.of("cat", "f").in(mount.path()).start(Path.of("/dev/null"), Path.of("/dev/null"));
    await("a read that waits for the backing")
        .atMost(END_MAX)
        .until(() -> reader.isAlive() && isWaitingInTheKernel(reader.pid()));
    mount.kill();
    await("end of the reader").atMost(END_MAX).until(() -> !reader.isAlive());
    assertThat(reader.exitValue()).isNotZero();
    Mount second = transport.mount(rig);
    assertThat(Files.readAllBytes(second.path().resolve("f"))).hasSize(FILE_SIZE);
    second.umount();
  }

  @ParameterizedTest
  @EnumSource
  void aChangeBehindTheMountIsSeenWithinItsTime(Transport transport, Rig rig) throws Exception {
    Path directory = Files.createDirectories(rig.backing().resolve("d/e"));
    Files.writeString(directory.resolve("f"), "old");
    Mount mount = transport.mount(rig, "--attr-ttl", "1s");
    Path seen = mount.path().resolve("d/e/f");
    assertThat(Files.readString(seen)).isEqualTo("old");
    Files.writeString(directory.resolve("g"), "newer");
    Files.move(directory.resolve("g"), directory.resolve("f"), StandardCopyOption.REPLACE_EXISTING);
    Files.move(rig.backing().resolve("d"), rig.backing().resolve("was"));
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("f"), "another");
    await("the new file")
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> {
          assertThat(Files.readString(seen)).isEqualTo("another");
          assertThat(Files.readString(mount.path().resolve("was/e/f"))).isEqualTo("newer");
        });
    mount.umount();
  }

  @ParameterizedTest
  @EnumSource
  void onlyOneWayLoadsALibrary(Transport transport, Rig rig) throws Exception {
    Mount mount = transport.mount(rig);
    String maps =
        new String(
            Files.readAllBytes(Path.of("/proc/" + mount.pid() + "/maps")), StandardCharsets.UTF_8);
    assertThat(maps.contains("libfuse.so.2")).isEqualTo(transport == Transport.JNR);
    assertThat(maps.contains("jffi")).isEqualTo(transport == Transport.JNR);
    mount.umount();
  }

  private static Program.Outcome script(Mount mount, Rig rig, String text) throws Exception {
    return Program.of("bash", "-ec", text)
        .in(mount.path())
        .with("BACKING", rig.backing().toString())
        .run();
  }

  private static boolean isWaitingInTheKernel(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    return "SD".indexOf(stat.charAt(stat.lastIndexOf(')') + 2)) >= 0;
  }
}
