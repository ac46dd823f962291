package io.emberfs.fuse.fs;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.core.Meters.Counter;
import io.emberfs.core.Request;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the bodies of requests, here or on a worker, and turns what they throw into an errno. A body
 * answers as its last act: once answered, the request may already be another one.
 */
final class Tasks {
  private static final Logger LOG = LoggerFactory.getLogger(Tasks.class);

  private final UserShares shares;
  private final Counter handlerErrors;

  Tasks(UserShares shares, Counter handlerErrors) {
    this.shares = shares;
    this.handlerErrors = handlerErrors;
  }

  /**
   * Runs a body that may touch the backing away from the receiving thread; on it only when the
   * workers' queue is full.
   */
  void later(Request request, Runnable body) {
    request.defer();
    if (!shares.execute(request.uid(), () -> now(request, body))) {
      now(request, body);
    }
  }

  private void now(Request request, Runnable body) {
    try {
      body.run();
    } catch (BackingException refused) {
      request.error(refused.errno());
    } catch (Throwable thrown) {
      handlerErrors.increment();
      LOG.error("a request failed", thrown);
      request.error(Errno.EIO);
    }
  }
}
