package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.emberfs.app.control.Json;
import io.emberfs.system.TreeSnapshot.Parts;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bits turn in the files of the SSD tier of a mount that is in use. */
@RealMount
final class ScrubTest {
  private static final String[] OPTIONS = {
    "--ram", "64M", "--ssd", "256M", "--kernel-cache", "off"
  };
  private static final int FILE_COUNT = 60;
  private static final int[] LARGE_MEGABYTES = {6, 5};
  private static final int FLIPS = 6;
  private static final int OK = 0;
  private static final int FOUND_PROBLEMS = 3;
  private static final int TIMED_OUT = 6;
  private static final Duration HAND_DOWN_MAX = Duration.ofSeconds(60);

  private TreeSnapshot truth;
  private Mount mount;

  @BeforeEach
  void readEverything(Rig rig) throws Exception {
    SeededTree.fill(rig.backing(), Fixtures.seed(), FILE_COUNT, LARGE_MEGABYTES);
    truth = TreeSnapshot.of(rig.backing());
    Waiting.untilFilesAreOld();
    mount = rig.mountOf(rig.backing(), rig.stateDirectory(), OPTIONS);
    assertRight("cold");
    await("blocks in the files of the SSD tier")
        .atMost(HAND_DOWN_MAX)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> isOnDisk(rig));
  }

  @Test
  void turnedBitsAreFoundRepairedFromRamAndNeverRead(Rig rig) throws Exception {
    Seeds.check(random -> {
      Map<?, ?> before = scrub(OK);
      assertThat(number(before, "bad")).isZero();
      assertThat(number(tier(before, "ssd"), "good")).isGreaterThanOrEqualTo(truth.blockCount());
      assertThat(number(tier(before, "ram"), "good")).isGreaterThanOrEqualTo(truth.blockCount());
      flipBits(rig, random);

      Map<?, ?> found = scrub(FOUND_PROBLEMS);

      long bad = number(tier(found, "ssd"), "bad");
      assertThat(bad).as("%s", found).isBetween(1L, (long) FLIPS);
      assertThat(number(tier(found, "ssd"), "repaired")).as("%s", found).isEqualTo(bad);
      assertThat(number(tier(found, "ram"), "bad")).as("%s", found).isZero();
      assertRight("repaired");
      await("repaired blocks back on the SSD")
          .atMost(HAND_DOWN_MAX)
          .until(() -> mount.stats().count("tiers.ssd.blocks") >= truth.blockCount());
      assertThat(number(scrub(OK), "bad")).isZero();
      mount.drop("ram");
      assertRight("from the SSD");
      Stats stats = mount.stats();
      assertThat(stats.count("integrity.checksumFailures")).isEqualTo(bad);
      assertThat(stats.count("integrity.repairedBlocks")).isEqualTo(bad);
      assertThat(stats.count("integrity.scrubbedBlocks")).isPositive();
      assertThat(stats.count("tiers.ssd.quarantined")).isZero();
      mount.umount();
    });
  }

  @Test
  void aDeviceThatKeepsFailingIsPutInQuarantineAndNoByteIsWrong(Rig rig) throws Exception {
    for (Path file : blobFiles(rig)) {
      Files.write(file, new byte[(int) Files.size(file)]);
    }
    mount.drop("ram");

    Program.Outcome found = Emberfs.run("scrub", mount.path().toString());

    assertThat(found.exitCode()).as(found.err()).isEqualTo(FOUND_PROBLEMS);
    assertThat(found.out())
        .startsWith("tier")
        .contains("\nram ", "\nssd ", "bad blocks were dropped", "\nssd is out of service");
    assertThat(number(tier(scrub(FOUND_PROBLEMS), "ssd"), "quarantined")).isOne();
    assertThat(mount.stats().count("tiers.ssd.quarantined")).isOne();
    assertThat(Files.readString(rig.stateDirectory().resolve("emberfs.log")))
        .containsOnlyOnce("stops serving and storing until the device works again");
    assertRight("without the SSD tier");
    mount.umount();
  }

  @Test
  void aRoundThatTakesTooLongGoesOnAndIsHurriedByTheNextToAsk() throws Exception {
    Program.Outcome late =
        Emberfs.run("scrub", mount.path().toString(), "--rate", "1", "--timeout", "500ms");
    assertThat(late.exitCode()).as(late.err()).isEqualTo(TIMED_OUT);
    assertThat(late.err()).matches("emberfs: [^\n]+: [^\n]+\nfix: [^\n]+\n");

    assertThat(number(tier(scrub(OK), "ssd"), "good")).isGreaterThanOrEqualTo(truth.blockCount());
    mount.umount();
  }

  private Map<?, ?> scrub(int exitCode) throws IOException, InterruptedException {
    Program.Outcome outcome =
        Emberfs.run("scrub", mount.path().toString(), "--rate", "1G", "--json");
    assertThat(outcome.exitCode()).as(outcome.out() + outcome.err()).isEqualTo(exitCode);
    return (Map<?, ?>) Json.read(outcome.out().strip());
  }

  private void assertRight(String when) throws Exception {
    assertThat(TreeSnapshot.of(mount.path()).differences(truth, Parts.ALL)).as(when).isEmpty();
  }

  private boolean isOnDisk(Rig rig) throws IOException, InterruptedException {
    Stats stats = mount.stats();
    long bytes = 0;
    for (Path file : blobFiles(rig)) {
      bytes += Files.size(file);
    }
    return stats.count("tiers.ssd.blocks") >= truth.blockCount()
        && bytes >= stats.count("tiers.ssd.usedBytes") / 10 * 9;
  }

  private static void flipBits(Rig rig, RandomGenerator random) throws IOException {
    List<Path> files = blobFiles(rig);
    for (int flip = 0; flip < FLIPS; flip++) {
      Path file = files.get(random.nextInt(files.size()));
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        long offset = random.nextLong(channel.size());
        ByteBuffer one = ByteBuffer.allocate(1);
        channel.read(one, offset);
        one.put(0, (byte) (one.get(0) ^ (1 << random.nextInt(Byte.SIZE))));
        channel.write(one.rewind(), offset);
      }
    }
  }

  private static List<Path> blobFiles(Rig rig) throws IOException {
    try (Stream<Path> files = Files.list(rig.stateDirectory().resolve("ssd"))) {
      return files.filter(file -> file.toString().endsWith(".blob")).sorted().toList();
    }
  }

  private static Map<?, ?> tier(Map<?, ?> report, String name) {
    return (Map<?, ?>) ((Map<?, ?>) report.get("tiers")).get(name);
  }

  private static long number(Map<?, ?> branch, String name) {
    return ((Number) branch.get(name)).longValue();
  }
}
