package io.emberfs.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Ten thousand runs of the engine break no promise; without any one of its safeties some of them
 * do.
 */
final class SimulationTest {
  private static final String SEED = "emberfs.simulation.seed";
  private static final String SEEDS = "emberfs.simulation.seeds";
  private static final int SEED_COUNT = 10_000;
  private static final int TRACE_LINES_MAX = 300;
  private static final int COMPARED_SEEDS = 50;
  private static final String SAME_AGAIN = "It fails the same way each time.";

  @Test
  void noSeedBreaksAPromise() {
    Long only = Long.getLong(SEED);
    long first = only == null ? 1 : only;
    long count = only == null ? Long.getLong(SEEDS, SEED_COUNT) : 1;
    for (long seed = first; seed < first + count; seed++) {
      Throwable failure = failure(seed, Plant.NOTHING);
      if (failure != null) {
        throw new AssertionError(explanation(seed, Plant.NOTHING, failure), failure);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NOTHING")
  void aMissingSafetyIsFound(Plant plant, TestReporter reporter) {
    long seed = 1;
    Throwable found = failure(seed, plant);
    while (found == null && seed < SEED_COUNT) {
      seed++;
      found = failure(seed, plant);
    }
    assertThat(found).as("a failure without the safety, within the seeds").isNotNull();
    reporter.publishEntry(plant.name(), "seed " + seed + ": " + found.getMessage());
    assertThat(explanation(seed, plant, found)).contains(SAME_AGAIN, SEED + "=" + seed);
  }

  @Test
  void aSeedMakesTheSameRunEachTime() {
    List<Long> first = hashes();
    List<Long> second = hashes();

    assertThat(second).isEqualTo(first);
    assertThat(first).doesNotHaveDuplicates();
  }

  private static List<Long> hashes() {
    List<Long> hashes = new ArrayList<>();
    for (long seed = 1; seed <= COMPARED_SEEDS; seed++) {
      Simulation simulation = new Simulation(seed, Plant.NOTHING, false);
      simulation.run();
      hashes.add(simulation.hash());
    }
    return hashes;
  }

  private static @Nullable Throwable failure(long seed, Plant plant) {
    return failure(new Simulation(seed, plant, false));
  }

  private static @Nullable Throwable failure(Simulation simulation) {
    try {
      simulation.run();
      return null;
    } catch (AssertionError | RuntimeException failed) {
      return failed;
    }
  }

  /** Runs a seed that failed once more, to tell what happened. */
  private static String explanation(long seed, Plant plant, Throwable failure) {
    Simulation told = new Simulation(seed, plant, true);
    Throwable again = failure(told);
    boolean same = again != null && String.valueOf(again.getMessage()).equals(failure.getMessage());
    List<String> lines = told.trace();
    return """
    seed %d: %s
    %s
    Weather: %s
    %s
    replay: mvn -o -pl tests/simulation -am test -Dtest=SimulationTest#noSeedBreaksAPromise \
    -Dsurefire.failIfNoSpecifiedTests=false -D%s=%d\
    """
        .formatted(
            seed,
            failure.getMessage(),
            same ? SAME_AGAIN : "Run again it does otherwise, a bug of the simulation: " + again,
            told.weather(),
            String.join(
                "\n", lines.subList(Math.max(0, lines.size() - TRACE_LINES_MAX), lines.size())),
            SEED,
            seed);
  }
}
