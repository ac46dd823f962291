package io.emberfs.fuse.channel;

import io.emberfs.fuse.dispatch.Dispatcher;
import java.time.Duration;

/**
 * What serves requests beside the device, or instead of it: FUSE's queues over io_uring, or
 * nothing. Called by the thread that mounts, in this order, unless a method says otherwise.
 */
interface Rings extends AutoCloseable {
  /**
   * The kernel offers rings: makes everything that can fail before INIT is answered.
   *
   * @param device descriptor that the rings will send their commands to; stays the caller's, and
   *     open until {@link #close}
   * @param dispatcher serves the requests
   * @return whether rings are to be announced; if not, nothing is left of them
   */
  boolean prepare(int device, Dispatcher dispatcher);

  /** Requests that each queue takes at a time; after {@link #prepare}. */
  int depth();

  /**
   * INIT was answered, with rings announced: has them registered and served.
   *
   * @param onBroken called on any thread if requests can no longer be served although the
   *     connection stands
   * @return whether the kernel will use them; if not, it uses the device, and nothing is left of
   *     them
   */
  boolean start(Runnable onBroken);

  /** The connection has ended. Waits until every request of the rings is answered, or gives up. */
  boolean awaitEnd(Duration timeout);

  /** Ends rings that were not started, frees the memory of rings that have ended. Idempotent. */
  @Override
  void close();

  /** No rings. */
  Rings NONE =
      new Rings() {
        @Override
        public boolean prepare(int device, Dispatcher dispatcher) {
          return false;
        }

        @Override
        public int depth() {
          return 0;
        }

        @Override
        public boolean start(Runnable onBroken) {
          return false;
        }

        @Override
        public boolean awaitEnd(Duration timeout) {
          return true;
        }

        @Override
        public void close() {}
      };
}
