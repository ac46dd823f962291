package io.emberfs.fuse.dispatch;

import io.emberfs.core.Meters;
import io.emberfs.core.Meters.Counter;

/**
 * What is counted about requests, whatever they ask for.
 *
 * @param malformed bytes that were no request
 * @param unknownOpcodes operations that are not served
 * @param handlerErrors throwables that left the handler, and requests that it did not answer
 * @param doubleAnswers answers to a request that had one
 * @param deferred requests answered later
 * @param replyErrors replies that the kernel did not take
 * @param ringErrors ring entries that were lost for another reason than the end
 */
public record RequestMeters(
    Counter malformed,
    Counter unknownOpcodes,
    Counter handlerErrors,
    Counter doubleAnswers,
    Counter deferred,
    Counter replyErrors,
    Counter ringErrors) {
  /** Counts under the names that {@code stats} shows. */
  public static RequestMeters of(Meters meters) {
    return new RequestMeters(
        meters.counter("fuse.malformedRequests"),
        meters.counter("fuse.unknownOpcodes"),
        meters.counter("fuse.handlerErrors"),
        meters.counter("fuse.doubleAnswers"),
        meters.counter("fuse.deferred"),
        meters.counter("fuse.replyErrors"),
        meters.counter("fuse.ringErrors"));
  }
}
