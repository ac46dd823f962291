package io.emberfs.engine.prefetch;

/**
 * The bounds of prefetching.
 *
 * @param queueCandidates candidates that may wait
 * @param runBytesMax bytes of one load; a longer candidate is fetched in parts
 * @param burstBytes prefetched bytes that may be unused at a time beyond what demand has earned
 * @param demandInFlightMax demand reads in flight above which the backing counts as busy and
 *     prefetch pauses
 * @param cpuShare of one core for the models, 0 to 1
 */
public record PrefetchLimits(
    int queueCandidates, int runBytesMax, long burstBytes, int demandInFlightMax, double cpuShare) {
  /** For every mount that says nothing else. */
  public static final PrefetchLimits DEFAULT = new PrefetchLimits(64, 1 << 20, 8L << 20, 8, 0.05);

  public PrefetchLimits {
    if (queueCandidates < 1 || runBytesMax < 1 || burstBytes < 0 || demandInFlightMax < 0) {
      throw new IllegalArgumentException(
          "queueCandidates %d, runBytesMax %d, burstBytes %d, demandInFlightMax %d"
              .formatted(queueCandidates, runBytesMax, burstBytes, demandInFlightMax));
    }
    if (!(cpuShare > 0 && cpuShare <= 1)) {
      throw new IllegalArgumentException("cpuShare " + cpuShare + " is not in (0, 1]");
    }
  }
}
