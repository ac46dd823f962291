package io.emberfs.fuse.channel;

import io.emberfs.core.Clock;
import io.emberfs.core.FuseTransport;
import io.emberfs.fuse.jnr.JnrTransport;
import java.time.Duration;

/** The contract over libfuse 2; pages of the kernel it cannot have. */
final class JnrTransportTest extends TransportContract {
  @Override
  FuseTransport transport(boolean kernelCache) {
    return new JnrTransport(Duration.ofSeconds(1).toNanos(), Clock.SYSTEM, meters);
  }
}
