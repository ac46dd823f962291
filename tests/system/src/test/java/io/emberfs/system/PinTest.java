package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.emberfs.app.control.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Pinned files stay in a tier, whatever else is read, until they are unpinned. */
@RealMount
final class PinTest {
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int NOT_MOUNTED = 4;
  private static final int MEGABYTE = 1 << 20;
  private static final int PINNED_BYTES = 4 * MEGABYTE;
  private static final int SCANNED_BYTES = 100 * MEGABYTE;

  /** More blocks than there are in the files that come first. */
  private static final long EVICTIONS_MIN = 100;

  /** Their names alone would fit a request, what stands around each would not. */
  private static final int MANY_PATHS = 3000;

  private static final Duration SCANS_MAX = Duration.ofMinutes(2);
  private static final Duration ROUND_MAX = Duration.ofSeconds(30);

  /** A third of what is scanned. */
  private static final String RAM = "32M";

  @Test
  void aPinnedFileIsServedFromRamAfterAScanAndAnUnpinnedOneIsNot(Rig rig) throws Exception {
    fill(rig.backing());
    Mount mount = mount(rig, "--policy", "lru", "--ssd", "0");
    Path file = mount.path().resolve("pinned");
    String table =
        Emberfs.run("pin", file.toString(), mount.path().resolve("d").toString()).succeeded().out();
    assertThat(table).contains("4M", file.toString(), "with space");

    scan(mount);
    assertThat(backingBytesOfReading(mount, file)).as("pinned").isZero();
    assertThat(backingBytesOfReading(mount, mount.path().resolve("d/e/with space"))).isZero();
    assertThat(mount.stats().count("tiers.ram.heldBytes")).isPositive();
    assertThat(mount.stats().count("tiers.ram.usedBytes")).isLessThanOrEqualTo(32L * MEGABYTE);

    assertThat(Emberfs.run("unpin", file.toString()).succeeded().out())
        .isEqualTo("unpinned 1 file, 4M\n");
    scan(mount);
    assertThat(backingBytesOfReading(mount, file)).as("unpinned").isPositive();
    assertThat(pins(mount)).as("the directory's").hasSize(1);
  }

  @Test
  void moreThanHalfOfATierIsRefusedUnlessForced(Rig rig) throws Exception {
    fill(rig.backing());
    Mount mount = mount(rig, "--ssd", "0");
    Path large = mount.path().resolve("large");
    assertRefused(USAGE, "would be pinned", "give --force", "pin", large.toString());
    assertThat(pins(mount)).isEmpty();

    Emberfs.run("pin", large.toString(), "--force").succeeded();
    scan(mount);
    assertThat(backingBytesOfReading(mount, large)).isZero();
    Path scanned = mount.path().resolve("scanned");
    assertRefused(USAGE, "would be pinned", "unpin", "pin", scanned.toString(), "--force");
    assertRefused(USAGE, "no such tier", "--tier", "pin", scanned.toString(), "--tier", "ssd");
    Path none = mount.path().resolve("none");
    assertRefused(FAILED, "no file or directory", "paths", "pin", none.toString());
    assertRefused(NOT_MOUNTED, "no mount", "status", "pin", rig.backing().toString());
    assertThat(pins(mount)).hasSize(1);
  }

  @Test
  void pinsOutliveARestartAndAKill(Rig rig) throws Exception {
    fill(rig.backing());
    // Without a tier below: what is not held in RAM is read from the backing.
    Mount mount = mount(rig, "--ssd", "0");
    Path file = mount.path().resolve("pinned");
    Emberfs.run("pin", file.toString()).succeeded();
    mount.umount();

    Mount second = mount(rig, "--ssd", "0");
    assertThat(pins(second)).hasSize(1);
    Files.readAllBytes(file);
    scan(second);
    assertThat(backingBytesOfReading(second, file)).as("after a restart").isZero();

    second.kill();
    assertRefused(NOT_MOUNTED, "is a dead mount", "umount", "pin", file.toString());
    Mount third = mount(rig, "--ssd", "0");
    assertThat(pins(third)).as("after a kill").hasSize(1);
    Files.readAllBytes(file);
    scan(third);
    assertThat(ramBytes(third)).isEqualTo(PINNED_BYTES);
    assertThat(backingBytesOfReading(third, file)).isZero();
  }

  @Test
  void aFilePinnedOnTheSsdStaysThereThroughAScan(Rig rig) throws Exception {
    fill(rig.backing());
    Mount mount = mount(rig, "--ssd", "64M");
    Path file = mount.path().resolve("pinned");
    Emberfs.run("pin", file.toString(), "--tier", "ssd").succeeded();
    Path notPinned = mount.path().resolve("d/e/with space");
    Files.readAllBytes(notPinned);
    Files.readAllBytes(mount.path().resolve("large"));
    // What a scan takes through RAM faster than it is handed down never gets to the SSD.
    await()
        .atMost(SCANS_MAX)
        .pollDelay(Duration.ZERO)
        .until(() -> {
          scan(mount);
          return mount.stats().count("tiers.ssd.evictions") > EVICTIONS_MIN;
        });
    mount.drop("ram");
    assertThat(backingBytesOfReading(mount, file)).as("from the SSD").isZero();
    assertThat(backingBytesOfReading(mount, notPinned)).as("not pinned").isPositive();
  }

