package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.emberfs.app.control.Json;
import io.emberfs.system.TreeSnapshot.Parts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left of a daemon that was killed, as {@code fsck} and {@code replay} tell it. */
@RealMount
final class CrashToolsTest {
  private static final int FILE_COUNT = 40;
  private static final int LARGE_MEGABYTES = 5;
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int FOUND_PROBLEMS = 3;
  private static final int BUSY = 5;
  private static final int PERMISSION = 77;
  private static final Duration HAND_DOWN_MAX = Duration.ofSeconds(60);

  private TreeSnapshot truth;

  @BeforeEach
  void fill(Rig rig) throws Exception {
    SeededTree.fill(rig.backing(), Fixtures.seed(), FILE_COUNT, LARGE_MEGABYTES);
    truth = TreeSnapshot.of(rig.backing());
    Waiting.untilFilesAreOld();
  }

  @Test
  void aKilledDaemonIsRecordedWithWhatItLeftAndAnOrderlyEndIsNot(Rig rig) throws Exception {
    Mount lost = mountAndRead(rig);
    await("blocks on the SSD")
        .atMost(HAND_DOWN_MAX)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> isOnDisk(rig, lost));
    Files.writeString(lost.path().resolve("written"), "before the kill");
    assertRefused(BUSY, "fsck", rig.stateDirectory().toString());
    lost.killAndDetach();
    Map<?, ?> left = fsck(OK, rig);
    assertThat(left.get("notes").toString()).contains("(pid " + lost.pid() + ") did not end");
    long blockCount = number((Map<?, ?>) left.get("checked"), "blocks");
    assertThat(blockCount).isPositive();

    Mount next = mountAndRead(rig);

    Map<?, ?> record = records(rig).getFirst();
    assertThat(number(record, "id")).isOne();
    assertThat(number((Map<?, ?>) record.get("lostRun"), "pid")).isEqualTo(lost.pid());
    assertThat(number((Map<?, ?>) record.get("start"), "pid")).isEqualTo(next.pid());
    assertThat(Emberfs.run("--version").out().strip())
        .endsWith(" " + ((Map<?, ?>) record.get("start")).get("version"));
    assertThat(number(record, "answerMillis")).isNotNegative();
    Map<?, ?> found = (Map<?, ?>) record.get("found");
    assertThat(number(found, "ssdBlocks")).isEqualTo(blockCount);
    assertThat(number(found, "fileRecords"))
        .isEqualTo(number((Map<?, ?>) left.get("checked"), "fileRecords"));
    assertThat(number(found, "warmPiecesDamaged")).isZero();
    String shown = Emberfs.run("replay", "show", "1").succeeded().out();
    assertThat(shown).contains("(pid " + lost.pid(), "ssdBlocks              " + blockCount);
    assertRefused(FAILED, "replay", "show", "2", rig.mountPoint().toString());
    next.umount();
    rig.mount().umount();
    assertThat(records(rig)).isEqualTo(List.of(record));
    assertThat(fsck(OK, rig).get("notes")).isEqualTo(List.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {".blob", ".sst"})
  void aTurnedBitIsFoundTakenOutAndNeverRead(String suffix, Rig rig) throws Exception {
    mountAndRead(rig).umount();
    String whole = contents(rig);
    Map<?, ?> before = (Map<?, ?>) fsck(OK, rig).get("checked");
    assertThat(number(before, "blocks")).isGreaterThanOrEqualTo(truth.blockCount());
    assertThat(contents(rig)).isEqualTo(whole);
    turnABit(rig, suffix);
    String damaged = contents(rig);

    Map<?, ?> found = fsck(FOUND_PROBLEMS, rig);

    assertThat(contents(rig)).isEqualTo(damaged);
    assertThat((List<?>) found.get("problems")).isNotEmpty();
    Map<?, ?> repaired = fsck(OK, rig, "--repair");
    assertThat((List<?>) repaired.get("done")).isNotEmpty();
    Map<?, ?> after = (Map<?, ?>) fsck(OK, rig).get("checked");
    assertThat(number(after, "blocks"))
        .isEqualTo(suffix.equals(".blob") ? number(before, "blocks") - 1 : 0);
    Mount mount = mountAndRead(rig);
    assertThat(mount.stats().count("integrity.checksumFailures")).isZero();
    assertThat(mount.restoredBlocks()).isEqualTo(number(after, "blocks"));
    mount.umount();
    assertThat(records(rig)).isEmpty();
  }

