package io.emberfs.engine.prefetch;

import io.emberfs.core.Access;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.core.Prefetcher;
import io.emberfs.core.Prefetcher.Outcome;
import io.emberfs.core.StateStore;
import io.emberfs.core.Tunable;
import io.emberfs.engine.prefetch.OutcomeRing.Event;
import io.emberfs.engine.prefetch.PrefetchQueue.Candidate;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Prefetching as two roles, each a step for {@link io.emberfs.core.Workers#loop}: {@link
 * #predictStep} takes accesses and outcomes to the models and their proposals to the queue (one
 * loop); {@link #fetchStep} fetches the best candidate (as many loops as loads may be in flight).
 * Demand goes first: while the backing is busy nothing is fetched.
 *
 * <p>The outcomes {@link #used}, {@link #late}, {@link #wasted} may be reported from any thread;
 * they neither wait nor allocate. The models and {@code issued} are touched under {@code modelLock}
 * only; below it the queue's lock may be taken, and nothing blocks.
 */
public final class PrefetchScheduler {
  private static final String STATE_NAME = "predictor";
  private static final int STEP_EVENTS_MAX = 256;
  private static final int OUTCOME_RING_CAPACITY = 4096;
  private static final int ISSUED_BLOCKS_MAX = 16384;

  private final AccessRing accesses;
  private final Prefetcher prefetcher;
  private final BlockLoader loader;
  private final BlockGeometry geometry;
  private final PrefetchLimits limits;
  private final Surroundings surroundings;
  private final PrefetchQueue queue;
  private final PrefetchBudget budget;
  private final OutcomeRing outcomes;
  private final IssuedBlocks issued = new IssuedBlocks(ISSUED_BLOCKS_MAX);
  private final CpuBudget cpuBudget;
  private final AtomicLong cpuNanos = new AtomicLong();
  private final ReentrantLock modelLock = new ReentrantLock();
  private final Meters.Counter issuedBlocks;
  private final Meters.Counter issuedBytes;
  private final Meters.Counter usedBlocks;
  private final Meters.Counter lateBlocks;
  private final Meters.Counter wastedBlocks;
  private final Meters.Counter throttled;
  private final Meters.Counter modelColdStarts;

  /** Of what was saved last; for who saves. */
  private int savedChecksum;

  /**
   * What the scheduler looks at.
   *
   * @param clock the time
   * @param demandInFlight demand reads that the backing works on now; any thread
   * @param threadCpuNanos CPU time of the calling thread so far
   * @param meters gets {@code prefetch.*} and {@code cpuSeconds.predictor}
   */
  public record Surroundings(
      Clock clock, LongSupplier demandInFlight, LongSupplier threadCpuNanos, Meters meters) {}

  /**
   * @param accesses drained by this scheduler alone
   * @param prefetcher the models; the scheduler's from here on
   * @param loader called by {@link #fetchStep}
   */
  public PrefetchScheduler(
      AccessRing accesses,
      Prefetcher prefetcher,
      BlockLoader loader,
      BlockGeometry geometry,
      PrefetchLimits limits,
      Surroundings surroundings) {
    this.accesses = accesses;
    this.prefetcher = prefetcher;
    this.loader = loader;
    this.geometry = geometry;
    this.limits = limits;
    this.surroundings = surroundings;
    queue = new PrefetchQueue(limits.queueCandidates());
    budget = new PrefetchBudget(limits.burstBytes());
    cpuBudget = new CpuBudget(limits.cpuShare(), surroundings.clock().nanoTime());
    Meters meters = surroundings.meters();
    outcomes = new OutcomeRing(OUTCOME_RING_CAPACITY, meters);
    issuedBlocks = meters.counter("prefetch.issuedBlocks");
    issuedBytes = meters.counter("prefetch.issuedBytes");
    usedBlocks = meters.counter("prefetch.usedBlocks");
    lateBlocks = meters.counter("prefetch.lateBlocks");
    wastedBlocks = meters.counter("prefetch.wastedBlocks");
    throttled = meters.counter("prefetch.throttled");
    modelColdStarts = meters.counter("prefetch.modelColdStarts");
    meters.ratio("cpuSeconds.predictor", () -> cpuNanos.get() / 1e9);
  }

  /** How much waste is risked for the sake of hits: 0 is off, 0.5 the default. */
  public List<Tunable> tunables() {
    return List.of(
        new Tunable("prefetch.aggression", 0, 1, budget::aggression, budget::turnAggression));
  }

  /**
   * Feeds the models and queues what they propose. One thread at a time.
   *
   * @return accesses and outcomes taken; 0 also while the models have used up their share of CPU
   */
  public int predictStep() {
    modelLock.lock();
    try {
      if (!cpuBudget.mayWork(surroundings.clock().nanoTime())) {
        return 0;
      }
      long cpuBefore = surroundings.threadCpuNanos().getAsLong();
      int done = outcomes.drain(STEP_EVENTS_MAX, this::learn);
      done += accesses.drain(STEP_EVENTS_MAX, this::observe);
      if (done > 0) {
        prefetcher.candidates(this::enqueue);
        queue.dropStale().forEach(this::refuse);
      }
      long cpuSpent = surroundings.threadCpuNanos().getAsLong() - cpuBefore;
      cpuBudget.spend(cpuSpent);
      cpuNanos.addAndGet(cpuSpent);
      return done;
    } finally {
      modelLock.unlock();
    }
  }

  /**
   * Fetches the best candidate, if the budget allows and the backing has time; blocks while it
   * reads.
   *
   * @return 1 if a load was made, else 0
   */
  public int fetchStep() {
    if (surroundings.demandInFlight().getAsLong() > limits.demandInFlightMax()) {
      return 0;
    }
    long bytesMax = Math.min(budget.available(), limits.runBytesMax());
    int blocksMax = (int) Math.min(bytesMax / geometry.blockSize(), BlockLoader.RUN_BLOCKS_MAX);
    Candidate candidate = blocksMax == 0 ? null : queue.take(blocksMax);
    if (candidate == null) {
      return 0;
    }
    fetch(candidate);
    return 1;
  }

  /**
   * A demand read hit a prefetched block for the first time. At most one of the three outcomes is
   * reported for a block.
   */
  public void used(long fileId, long blockIndex) {
    usedBlocks.increment();
    cameTrue(Event.USED, fileId, blockIndex);
  }

  /** A demand read came while the prefetch of the block was in flight. */
  public void late(long fileId, long blockIndex) {
    lateBlocks.increment();
    cameTrue(Event.LATE, fileId, blockIndex);
  }

  /** A prefetched block left the cache and nobody had asked for it. */
  public void wasted(long fileId, long blockIndex) {
    wastedBlocks.increment();
    outcomes.offer(Event.WASTED, fileId, blockIndex, 1, 0, 0);
  }

  /**
   * The content of a file changed, or it is gone: what waits of it was proposed for another
   * content. Any thread.
   */
  public void invalidated(long fileId) {
    queue.drop(fileId);
  }

  /**
   * Saves the models, unless nothing has changed since the last time. One thread at a time; the
   * models stand still only while they are copied.
   */
  public void save(StateStore store) throws IOException {
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    modelLock.lock();
    try {
      prefetcher.save(new DataOutputStream(model));
    } finally {
      modelLock.unlock();
    }
    byte[] bytes = model.toByteArray();
    int checksum = Arrays.hashCode(bytes);
    if (checksum != savedChecksum) {
      store.save(STATE_NAME, out -> out.write(bytes));
      savedChecksum = checksum;
    }
  }

  /** Loads the models, before the first step. State that cannot be used is a counted cold start. */
  public void load(StateStore store) {
    Optional<DataInputStream> state = store.load(STATE_NAME);
    if (state.isEmpty()) {
      return;
    }
    modelLock.lock();
    try (DataInputStream in = state.get()) {
      prefetcher.load(in);
    } catch (IOException _) {
      modelColdStarts.increment();
    } finally {
      modelLock.unlock();
    }
  }

  private void observe(Access access) {
    if (access.length() > 0) {
      queue.demanded(
          access.fileId(),
          geometry.blockIndex(access.offset()),
          geometry.blockIndex(access.offset() + access.length() - 1) + 1);
      if (access.source() == Access.Source.BACKING && access.operation() == Access.Operation.READ) {
        budget.earn(access.length());
      }
    }
    prefetcher.onAccess(access);
  }

  private void learn(
      Event event, long fileId, long firstBlockIndex, int blockCount, long mask, int component) {
    for (int i = 0; i < blockCount; i++) {
      long block = firstBlockIndex + i;
      switch (event) {
        case ISSUED -> issued.begin(fileId, block, component);
        case LOADED ->
            settle(
                fileId, block, issued.end(fileId, block, (mask >>> i & 1) != 0), Outcome.DROPPED);
        case USED -> {
          budget.countUsed();
          settle(fileId, block, issued.remove(fileId, block), Outcome.USED);
        }
        case LATE -> {
          budget.countUsed();
          settle(fileId, block, issued.remove(fileId, block), Outcome.LATE);
        }
        case WASTED -> {
          budget.countWasted();
          settle(fileId, block, issued.remove(fileId, block), Outcome.WASTED);
        }
      }
    }
  }

  private void settle(long fileId, long blockIndex, int component, Outcome outcome) {
    if (component != IssuedBlocks.UNKNOWN) {
      prefetcher.onOutcome(fileId, blockIndex, component, outcome);
    }
  }

  private void enqueue(
      long fileId, long firstBlockIndex, int blockCount, int component, float probability) {
    refuse(queue.offer(new Candidate(fileId, firstBlockIndex, blockCount, component, probability)));
  }

  private void refuse(@Nullable Candidate candidate) {
    if (candidate == null) {
      return;
    }
    throttled.add(candidate.blockCount());
    for (long block = candidate.firstBlockIndex(); block < candidate.endBlockIndex(); block++) {
      prefetcher.onOutcome(candidate.fileId(), block, candidate.component(), Outcome.DROPPED);
    }
  }

  private void fetch(Candidate candidate) {
    long fileId = candidate.fileId();
    long first = candidate.firstBlockIndex();
    int count = candidate.blockCount();
    long fetched = 0;
    budget.take(bytes(count));
    outcomes.offer(Event.ISSUED, fileId, first, count, 0, candidate.component());
    try {
      BlockLoader.Result result = loader.load(fileId, first, count);
      fetched = result.fetchedBlocks();
      if (result.status() == BlockLoader.Status.GONE) {
        queue.drop(fileId);
      }
    } finally {
      int fetchedCount = Long.bitCount(fetched);
      budget.refund(bytes(count - fetchedCount));
      issuedBlocks.add(fetchedCount);
      issuedBytes.add(bytes(fetchedCount));
      outcomes.offer(Event.LOADED, fileId, first, count, fetched, candidate.component());
    }
  }

  private void cameTrue(Event event, long fileId, long blockIndex) {
    budget.refund(geometry.blockSize());
    budget.earn(geometry.blockSize());
    outcomes.offer(event, fileId, blockIndex, 1, 0, 0);
  }

  private long bytes(int blockCount) {
    return (long) blockCount * geometry.blockSize();
  }
}
