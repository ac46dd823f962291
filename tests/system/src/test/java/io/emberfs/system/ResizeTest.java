package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.system.TreeSnapshot.Parts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Budgets of tiers change while somebody reads, and what is read stays right. */
@RealMount
final class ResizeTest {
  private static final int USAGE = 2;
  private static final long MEGABYTE = 1 << 20;
  private static final int FILE_SIZE = 100 << 20;

  @Test
  void bytesStayRightWhileTiersShrinkVanishAndGrow(Rig rig) throws Exception {
    Path tree = rig.backing();
    SeededTree.fill(tree, Fixtures.seed(), 100, 40, 30, 20);
    TreeSnapshot truth = TreeSnapshot.of(tree);
    Waiting.untilFilesAreOld();
    Mount mount =
        rig.mountOf(
            tree,
            rig.stateDirectory(),
            "--ram",
            "64M",
            "--ram-max",
            "128M",
            "--ssd",
            "128M",
            "--kernel-cache",
            "off");
    AtomicBoolean isOver = new AtomicBoolean();
    CompletableFuture<Integer> rounds =
        CompletableFuture.supplyAsync(() -> compareUntil(isOver, mount, truth));
    for (int round = 0; round < 2; round++) {
      for (int megabytes : List.of(128, 16, 0, 100, 32)) {
        resize(mount, "--ram", megabytes);
        assertBudget(mount, "ram", megabytes);
      }
      for (int megabytes : List.of(64, 0, 128)) {
        resize(mount, "--ssd", megabytes);
        assertBudget(mount, "ssd", megabytes);
      }
    }
    isOver.set(true);
    assertThat(rounds.get()).as("rounds compared").isPositive();
    assertThat(mount.stats().count("integrity.checksumFailures")).isZero();
  }

  @Test
  void aSmallerBudgetIsLessMemoryOfTheProcess(Rig rig) throws Exception {
    Path tree = rig.backing();
    byte[] bytes = new byte[FILE_SIZE];
    new Random(3).nextBytes(bytes);
    Files.write(tree.resolve("f"), bytes);
    // What is read of a file that was just changed does not stay.
    Waiting.untilFilesAreOld();
    Mount mount =
        rig.mountOf(
            tree, rig.stateDirectory(), "--ram", "128M", "--ssd", "0", "--kernel-cache", "off");
    assertThat(Files.readAllBytes(mount.path().resolve("f"))).isEqualTo(bytes);
    assertThat(mount.stats().count("tiers.ram.usedBytes")).isGreaterThan(90 * MEGABYTE);
    long before = residentBytes(mount);
    resize(mount, "--ram", 16);
    assertThat(before - residentBytes(mount)).as("given back").isGreaterThan(60 * MEGABYTE);
  }

  @Test
  void whatWasNotReservedIsRefusedAndNothingChanges(Rig rig) throws Exception {
    Mount mount = rig.mountOf(rig.backing(), rig.stateDirectory(), "--ram", "64M", "--ssd", "0");
    assertRefused(mount, "--ram-max 128M", "--ram", "128M");
    assertRefused(mount, "give at least ", "--ram", "4096");
    assertRefused(mount, "without that tier", "--ssd", "64M");
    assertRefused(mount, "no size is given");
    assertThat(mount.stats().count("tiers.ram.capacityBytes")).isEqualTo(64 * MEGABYTE);
  }

  private static int compareUntil(AtomicBoolean isOver, Mount mount, TreeSnapshot truth) {
    try {
      int rounds = 0;
      do {
        assertThat(TreeSnapshot.of(mount.path()).differences(truth, Parts.ALL)).isEmpty();
        rounds++;
      } while (!isOver.get());
      return rounds;
    } catch (Exception failed) {
      throw new IllegalStateException(failed);
    }
  }

  private static void resize(Mount mount, String option, int megabytes) throws Exception {
    Emberfs.run("resize", mount.path().toString(), option, megabytes == 0 ? "off" : megabytes + "M")
        .succeeded();
  }

  private static void assertBudget(Mount mount, String tier, int megabytes) throws Exception {
    Stats stats = mount.stats();
    assertThat(stats.count("tiers." + tier + ".capacityBytes")).isEqualTo(megabytes * MEGABYTE);
    if (megabytes > 0) {
      assertThat(stats.count("tiers." + tier + ".usedBytes"))
          .isLessThanOrEqualTo(megabytes * MEGABYTE);
    } else {
      assertThat(stats.count("tiers." + tier + ".blocks")).isZero();
    }
  }

  private static void assertRefused(Mount mount, String reason, String... options)
      throws Exception {
    List<String> arguments = new ArrayList<>(List.of("resize", mount.path().toString()));
    arguments.addAll(List.of(options));
    Program.Outcome outcome = Emberfs.run(arguments);
    assertThat(outcome.exitCode()).isEqualTo(USAGE);
    assertThat(outcome.err()).contains(reason).contains("fix: ");
  }

  private static long residentBytes(Mount mount) throws IOException {
    return Files.readAllLines(Path.of("/proc", "" + mount.pid(), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
        .findFirst()
        .orElseThrow();
  }
}
