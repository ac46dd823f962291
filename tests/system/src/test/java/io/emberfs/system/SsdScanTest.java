package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is read once, and be it much more than the SSD holds, does not push out what is there. */
@RealMount
final class SsdScanTest {
  private static final int MEGABYTE = 1 << 20;
  private static final int FULL_BYTES = 95 * MEGABYTE;
  private static final int HOT_BYTES = 40 * MEGABYTE;
  private static final int SCANNED_BYTES = 300 * MEGABYTE;

  /** With the hot file as much as the tier holds: more would begin to push that out. */
  private static final int FILLING_BYTES = 56 * MEGABYTE;

  private static final int PINNED_BYTES = 4 * MEGABYTE;
  private static final Duration HANDED_DOWN = Duration.ofSeconds(60);

  @Test
  void aScanLeavesTheSsdAsItIs(Rig rig) throws Exception {
    write(rig.backing().resolve("hot"), 1, HOT_BYTES);
    write(rig.backing().resolve("filling"), 2, FILLING_BYTES);
    write(rig.backing().resolve("scanned"), 3, SCANNED_BYTES);
    Mount mount = mount(rig);
    // What goes through RAM faster than it is handed down comes again.
    await().atMost(HANDED_DOWN).until(() -> backingBytesOfReading(mount, "hot", HOT_BYTES) == 0);
    await().atMost(HANDED_DOWN).until(() -> isFullAfterReading(mount, "filling", FILLING_BYTES));

    read(mount.path().resolve("scanned"), SCANNED_BYTES);
    // At once: the end of the scan is admitted when RAM has kept it for five seconds.
    mount.drop("ram");
    assertThat(mount.stats().count("handDown.postponed")).isPositive();
    assertThat(backingBytesOfReading(mount, "hot", HOT_BYTES))
        .as("bytes of the hot file that were lost")
        .isLessThan(HOT_BYTES / 20);
  }

  @Test
  void aPinnedFileGetsOntoAFullSsdAtOnce(Rig rig) throws Exception {
    write(rig.backing().resolve("scanned"), 3, SCANNED_BYTES);
    write(rig.backing().resolve("pinned"), 4, PINNED_BYTES);
    Mount mount = mount(rig);
    await().atMost(HANDED_DOWN).until(() -> isFullAfterReading(mount, "scanned", SCANNED_BYTES));
    Path file = mount.path().resolve("pinned");
    Emberfs.run("pin", file.toString(), "--tier", "ssd").succeeded();
    await()
        .atMost(HANDED_DOWN)
        .untilAsserted(() -> {
          mount.drop("ram");
          assertThat(backingBytesOfReading(mount, "pinned", PINNED_BYTES)).isZero();
        });
  }

  private static Mount mount(Rig rig) throws Exception {
    Waiting.untilFilesAreOld(); // what is read of a file that was just changed does not stay
    return rig.mount(
        "--ram",
        "16M",
        "--ssd",
        "96M",
        "--compress",
        "off",
        "--kernel-cache",
        "off",
        "--prefetch",
        "off");
  }

  private static boolean isFullAfterReading(Mount mount, String name, int byteCount)
      throws Exception {
    read(mount.path().resolve(name), byteCount);
    return mount.stats().count("tiers.ssd.usedBytes") > FULL_BYTES;
  }

  private static long backingBytesOfReading(Mount mount, String name, int byteCount)
      throws Exception {
    long before = mount.stats().backingReadBytes();
    read(mount.path().resolve(name), byteCount);
    return mount.stats().backingReadBytes() - before;
  }

  private static void write(Path file, int seed, int byteCount) throws IOException {
    byte[] bytes = new byte[byteCount];
    new Random(seed).nextBytes(bytes);
    Files.write(file, bytes);
  }

  private static void read(Path file, int byteCount) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[MEGABYTE];
      long count = 0;
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        count += n;
      }
      assertThat(count).isEqualTo(byteCount);
    }
  }
}
