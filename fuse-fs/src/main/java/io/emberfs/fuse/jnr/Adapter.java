package io.emberfs.fuse.jnr;

import io.emberfs.core.Caller;
import io.emberfs.core.Clock;
import io.emberfs.core.FsHandler;
import io.emberfs.fuse.dispatch.RequestMeters;
import java.util.function.Supplier;

/**
 * One mount's way from paths to nodes: the calls of libfuse, and what they share.
 *
 * @param paths the calls that find, make, name and remove something by path
 * @param attributes the calls on attributes, by path
 * @param handles the calls that open something or mean it by its handle
 */
record Adapter(
    PathCalls paths,
    AttributeCalls attributes,
    HandleCalls handles,
    Calls calls,
    NameCache names,
    NodeReferences references) {
  private static final int NAMES_MAX = 8192;

  /**
   * @param callers says on whose behalf the present thread was called
   * @param nameNanos how long a name is believed
   */
  static Adapter of(
      FsHandler handler,
      Supplier<Caller> callers,
      long nameNanos,
      Clock clock,
      RequestMeters meters) {
    Calls calls = new Calls(callers, meters);
    NodeReferences references = new NodeReferences(handler);
    NameCache names = new NameCache(references, clock, NAMES_MAX, nameNanos);
    PathResolver resolver = new PathResolver(handler, calls, references, names);
    return new Adapter(
        new PathCalls(handler, calls, resolver, references),
        new AttributeCalls(handler, calls, resolver),
        new HandleCalls(handler, calls, resolver, references),
        calls,
        names,
        references);
  }

  /** Gives back what only names hold that are too old to be believed. */
  void expireNames() {
    names.expire();
  }

  /** Gives everything back to the handler; no call follows. */
  void end() {
    handles.releaseAll();
    names.clear();
  }
}
