package io.emberfs.app.daemon;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;

/**
 * Who wants the daemon to stop, and how much; taken one at a time by the thread that owns the
 * mount. Any thread may add.
 */
final class StopRequests {
  private static final Set<String> SIGNALS = Set.of("TERM", "INT", "HUP");
  private static final int WAITING_MAX = 64;

  private final LinkedBlockingQueue<StopRequest> waiting = new LinkedBlockingQueue<>(WAITING_MAX);
  private @Nullable StopOutcome finalOutcome;

  /**
   * Takes over the signals that end a process. A handler of one's own, because with shutdown hooks
   * alone the process would end with the signal's number and never see a second signal.
   */
  void listenToSignals() {
    for (String name : SIGNALS) {
      Signal.handle(new Signal(name), _ -> add(StopRequest.Kind.SIGNAL));
    }
  }

  /**
   * Adds a request; the outcome comes in the future: {@code BUSY} if too many are waiting, the last
   * one if it is too late.
   */
  CompletableFuture<StopOutcome> add(StopRequest.Kind kind) {
    CompletableFuture<StopOutcome> outcome = new CompletableFuture<>();
    synchronized (waiting) {
      if (finalOutcome != null) {
        outcome.complete(finalOutcome);
      } else if (!waiting.offer(new StopRequest(kind, outcome))) {
        outcome.complete(StopOutcome.busy());
      }
    }
    return outcome;
  }

  StopRequest take() throws InterruptedException {
    return waiting.take();
  }

  /** Answers everybody who still waits, and everybody who comes later. */
  void end(StopOutcome outcome) {
    synchronized (waiting) {
      finalOutcome = outcome;
      waiting.forEach(request -> request.outcome().complete(outcome));
      waiting.clear();
    }
  }

  /**
   * One request.
   *
   * @param kind what is wanted
   * @param outcome completed when it is known
   */
  record StopRequest(Kind kind, CompletableFuture<StopOutcome> outcome) {
    enum Kind {
      /** Unmount unless somebody uses it. */
      ORDERLY,
      /** Detach now, end when the last user leaves. */
      LAZY,
      /** End now; open files get errors. */
      FORCE,
      /** The first one is lazy where it must be, the second one forces. */
      SIGNAL,
      /** The mount has ended by itself. */
      ENDED
    }
  }

  /**
   * What became of a request.
   *
   * @param state of the mount
   * @param savedBytes that a next mount will find warm
   * @param left a phrase about what stays in the journal; empty if nothing does
   */
  record StopOutcome(State state, long savedBytes, String left) {
    enum State {
      STOPPED,
      BUSY,
      DETACHED
    }

    static StopOutcome busy() {
      return new StopOutcome(State.BUSY, 0, "");
    }

    static StopOutcome detached() {
      return new StopOutcome(State.DETACHED, 0, "");
    }

    static StopOutcome stopped(long savedBytes, String left) {
      return new StopOutcome(State.STOPPED, savedBytes, left);
    }
  }
}
