package io.emberfs.fuse.channel;

import io.emberfs.core.Meters;
import io.emberfs.core.MountSpec;
import io.emberfs.fuse.dispatch.RequestMeters;

/**
 * The transport over {@code /dev/fuse}. Threads {@code emberfs-dev-N} read requests and answer at
 * once what can be answered at once; a deferred request takes its memory along and is answered by
 * whoever has it.
 */
public final class DevTransport extends DeviceTransport {
  /**
   * @param kernelCache whether the kernel may keep pages of files
   * @param meters counts under {@code fuse.}
   */
  public DevTransport(boolean kernelCache, Meters meters) {
    super(kernelCache, meters);
  }

  @Override
  public String name() {
    return "dev";
  }

  @Override
  public String reason() {
    return "asked for";
  }

  @Override
  Rings rings(MountSpec wanted, RequestMeters meters) {
    return Rings.NONE;
  }
}
