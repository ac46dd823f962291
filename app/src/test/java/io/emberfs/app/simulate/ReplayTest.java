package io.emberfs.app.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.emberfs.app.answer.Refusal;
import io.emberfs.engine.policy.PolicyFactory;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class ReplayTest {
  private static final int BLOCK = 65536;
  private static final Scenario BY_PAGE = new Scenario(true, PrefetchChoice.OFF, false, 0, false);

  /** Where recorded traces with reference ratios lie. */
  private static final Path TRACES =
      Path.of(System.getProperty("emberfs.traces", "../../shared/traces"));

  /** A reference has four digits. */
  private static final double FOUR_DIGITS = 0.000_050_01;

  @Test
  void aRequestTouchesEveryBlockOnceInOrder() {
    BlockAccesses accesses =
        accesses(new long[] {100, BLOCK - 1, 5 * BLOCK}, new int[] {10, 2 * BLOCK, BLOCK});
    assertThat(accesses.count()).isEqualTo(1 + 3 + 1);
    assertThat(accesses.footprint()).isEqualTo(4);
    assertThat(List.of(accesses.block(0), accesses.block(1), accesses.block(2), accesses.block(3)))
        .containsExactly(0, 0, 1, 2);
    assertThat(accesses.pages(0)).isEqualTo(1);
    assertThat(accesses.pages(1)).isEqualTo(1L << 15);
    assertThat(accesses.pages(2)).isEqualTo(0xFFFF);
    assertThat(accesses.pages(3)).isEqualTo(0xFFFF);
  }

  @Test
  void byPageAPartialHitIsAMiss() {
    BlockAccesses accesses =
        accesses(new long[] {0, 4096, 0, 0, 8192}, new int[] {4096, 4096, 8192, 4096, 1});
    assertThat(SimulatedPolicies.replay("lru", accesses, 4, Scenario.REPLACEMENT).all().missRatio())
        .isEqualTo(1 / 5.0);
    assertThat(SimulatedPolicies.replay("lru", accesses, 4, BY_PAGE).all().missRatio())
        .isEqualTo(3 / 5.0);
  }

  @Test
  void aRequestMissesIfAnyOfItsBlocksDoes() {
    BlockAccesses accesses = accesses(new long[] {0, 0, 0}, new int[] {BLOCK, 4 * BLOCK, BLOCK});
    Replay.Ratios result = SimulatedPolicies.replay("lru", accesses, 8, Scenario.REPLACEMENT).all();
    assertThat(result.missRatio()).isEqualTo(4 / 6.0);
    assertThat(result.missRatioByRequest()).isEqualTo(2 / 3.0);
    assertThat(result.missRatioByByte()).isEqualTo(4 / 6.0);
  }

  @Test
  void beladyIsTheBestThatAnyOrderOfEvictionsGives() {
    Seeds.check(random -> {
      long[] offsets = new long[14];
      int[] lengths = new int[14];
      for (int i = 0; i < offsets.length; i++) {
        offsets[i] = (long) random.nextInt(6) * BLOCK;
        lengths[i] = 1;
      }
      BlockAccesses accesses = accesses(offsets, lengths);
      double best = leastMisses(accesses, 0, new HashSet<>(), 3, new HashMap<>());
      assertThat(
              SimulatedPolicies.replay("belady", accesses, 3, Scenario.REPLACEMENT)
                  .all()
                  .missRatio())
          .isCloseTo(best / accesses.count(), within(1e-9));
    });
  }

  @Test
  void noPolicyBeatsBeladyAndTheLargestCacheMissesOnlyFirstAccesses() {
    RandomGenerator random = Seeds.random(4);
    long[] offsets = new long[5000];
    int[] lengths = new int[5000];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = (long) Math.abs(random.nextGaussian() * 80) * BLOCK;
      lengths[i] = 1 + random.nextInt(BLOCK);
    }
    BlockAccesses accesses = accesses(offsets, lengths);
    double best =
        SimulatedPolicies.replay("belady", accesses, 40, Scenario.REPLACEMENT).all().missRatio();
    for (String policy : PolicyFactory.names()) {
      assertThat(
              SimulatedPolicies.replay(policy, accesses, 40, Scenario.REPLACEMENT)
                  .all()
                  .missRatio())
          .as(policy)
          .isGreaterThanOrEqualTo(best);
      assertThat(
              SimulatedPolicies.replay(policy, accesses, accesses.footprint(), Scenario.REPLACEMENT)
                  .all()
                  .missRatio())
          .as(policy)
          .isEqualTo((double) accesses.footprint() / accesses.count());
    }
  }

  @Test
  void lruAndBeladyAgreeWithTheReferenceToFourDigits() throws IOException, Refusal {
    Path reference = TRACES.resolve("reference.csv");
    assumeTrue(Files.exists(reference), "the traces are not at " + TRACES.toAbsolutePath());
    Map<String, Trace> traces = new HashMap<>();
    Map<String, BlockAccesses> expanded = new LinkedHashMap<>();
    List<String> wrong = new ArrayList<>();
    int cells = 0;
    for (String line : Files.readAllLines(reference)) {
      String[] cell = line.split(",");
      if (!cell[6].equals("LRU") && !cell[6].equals("Belady")) {
        continue;
      }
      Trace trace = traces.get(cell[0]);
      if (trace == null) {
        trace = TraceReader.read(TRACES.resolve(cell[0] + ".csv.zst"), Long.MAX_VALUE);
        traces.clear();
        traces.put(cell[0], trace);
      }
      // An object is one access there, whatever its length; objects lie 1 MiB apart.
      int blockSize = cell[0].startsWith("tencent") ? 1 << 20 : Integer.parseInt(cell[1]);
      BlockAccesses accesses = expanded.get(cell[0] + blockSize);
      if (accesses == null) {
        accesses = new BlockAccesses(trace, blockSize);
        expanded.clear();
        expanded.put(cell[0] + blockSize, accesses);
      }
      assertThat(accesses.count()).as(line).isEqualTo(Integer.parseInt(cell[4]));
      assertThat(accesses.footprint()).as(line).isEqualTo(Integer.parseInt(cell[5]));
      double ratio =
          SimulatedPolicies.replay(
                  cell[6].toLowerCase(Locale.ROOT),
                  accesses,
                  Integer.parseInt(cell[3]),
                  Scenario.REPLACEMENT)
              .all()
              .missRatio();
      cells++;
      if (Math.abs(ratio - Double.parseDouble(cell[7])) > FOUR_DIGITS) {
        wrong.add(line + " but was " + ratio);
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(cells).isGreaterThan(220);
  }

  /** The least number of misses from an access on, by trying every victim. */
  private static int leastMisses(
      BlockAccesses accesses,
      int from,
      Set<Integer> cached,
      int slotCount,
      Map<List<Object>, Integer> known) {
    if (from == accesses.count()) {
      return 0;
    }
    List<Object> state = List.of(from, Set.copyOf(cached));
    Integer answer = known.get(state);
    if (answer != null) {
      return answer;
    }
    int block = accesses.block(from);
    int least = Integer.MAX_VALUE;
    if (cached.contains(block)) {
      least = leastMisses(accesses, from + 1, cached, slotCount, known);
    } else if (cached.size() < slotCount) {
      Set<Integer> next = new HashSet<>(cached);
      next.add(block);
      least = 1 + leastMisses(accesses, from + 1, next, slotCount, known);
    } else {
      for (int victim : cached) {
        Set<Integer> next = new HashSet<>(cached);
        next.remove(victim);
        next.add(block);
        least = Math.min(least, 1 + leastMisses(accesses, from + 1, next, slotCount, known));
      }
    }
    known.put(state, least);
    return least;
  }

  private static BlockAccesses accesses(long[] offsets, int[] lengths) {
    return new BlockAccesses(
        new Trace("made", new long[offsets.length], new int[offsets.length], offsets, lengths),
        BLOCK);
  }
}
