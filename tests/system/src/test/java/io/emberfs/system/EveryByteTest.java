package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.emberfs.system.TreeSnapshot.Parts;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/**
 * Every byte and every attribute of a large tree is the same through the mount as in the backing
 * directory.
 */
@RealMount
@TestInstance(Lifecycle.PER_CLASS)
final class EveryByteTest {
  private static final String[] OPTIONS = {"--ram", "512M", "--ssd", "1G", "--kernel-cache", "off"};
  private static final int SMALL_FILE_COUNT = 1620;
  private static final int[] LARGE_FILE_MEGABYTES = {60, 60, 50, 40, 30, 25, 20, 10};
  private static final long TREE_BYTES_MIN = 300_000_000;
  private static final Duration HAND_DOWN_MAX = Duration.ofSeconds(60);

  private Path tree;
  private TreeSnapshot truth;

  @BeforeAll
  void makeTheTree(Rig rig) throws Exception {
    tree = rig.backing();
    long bytes = SeededTree.fill(tree, Fixtures.seed(), SMALL_FILE_COUNT, LARGE_FILE_MEGABYTES);
    truth = TreeSnapshot.of(tree);
    assertThat(bytes).isGreaterThan(TREE_BYTES_MIN);
    assertThat(truth.size()).isGreaterThan(SMALL_FILE_COUNT);
    Waiting.untilFilesAreOld();
  }

  @Test
  void everyFileReadsTheSameColdAndThenFromRamWithoutTheBacking(Rig rig) throws Exception {
    Mount mount = rig.mountOf(tree, rig.stateDirectory(), OPTIONS);
    assertSameAsTree(mount, "cold");
    long coldBytes = mount.stats().backingReadBytes();
    assertSameAsTree(mount, "warm");
    Stats warm = mount.stats();
    assertThat(warm.backingReadBytes() - coldBytes).as("bytes read again").isZero();
    assertThat(warm.count("backing.errors")).isZero();
    assertThat(warm.count("integrity.checksumFailures")).isZero();
    mount.umount();
    assertThat(TreeSnapshot.of(tree).differences(truth, Parts.ALL)).as("backing").isEmpty();
  }

  @Test
  void afterACleanRestartEveryFileReadsTheSameWithoutTheBacking(Rig rig) throws Exception {
    Mount first = rig.mountOf(tree, rig.stateDirectory(), OPTIONS);
    assertSameAsTree(first, "cold");
    first.umount();
    Mount second = rig.mountOf(tree, rig.stateDirectory(), OPTIONS);
    assertThat(second.restoredBlocks()).as("restored blocks").isPositive();
    assertSameAsTree(second, "restarted");
    assertThat(second.stats().backingReadBytes()).as("data bytes read after restart").isZero();
  }

  @Test
  void afterAKillEveryFileReadsTheSameAndNineOfTenBlocksHit(Rig rig) throws Exception {
    Mount first = rig.mountOf(tree, rig.stateDirectory(), OPTIONS);
    assertSameAsTree(first, "cold");
    await("blocks handed down to the SSD tier")
        .atMost(HAND_DOWN_MAX)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> first.stats().count("tiers.ssd.blocks") >= truth.blockCount());
    first.kill();
    Mount second = rig.mountOf(tree, rig.stateDirectory(), OPTIONS);
    assertSameAsTree(second, "killed");
    Stats stats = second.stats();
    long hits = stats.hitBlocks();
    assertThat(hits / (double) (hits + stats.missBlocks()))
        .as("share of hits after the kill; %s", stats.tree())
        .isGreaterThanOrEqualTo(0.9);
  }

  private void assertSameAsTree(Mount mount, String when) throws Exception {
    assertThat(TreeSnapshot.of(mount.path()).differences(truth, Parts.ALL)).as(when).isEmpty();
  }
}