  @Test
  void morePathsThanARequestHoldsAreRefusedAndNothingIsPinned(Rig rig) throws Exception {
    fill(rig.backing());
    Mount mount = mount(rig, "--ssd", "0");
    List<String> arguments = new ArrayList<>(List.of("pin"));
    for (int i = 0; i < MANY_PATHS; i++) {
      Files.createFile(rig.backing().resolve("empty-" + i));
      arguments.add(mount.path().resolve("empty-" + i).toString());
    }
    assertRefused(USAGE, "longer than", "directory", arguments.toArray(String[]::new));
    assertThat(pins(mount)).isEmpty();
  }

  @Test
  void aFileThatWasJustWrittenIsBroughtInAllTheSame(Rig rig) throws Exception {
    fill(rig.backing());
    Mount mount = mount(rig, "--ssd", "0");
    Path file = mount.path().resolve("pinned");
    Files.write(rig.backing().resolve("pinned"), bytes(5, PINNED_BYTES));
    Emberfs.run("pin", file.toString()).succeeded();
    assertThat(ramBytes(mount)).isEqualTo(PINNED_BYTES);
    assertThat(backingBytesOfReading(mount, file)).isZero();
  }

  @Test
  void thePinOfAFileThatIsGoneIsDroppedAndItsBytesAreNeverWrong(Rig rig) throws Exception {
    fill(rig.backing());
    Mount mount = mount(rig);
    Path file = mount.path().resolve("pinned");
    Emberfs.run("pin", file.toString(), "--tier", "ram").succeeded();
    byte[] other = bytes(9, PINNED_BYTES);
    Files.write(file, other);
    assertThat(Files.readAllBytes(file)).isEqualTo(other);
    byte[] behind = bytes(10, PINNED_BYTES / 2);
    Files.write(rig.backing().resolve("pinned"), behind);
    await()
        .atMost(ROUND_MAX)
        .untilAsserted(() -> assertThat(Files.readAllBytes(file)).isEqualTo(behind));
    Files.delete(file);
    await().atMost(ROUND_MAX).untilAsserted(() -> assertThat(pins(mount)).isEmpty());
  }

  private static Mount mount(Rig rig, String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("--ram", RAM, "--kernel-cache", "off", "--compress", "off"));
    return rig.mount(all.toArray(String[]::new));
  }

  private static void fill(Path backing) throws Exception {
    Files.write(backing.resolve("pinned"), bytes(1, PINNED_BYTES));
    Files.write(backing.resolve("large"), bytes(2, 20 * MEGABYTE));
    Files.write(backing.resolve("scanned"), bytes(3, SCANNED_BYTES));
    Files.createDirectories(backing.resolve("d/e"));
    Files.write(backing.resolve("d/e/with space"), bytes(4, MEGABYTE + 17));
    Files.createSymbolicLink(backing.resolve("d/link"), Path.of("../large"));
    // What is read of a file that was just changed does not stay.
    Waiting.untilFilesAreOld();
  }

  private static byte[] bytes(int seed, int count) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static void scan(Mount mount) throws IOException {
    assertThat(Files.readAllBytes(mount.path().resolve("scanned"))).hasSize(SCANNED_BYTES);
  }

  private static long backingBytesOfReading(Mount mount, Path file) throws Exception {
    long before = mount.stats().backingReadBytes();
    Files.readAllBytes(file);
    return mount.stats().backingReadBytes() - before;
  }

  private static List<?> pins(Mount mount) throws Exception {
    String line = Emberfs.run("pin", "--list", mount.path().toString(), "--json").succeeded().out();
    if (Json.read(line.strip()) instanceof List<?> pins) {
      return pins;
    }
    throw new AssertionError("pin --list --json printed: " + line);
  }

  /** Of the only pin. */
  private static long ramBytes(Mount mount) throws Exception {
    if (pins(mount).getFirst() instanceof Map<?, ?> pin
        && pin.get("cachedBytes") instanceof Map<?, ?> cached
        && cached.get("ram") instanceof Number bytes) {
      return bytes.longValue();
    }
    throw new AssertionError("no cached bytes in RAM: " + pins(mount));
  }

  private static void assertRefused(int exitCode, String why, String fix, String... arguments)
      throws Exception {
    Program.Outcome outcome = Emberfs.run(arguments);
    assertThat(outcome.exitCode()).as(outcome.err()).isEqualTo(exitCode);
    assertThat(outcome.err()).contains(why).contains("fix: ").contains(fix);
    assertThat(outcome.out()).isEmpty();
  }
}
