package io.emberfs.fuse.jnr;

import io.emberfs.core.BackingException;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.Request;
import io.emberfs.fuse.dispatch.RequestMeters;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what libfuse calls: the outermost catch of a call, from which nothing leaves but a number.
 * Any thread.
 */
final class Calls {
  private static final Logger LOG = LoggerFactory.getLogger(Calls.class);

  private final Supplier<Caller> callers;
  private final RequestMeters meters;

  /**
   * @param callers says on whose behalf the present thread was called
   * @param meters counts under {@code fuse.}
   */
  Calls(Supplier<Caller> callers, RequestMeters meters) {
    this.callers = callers;
    this.meters = meters;
  }

  /** What one call does; throws what becomes its errno. */
  interface Body {
    /** The call's result: 0, or a count of bytes. */
    long run(Caller caller);
  }

  /** Runs a body; returns its result or the negated errno. */
  int run(Body body) {
    try {
      return (int) body.run(callers.get());
    } catch (BackingException refused) {
      return -refused.errno();
    } catch (Throwable thrown) {
      meters.handlerErrors().increment();
      logged(thrown);
      return -Errno.EIO;
    }
  }

  private static void logged(Throwable thrown) {
    try {
      LOG.error("a call of libfuse failed", thrown);
    } catch (Throwable _) {
      // What leaves here would leave into C.
    }
  }

  /** Asks the handler; see {@link JnrRequest#ask}. */
  JnrRequest ask(Caller caller, Consumer<Request> question) {
    return JnrRequest.ask(caller, meters, question);
  }

  /** Asks the handler for bytes. */
  JnrRequest askInto(Caller caller, MemorySegment out, Consumer<Request> question) {
    return JnrRequest.ask(caller, MemorySegment.NULL, out, (_, _, _, _) -> false, meters, question);
  }

  /** Asks the handler to take bytes. */
  JnrRequest askWith(Caller caller, MemorySegment in, Consumer<Request> question) {
    return JnrRequest.ask(caller, in, MemorySegment.NULL, (_, _, _, _) -> false, meters, question);
  }

  /** Asks the handler for entries of a directory. */
  JnrRequest askEntries(Caller caller, JnrRequest.DirectorySink sink, Consumer<Request> question) {
    return JnrRequest.ask(caller, MemorySegment.NULL, MemorySegment.NULL, sink, meters, question);
  }
}
