package io.emberfs.app.simulate;

/**
 * The requests of a trace, in order; arrays of one length, not to be changed.
 *
 * @param name of the file it came from, without its endings
 * @param timesMicros when each request came
 * @param volumes small numbers that stand for files
 * @param offsets first byte
 * @param lengths bytes, at least 1
 */
public record Trace(String name, long[] timesMicros, int[] volumes, long[] offsets, int[] lengths) {
  /** Number of requests. */
  public int requestCount() {
    return offsets.length;
  }
}