  @Test
  void anotherUsersStateIsNeitherCheckedNorShown(Rig rig) throws Exception {
    rig.mount().umount();
    String before = contents(rig);
    try (OrdinaryUser user = OrdinaryUser.in(rig)) {
      String state = rig.stateDirectory().toString();
      assertRefusedText(PERMISSION, user.emberfs("fsck", state));
      assertRefusedText(PERMISSION, user.emberfs("fsck", state, "--repair"));
      assertRefusedText(PERMISSION, user.emberfs("replay", "list", "--state-dir", state));
    }
    assertThat(contents(rig)).isEqualTo(before);
  }

  private Mount mountAndRead(Rig rig) throws Exception {
    Mount mount = rig.mount("--ssd", "256M", "--kernel-cache", "off");
    TreeSnapshot seen = TreeSnapshot.of(mount.path());
    assertThat(seen.differences(TreeSnapshot.of(rig.backing()), Parts.ALL)).isEmpty();
    return mount;
  }

  private boolean isOnDisk(Rig rig, Mount mount) throws IOException, InterruptedException {
    Stats stats = mount.stats();
    long bytes = 0;
    for (Path file : files(rig, ".blob")) {
      bytes += Files.size(file);
    }
    return stats.count("tiers.ssd.blocks") >= truth.blockCount()
        && bytes >= stats.count("tiers.ssd.usedBytes") / 10 * 9;
  }

  private static Map<?, ?> fsck(int exitCode, Rig rig, String... options) throws Exception {
    List<String> command =
        Stream.concat(
                Stream.of("fsck", rig.stateDirectory().toString(), "--json"), Stream.of(options))
            .toList();
    Program.Outcome outcome = Emberfs.run(command);
    assertThat(outcome.exitCode()).as(outcome.out() + outcome.err()).isEqualTo(exitCode);
    return (Map<?, ?>) Json.read(outcome.out().strip());
  }

  private static List<Map<?, ?>> records(Rig rig) throws Exception {
    String line =
        Emberfs.run("replay", "list", "--state-dir", rig.stateDirectory().toString(), "--json")
            .succeeded()
            .out();
    return ((List<?>) Json.read(line.strip()))
        .stream().<Map<?, ?>>map(record -> (Map<?, ?>) record).toList();
  }

  private static void assertRefused(int exitCode, String... command) throws Exception {
    assertRefusedText(exitCode, Emberfs.run(command));
  }

  private static void assertRefusedText(int exitCode, Program.Outcome refused) {
    assertThat(refused.exitCode()).as(refused.out() + refused.err()).isEqualTo(exitCode);
    assertThat(refused.err()).matches("emberfs: [^\n]+: [^\n]+\nfix: [^\n]+\n");
    assertThat(refused.out()).isEmpty();
  }

  /** In the middle of the largest file of its kind. */
  private static void turnABit(Rig rig, String suffix) throws IOException {
    Path largest = null;
    for (Path file : files(rig, suffix)) {
      largest = largest == null || Files.size(file) > Files.size(largest) ? file : largest;
    }
    try (FileChannel channel =
        FileChannel.open(largest, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, channel.size() / 2);
      one.put(0, (byte) (one.get(0) ^ 16));
      channel.write(one.rewind(), channel.size() / 2);
    }
  }

  private static List<Path> files(Rig rig, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(rig.stateDirectory().resolve("ssd"))) {
      return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    }
  }

  /** Every name with its mode, times and bytes. */
  private static String contents(Rig rig) throws IOException, InterruptedException {
    String state = rig.stateDirectory().toString();
    return Program.succeed("find", state, "-printf", "%p %m %s %T@ %C@\n")
        + Program.succeed("find", state, "-type", "f", "-exec", "sha256sum", "{}", "+");
  }

  private static long number(Map<?, ?> branch, String name) {
    return ((Number) branch.get(name)).longValue();
  }
}
