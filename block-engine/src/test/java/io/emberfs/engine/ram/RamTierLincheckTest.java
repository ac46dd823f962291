package io.emberfs.engine.ram;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * Whether a tier with room for everything is linearizable: a map from blocks to generations, whose
 * every call takes effect at one moment between its begin and its end.
 */
@Param(name = "block", gen = IntGen.class, conf = "1:2")
@Param(name = "generation", gen = IntGen.class, conf = "1:2")
public final class RamTierLincheckTest {
  private static final TestTier BLOCKS = new TestTier(8 << 20, "default");
  private static final long GRANULES = 0b11;
  private static final int ITERATIONS = 12;
  private static final int INVOCATIONS = 1_000;

  /** It ends with the first that is not as it should be. */
  private static final int INVOCATIONS_OF_CONTROL = 100_000;

  /** One tier for all invocations, each of which begins with it empty. */
  public RamTierLincheckTest() {
    BLOCKS.tier.clear();
  }

  @Operation
  public boolean insert(
      @Param(name = "block") int block, @Param(name = "generation") int generation) {
    return BLOCKS.insert(block, generation, GRANULES, 0);
  }

  /** Whether it is a hit; fails if a byte is not the block's. */
  @Operation
  public boolean read(
      @Param(name = "block") int block, @Param(name = "generation") int generation) {
    int length = BLOCKS.geometry.rawSize(GRANULES);
    try (Arena caller = Arena.ofConfined()) {
      MemorySegment target = caller.allocate(length, Long.BYTES);
      if (BLOCKS.tier.read(TestTier.FILE, block, generation, 0, length, target, 0)
          == RamTier.MISS) {
        return false;
      }
      for (long at = 0; at < length; at += Long.BYTES) {
        int granule = (int) (at / BLOCKS.geometry.granuleSize());
        if (target.get(ValueLayout.JAVA_LONG, at) != TestTier.number(block, generation, granule)) {
          throw new AssertionError("a foreign byte at " + at);
        }
      }
      return true;
    }
  }

  @Operation
  public void remove(@Param(name = "block") int block) {
    BLOCKS.tier.remove(TestTier.FILE, block);
  }

  @Test
  void theTierIsLinearizable() {
    options(Specification.class).check(RamTierLincheckTest.class);
  }

  /** The control: what is done in two steps is found. */
  @Test
  void aRemovalThatLooksFirstIsCaught() {
    StressOptions options =
        options(TwoStepsSpecification.class).invocationsPerIteration(INVOCATIONS_OF_CONTROL);
    assertThatThrownBy(() -> options.check(TwoSteps.class))
        .isInstanceOf(LincheckAssertionError.class);
  }

  private static StressOptions options(Class<?> specification) {
    return new StressOptions()
        .iterations(ITERATIONS)
        .invocationsPerIteration(INVOCATIONS)
        .threads(3)
        .actorsPerThread(3)
        .actorsBefore(2)
        .actorsAfter(2)
        .minimizeFailedScenario(false)
        .sequentialSpecification(specification);
  }

  /** What the tier is to be like when nobody else is there. */
  public static class Specification {
    final Map<Integer, Integer> generations = new HashMap<>();

    public boolean insert(int block, int generation) {
      // What comes late must not stand in the way of what is younger.
      return generations.merge(block, generation, Math::max) == generation;
    }

    public boolean read(int block, int generation) {
      return generations.getOrDefault(block, 0) == generation;
    }

    public void remove(int block) {
      generations.remove(block);
    }
  }

  /** A tier whose removal tells whether there was a block, which it finds out before. */
  @Param(name = "block", gen = IntGen.class, conf = "1:1")
  public static final class TwoSteps {
    private final RamTierLincheckTest tier = new RamTierLincheckTest();

    @Operation
    public boolean insert(@Param(name = "block") int block) {
      return tier.insert(block, 1);
    }

    @Operation
    public boolean removeIfThere(@Param(name = "block") int block) {
      boolean isThere = tier.read(block, 1);
      Thread.yield(); // the window of a busy machine, on an idle one too
      tier.remove(block);
      return isThere;
    }
  }

  /** What {@link TwoSteps} says that it does. */
  public static final class TwoStepsSpecification {
    private final Specification tier = new Specification();

    public boolean insert(int block) {
      return tier.insert(block, 1);
    }

    public boolean removeIfThere(int block) {
      boolean isThere = tier.read(block, 1);
      tier.remove(block);
      return isThere;
    }
  }
}
