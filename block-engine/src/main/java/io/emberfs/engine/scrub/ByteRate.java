package io.emberfs.engine.scrub;

/**
 * How many bytes may be verified now: what a rate brings in the time since the last look, a
 * second's worth at most, so that a pause is not made up for. One thread at a time.
 */
final class ByteRate {
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final long MOMENTS_PER_SECOND = 10;

  private final long pieceBytes;
  private long creditBytes;
  private long seenNanos;

  /**
   * @param pieceBytes what is given out one or several times
   */
  ByteRate(long pieceBytes) {
    this.pieceBytes = pieceBytes;
  }

  /** Begins anew, with what a moment brings. */
  void begin(long bytesPerSecond, long nowNanos) {
    creditBytes = Math.max(bytesPerSecond / MOMENTS_PER_SECOND, pieceBytes);
    seenNanos = nowNanos;
  }

  /**
   * Takes what may be verified now.
   *
   * @param bytesMax at least a piece
   * @return whole pieces; 0 if it is too early for one
   */
  long take(long bytesPerSecond, long bytesMax, long nowNanos) {
    long elapsedNanos = Math.min(nowNanos - seenNanos, NANOS_PER_SECOND);
    long brought = (long) ((double) bytesPerSecond * elapsedNanos / NANOS_PER_SECOND);
    if (brought > 0) {
      creditBytes = Math.min(creditBytes + brought, Math.max(bytesPerSecond, pieceBytes));
      seenNanos = nowNanos;
    }
    // Whole pieces: a tier rounds up to a block, and the odd rest would become one.
    long taken = Math.min(creditBytes, bytesMax) / pieceBytes * pieceBytes;
    creditBytes -= taken;
    return taken;
  }
}
