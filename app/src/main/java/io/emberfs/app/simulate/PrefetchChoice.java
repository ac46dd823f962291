package io.emberfs.app.simulate;

import io.emberfs.app.daemon.Assembly;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Meters;
import io.emberfs.core.Prefetcher;
import io.emberfs.engine.prefetch.PrefetchLimits;

/**
 * What is prefetched in a replay.
 *
 * @param kind by whom
 * @param readaheadBytes of {@link Kind#FIXED}: how much beyond the end of each request
 */
public record PrefetchChoice(Kind kind, int readaheadBytes) {
  /** Nothing. */
  public static final PrefetchChoice OFF = new PrefetchChoice(Kind.OFF, 0);

  /** As in a mount. */
  public static final PrefetchChoice ON = new PrefetchChoice(Kind.MOUNT, 0);

  /** Never short of it: a fixed baseline is not throttled. */
  private static final long NO_BOUND_BYTES = Long.MAX_VALUE >> 2;

  /** Who proposes. */
  public enum Kind {
    OFF,
    /** The models of the mount, with its throttles. */
    MOUNT,
    /** What follows each request, whatever becomes of it. */
    FIXED
  }

  /**
   * The same number of blocks after each request, at least one.
   *
   * @param bytes rounded up to blocks
   */
  public static PrefetchChoice fixed(int bytes) {
    return new PrefetchChoice(Kind.FIXED, bytes);
  }

  Prefetcher prefetcher(BlockGeometry geometry, Meters meters) {
    return kind == Kind.FIXED
        ? new FixedReadahead(
            geometry, Math.max(1, Math.ceilDiv(readaheadBytes, geometry.blockSize())))
        : Assembly.prefetcher(kind == Kind.MOUNT, geometry, meters);
  }

  PrefetchLimits limits() {
    PrefetchLimits mount = PrefetchLimits.DEFAULT;
    return kind == Kind.FIXED
        ? new PrefetchLimits(
            mount.queueCandidates(),
            mount.runBytesMax(),
            NO_BOUND_BYTES,
            mount.demandInFlightMax(),
            mount.cpuShare())
        : mount;
  }
}
