package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.system.TreeSnapshot.Parts;
import io.emberfs.testkit.Seeds;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A long random sequence of operations on a file of a real mount gives the bytes that a model in
 * memory has.
 */
@RealMount
final class RandomOperationsTest {
  private static final int OPERATION_COUNT = Integer.getInteger("emberfs.operations", 1500);

  private static final Duration EXERCISE_MAX = Duration.ofSeconds(120 + OPERATION_COUNT / 10);

  /** Mounts that take different ways through the product. */
  enum Variant {
    KERNEL_CACHE_ON(1 << 20, "--kernel-cache", "on"),
    KERNEL_CACHE_OFF(1 << 20, "--kernel-cache", "off"),
    /**
     * The file is several times as large as the tiers together, so everything is evicted again and
     * again.
     */
    TINY_TIERS(48 << 20, "--ram", "8M", "--ssd", "64M", "--kernel-cache", "off");

    private final int fileSizeMax;
    private final List<String> options;

    Variant(int fileSizeMax, String... options) {
      this.fileSizeMax = fileSizeMax;
      this.options = List.of(options);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyReadGivesWhatWasWrittenLast(Variant variant, Rig rig) {
    Seeds.check(random -> {
      Mount mount = rig.mount(variant.options.toArray(String[]::new));
      Program.java(
              FileExerciser.class,
              mount.path().resolve("exercised").toString(),
              Long.toString(random.nextLong()),
              Integer.toString(OPERATION_COUNT),
              Integer.toString(variant.fileSizeMax))
          .within(EXERCISE_MAX)
          .run()
          .succeeded();
      assertThat(
              TreeSnapshot.of(mount.path()).differences(TreeSnapshot.of(rig.backing()), Parts.ALL))
          .as("mount against backing")
          .isEmpty();
    });
  }
}
