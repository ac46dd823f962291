package io.emberfs.engine.prefetch;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.Access.Operation;
import io.emberfs.core.Access.Source;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.core.Prefetcher.Outcome;
import io.emberfs.core.StateStore;
import io.emberfs.engine.prefetch.FakeBlockLoader.Call;
import io.emberfs.testkit.FakePrefetcher;
import io.emberfs.testkit.FakePrefetcher.Verdict;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class PrefetchSchedulerTest {
  private static final BlockGeometry GEOMETRY = new BlockGeometry(4096);
  private static final int RUN_BLOCKS = 16;
  private static final int BURST_BLOCKS = 40;
  private static final int DEMAND_IN_FLIGHT_MAX = 2;

  private final Meters meters = new Meters();
  private final AtomicLong nanos = new AtomicLong();
  private final AtomicLong cpuNanos = new AtomicLong();
  private final AtomicLong demandInFlight = new AtomicLong();
  private final FakePrefetcher prefetcher = new FakePrefetcher();
  private final FakeBlockLoader loader = new FakeBlockLoader();
  private final AccessRing accesses = new AccessRing(1024, meters);
  private final PrefetchScheduler scheduler =
      new PrefetchScheduler(
          accesses,
          prefetcher,
          loader,
          GEOMETRY,
          new PrefetchLimits(
              8, RUN_BLOCKS * 4096, BURST_BLOCKS * 4096L, DEMAND_IN_FLIGHT_MAX, 0.05),
          new PrefetchScheduler.Surroundings(clock(), demandInFlight::get, cpuNanos::get, meters));

  @Test
  void whatIsProposedIsFetchedAndCounted() {
    propose(1, 10, 4, 0);
    assertThat(scheduler.fetchStep()).isEqualTo(1);
    assertThat(scheduler.fetchStep()).isZero();
    assertThat(loader.calls).containsExactly(new Call(1, 10, 4));
    assertThat(count("issuedBlocks")).isEqualTo(4);
    assertThat(count("issuedBytes")).isEqualTo(4 * 4096);
  }

  @Test
  void aLongProposalIsFetchedInRuns() {
    propose(1, 0, 20, 0);
    drainQueue();
    assertThat(loader.calls).containsExactly(new Call(1, 0, 16), new Call(1, 16, 4));
  }

  @Test
  void accessesReachTheModelsInTheirOrder() {
    access(1, 0, Source.RAM);
    access(1, 7, Source.BACKING);
    assertThat(scheduler.predictStep()).isEqualTo(2);
    assertThat(prefetcher.accesses()).extracting(a -> a.offset()).containsExactly(0L, 7L * 4096);
    assertThat(scheduler.predictStep()).isZero();
  }

  @Test
  void whatDemandAsksForMeanwhileIsNotFetched() {
    propose(1, 10, 4, 0);
    access(1, 10, Source.BACKING);
    scheduler.predictStep();
    drainQueue();
    assertThat(loader.calls).containsExactly(new Call(1, 11, 3));
  }

  @Test
  void aChangedFileIsNotFetched() {
    propose(1, 10, 4, 0);
    scheduler.invalidated(1);
    assertThat(scheduler.fetchStep()).isZero();
  }

  @Test
  void outcomesGoToTheModelThatProposedTheBlock() {
    propose(1, 10, 3, 5);
    propose(2, 10, 1, 6);
    drainQueue();
    scheduler.used(1, 10);
    scheduler.late(1, 11);
    scheduler.wasted(2, 10);
    scheduler.used(9, 9);
    scheduler.predictStep();
    assertThat(prefetcher.verdicts())
        .containsExactly(
            new Verdict(1, 10, 5, Outcome.USED),
            new Verdict(1, 11, 5, Outcome.LATE),
            new Verdict(2, 10, 6, Outcome.WASTED));
    assertThat(count("usedBlocks")).isEqualTo(2);
    assertThat(count("lateBlocks")).isEqualTo(1);
    assertThat(count("wastedBlocks")).isEqualTo(1);
  }

  @Test
  void blocksThatWereThereCostNothingAndAreReportedAsDropped() {
    loader.cached.add(new BlockKey(1, 11));
    propose(1, 10, 3, 5);
    drainQueue();
    scheduler.predictStep();
    assertThat(count("issuedBlocks")).isEqualTo(2);
    assertThat(prefetcher.verdicts()).containsExactly(new Verdict(1, 11, 5, Outcome.DROPPED));
  }

  @Test
  void aGoneFileCostsNothingAndItsOtherCandidatesGoToo() {
    loader.goneFiles.add(1L);
    propose(1, 10, 3, 0);
    propose(1, 50, 3, 0);
    drainQueue();
    assertThat(loader.calls).hasSize(1);
    assertThat(count("issuedBytes")).isZero();
  }

  @Test
  void unusedPrefetchesStopAtTheBurstAndDemandBuysAFewMore() {
    for (int i = 0; i < 8; i++) {
      propose(1, 100L * i, 16, 0);
    }
    drainQueue();
    assertThat(count("issuedBlocks")).isEqualTo(BURST_BLOCKS);
    for (int i = 0; i < 40; i++) {
      access(2, i, Source.BACKING);
    }
    scheduler.predictStep();
    drainQueue();
    assertThat(count("issuedBlocks")).isEqualTo(BURST_BLOCKS + 10);
    for (int i = 0; i < 40; i++) {
      access(2, i, Source.RAM);
    }
    scheduler.predictStep();
    drainQueue();
    assertThat(count("issuedBlocks")).isEqualTo(BURST_BLOCKS + 10);
  }

  @Test
  void usedPrefetchesPayForThemselves() {
    for (int block = 0; block < 50 * BURST_BLOCKS; block += 10) {
      propose(1, block, 10, 0);
      drainQueue();
      for (int i = 0; i < 10; i++) {
        scheduler.used(1, block + i);
      }
    }
    assertThat(count("issuedBlocks")).isEqualTo(50 * BURST_BLOCKS);
  }

  @Test
  void aBusyBackingIsLeftToDemand() {
    propose(1, 10, 4, 0);
    demandInFlight.set(DEMAND_IN_FLIGHT_MAX + 1);
    assertThat(scheduler.fetchStep()).isZero();
    demandInFlight.set(DEMAND_IN_FLIGHT_MAX);
    assertThat(scheduler.fetchStep()).isEqualTo(1);
  }

  @Test
  void whatFindsNoRoomInTheQueueIsThrottledAndReported() {
    for (int i = 0; i < 9; i++) {
      prefetcher.willPropose(1, 100L * i, 2, 3, 0.9f - i * 0.01f);
    }
    access(9, 0, Source.RAM);
    scheduler.predictStep();
    assertThat(count("throttled")).isEqualTo(2);
    assertThat(prefetcher.verdicts())
        .containsExactly(
            new Verdict(1, 800, 3, Outcome.DROPPED), new Verdict(1, 801, 3, Outcome.DROPPED));
  }

  @Test
  void withoutAggressionNothingIsFetched() {
    scheduler.tunables().getFirst().turn(0);
    propose(1, 10, 4, 0);
    drainQueue();
    assertThat(loader.calls).isEmpty();
  }

  @Test
  void theModelsRestWhileTheirShareOfCpuIsUsedUp() {
    access(1, 0, Source.RAM);
    prefetcherCosts(1_000_000_000);
    assertThat(scheduler.predictStep()).isEqualTo(1);
    access(1, 1, Source.RAM);
    assertThat(scheduler.predictStep()).isZero();
    nanos.addAndGet(25_000_000_000L);
    assertThat(scheduler.predictStep()).isEqualTo(1);
    assertThat(prefetcher.accesses()).hasSize(2);
  }

  @Test
  void modelsAreSavedAndLoaded() throws IOException {
    MemoryStateStore store = new MemoryStateStore();
    prefetcher.setModel(42);
    scheduler.save(store);
    prefetcher.setModel(0);
    scheduler.load(store);
    assertThat(prefetcher.model()).isEqualTo(42);
  }

  @Test
  void aStateThatCannotBeUsedIsACountedColdStart() throws IOException {
    MemoryStateStore store = new MemoryStateStore();
    scheduler.load(store);
    assertThat(count("modelColdStarts")).isZero();
    store.save("predictor", out -> out.writeInt(1));
    scheduler.load(store);
    assertThat(count("modelColdStarts")).isEqualTo(1);
  }

  private Clock clock() {
    return new Clock() {
      @Override
      public long nanoTime() {
        return nanos.get();
      }

      @Override
      public long wallNanos() {
        return nanos.get();
      }
    };
  }

  private void prefetcherCosts(long nanosOfCpu) {
    prefetcher.onNextAccess(() -> cpuNanos.addAndGet(nanosOfCpu));
  }

  private void propose(long fileId, long firstBlock, int count, int component) {
    prefetcher.willPropose(fileId, firstBlock, count, component, 0.5f);
    access(99, 0, Source.RAM);
    scheduler.predictStep();
  }

  private void access(long fileId, long block, Source source) {
    accesses.offer(fileId, block * 4096, 4096, 1L << 30, 0, Operation.READ, 1, source);
  }

  private void drainQueue() {
    while (scheduler.fetchStep() > 0) {
      assertThat(loader.calls.size()).isLessThan(10_000);
    }
  }

  private long count(String name) {
    return meters.counter("prefetch." + name).value();
  }

  /** Keeps pieces in memory. */
  private static final class MemoryStateStore implements StateStore {
    private final Map<String, byte[]> pieces = new HashMap<>();

    @Override
    public void save(String name, Writer writer) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      writer.write(new DataOutputStream(bytes));
      pieces.put(name, bytes.toByteArray());
    }

    @Override
    public Optional<DataInputStream> load(String name) {
      return Optional.ofNullable(pieces.get(name))
          .map(bytes -> new DataInputStream(new ByteArrayInputStream(bytes)));
    }

    @Override
    public void remove(String name) {
      pieces.remove(name);
    }
  }
}
