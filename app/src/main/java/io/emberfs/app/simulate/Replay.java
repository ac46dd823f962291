package io.emberfs.app.simulate;

import io.emberfs.app.simulate.SimulatedCache.Found;
import io.emberfs.core.ReplacementPolicy;
import io.emberfs.core.ReplacementPolicy.SlotView;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * All accesses of a trace against one cache. Reads and writes count alike, and the first access of
 * each block misses. With prefetching a second cache does without, so that what prefetching saved
 * and what it pushed out can be told; a block of the request being served is never a prefetch's
 * merit, for prefetching comes after the answer.
 */
public final class Replay {
  /** A demand on a block that is on its way counts half a miss. */
  private static final int HALVES = 2;

  private final BlockAccesses accesses;
  private final Scenario scenario;
  private final SimulatedCache cache;
  private final SimulatedCache without;
  private final @Nullable PrefetchModel prefetch;
  private final int restartRequest;
  private final Tally tally = new Tally();
  private final Tally afterRestart = new Tally();
  private long missedWithout;
  private long pushedOut;

  /** Misses in halves, and what they are of. */
  private static final class Tally {
    private long accesses;
    private long requests;
    private long bytes;
    private long missedBlocks;
    private long missedRequests;
    private double missedBytes;

    private void add(int touched, int missed, int worst, int requestBytes) {
      accesses += touched;
      requests++;
      bytes += requestBytes;
      missedBlocks += missed;
      missedRequests += worst;
      missedBytes += (double) requestBytes * missed / touched;
    }

    private Ratios ratios() {
      return new Ratios(
          accesses,
          (double) missedBlocks / HALVES / Math.max(1, accesses),
          (double) missedRequests / HALVES / Math.max(1, requests),
          missedBytes / HALVES / Math.max(1, bytes));
    }
  }

  /**
   * @param slotCount blocks that fit, at least 1
   * @param maker makes the policy for a number of slots
   */
  public Replay(
      BlockAccesses accesses,
      int slotCount,
      Scenario scenario,
      BiFunction<Integer, SlotView, ReplacementPolicy> maker) {
    this.accesses = accesses;
    this.scenario = scenario;
    restartRequest =
        scenario.restartShare() == 0
            ? Integer.MAX_VALUE
            : Math.max(1, (int) (accesses.requestCount() * scenario.restartShare()));
    cache = new SimulatedCache(accesses, slotCount, scenario.byPage(), maker);
    if (scenario.prefetch().kind() == PrefetchChoice.Kind.OFF) {
      prefetch = null;
      without = cache;
    } else {
      prefetch = new PrefetchModel(accesses, cache, scenario);
      cache.onEvictedUnused(prefetch::wasted);
      without = new SimulatedCache(accesses, slotCount, scenario.byPage(), maker);
    }
  }

  /** Replays everything from the first access to the last. */
  public Result run() {
    long begin = System.nanoTime();
    for (int request = 0; request < accesses.requestCount(); request++) {
      if (request == restartRequest) {
        restart();
      }
      serve(request);
    }
    long nanos = System.nanoTime() - begin;
    return new Result(
        cache.slotCount(),
        tally.ratios(),
        afterRestart.ratios(),
        prefetch == null ? Prefetching.NONE : prefetching(prefetch),
        (double) nanos / accesses.count());
  }

  private void serve(int request) {
    if (prefetch != null) {
      prefetch.advanceTo(request);
    }
    int first = accesses.firstAccess(request);
    int end = accesses.firstAccess(request + 1);
    int missed = 0;
    int worst = 0;
    for (int access = first; access < end; access++) {
      int halves = missedHalves(access);
      missed += halves;
      worst = Math.max(worst, halves);
    }
    tally.add(end - first, missed, worst, accesses.bytes(request));
    if (request >= restartRequest) {
      afterRestart.add(end - first, missed, worst, accesses.bytes(request));
    }
    if (prefetch != null) {
      prefetch.answered(request, worst == HALVES);
    }
  }

  private int missedHalves(int access) {
    int block = accesses.block(access);
    long pages = accesses.pages(access);
    if (prefetch == null) {
      return cache.use(block, pages) == Found.NOTHING ? HALVES : 0;
    }
    boolean isThereWithout = without.use(block, pages) != Found.NOTHING;
    missedWithout += isThereWithout ? 0 : 1;
    return switch (cache.use(block, pages)) {
      case BLOCK -> 0;
      case PREFETCHED_BLOCK -> {
        prefetch.firstUse(block);
        yield 0;
      }
      case NOTHING -> {
        boolean isLate = prefetch.joins(block);
        pushedOut += isThereWithout && !isLate ? 1 : 0;
        yield isLate ? 1 : HALVES;
      }
    };
  }

  private void restart() {
    cache.restart(scenario.keepsState());
    if (prefetch != null) {
      without.restart(scenario.keepsState());
      prefetch.restart(scenario.keepsState());
    }
  }

  private Prefetching prefetching(PrefetchModel model) {
    double missed = (double) tally.missedBlocks / HALVES;
    double demanded = missed - model.late() / (double) HALVES;
    double hits = (double) model.used() + model.late();
    return new Prefetching(
        model.issued(),
        model.used(),
        model.late(),
        model.wasted(),
        share(hits, model.issued()),
        share(missedWithout - missed, missedWithout),
        share(model.used(), hits),
        share(demanded + model.issued() - missedWithout, missedWithout),
        share(pushedOut, missedWithout));
  }

  private static double share(double part, double whole) {
    return whole == 0 ? 0 : part / whole;
  }

  /**
   * What came out.
   *
   * @param cacheBlocks slots
   * @param all of all accesses
   * @param afterRestart of those after the restart
   * @param prefetching what became of prefetches
   * @param nanosPerAccess of the replay, its own tables included
   */
  public record Result(
      int cacheBlocks,
      Ratios all,
      Ratios afterRestart,
      Prefetching prefetching,
      double nanosPerAccess) {}

  /**
   * Misses; one that had only to wait for a prefetch counts half.
   *
   * @param accesses how many the ratios are of
   * @param missRatio missed block accesses among all
   * @param missRatioByRequest requests of which any block missed among all
   * @param missRatioByByte bytes of missed blocks among all; a request's bytes count evenly over
   *     its blocks
   */
  public record Ratios(
      long accesses, double missRatio, double missRatioByRequest, double missRatioByByte) {}

  /**
   * What became of prefetched blocks, and what they were worth.
   *
   * @param issued fetched
   * @param used there when they were asked for
   * @param late asked for while they were on their way
   * @param wasted gone before they were asked for
   * @param precision asked for at all, of those issued
   * @param coverage misses avoided, of those without prefetching
   * @param timeliness there in time, of those asked for
   * @param overhead blocks read from the backing more than without, of those without
   * @param pollution misses of blocks that would be there without, of all misses without
   */
  public record Prefetching(
      long issued,
      long used,
      long late,
      long wasted,
      double precision,
      double coverage,
      double timeliness,
      double overhead,
      double pollution) {
    static final Prefetching NONE = new Prefetching(0, 0, 0, 0, 0, 0, 0, 0, 0);
  }
}
