package io.emberfs.fuse.channel;

/**
 * How large FUSE's queues are.
 *
 * @param depthMax entries of a queue, at most; fewer where many queues share the requests that may
 *     be in flight
 * @param headerBytes of each entry that are shown to the kernel for a request's header and
 *     structure
 */
record RingShape(int depthMax, int headerBytes) {
  /**
   * Deep enough that a queue full of misses is rare; an entry costs two pages until it carries
   * more.
   */
  static final RingShape STANDARD = new RingShape(64, RingEntry.HEADER_SIZE);

  /** With fewer, a few misses would hold hits up. */
  static final int DEPTH_MIN = 4;

  /**
   * Entries of each queue.
   *
   * @param requestsInFlightMax that may have memory at a time
   */
  int depth(int queueCount, int requestsInFlightMax) {
    return Math.min(depthMax, requestsInFlightMax / queueCount);
  }
}
