package io.emberfs.fuse.channel;

import io.emberfs.core.FuseTransport;

final class DevTransportTest extends TransportContract {
  @Override
  FuseTransport transport(boolean kernelCache) {
    return new DevTransport(kernelCache, meters);
  }
}
