package io.emberfs.app.simulate;

/**
 * What happens in a replay besides the accesses.
 *
 * @param byPage whether a miss brings the pages that were asked for instead of the block
 * @param prefetch what is fetched before it is asked for
 * @param hasClock whether the trace says when its requests came; else requests are counted
 * @param restartShare of the requests, after which the cache is closed and opened again; 0 for
 *     never
 * @param keepsState whether the cache and the models have then what a mount would have persisted
 */
public record Scenario(
    boolean byPage,
    PrefetchChoice prefetch,
    boolean hasClock,
    double restartShare,
    boolean keepsState) {
  /** Replacement alone, of whole blocks. */
  public static final Scenario REPLACEMENT =
      new Scenario(false, PrefetchChoice.OFF, false, 0, false);
}
