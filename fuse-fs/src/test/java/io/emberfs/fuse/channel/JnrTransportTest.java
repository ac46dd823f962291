package io.emberfs.fuse.channel;

import io.emberfs.core.Clock;
import io.emberfs.core.FuseTransport;
import io.emberfs.fuse.jnr.JnrTransport;
import java.time.Duration;

/** The contract over libfuse 2; pages of the kernel it cannot have. */
final class JnrTransportTest extends TransportContract {
  /** Longer than a test, for the validity of names is the mount's here, not the answer's. */
  private static final Duration TTL = Duration.ofHours(1);

  @Override
  FuseTransport transport(boolean kernelCache) {
    return new JnrTransport(TTL.toNanos(), Clock.SYSTEM, meters);
  }
}
