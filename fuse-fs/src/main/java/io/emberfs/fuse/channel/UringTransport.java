package io.emberfs.fuse.channel;

import io.emberfs.core.FsHandler;
import io.emberfs.core.Meters;
import io.emberfs.core.MountSpec;
import io.emberfs.fuse.dispatch.RequestMeters;
import io.emberfs.fuse.dispatch.WireRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transport over io_uring, where the kernel offers it; else that over {@code /dev/fuse}, under
 * that name and with the reason. Threads {@code emberfs-uring-N}, one on each CPU, receive requests
 * and answer at once what can be answered at once; a deferred request keeps its ring entry and is
 * posted back to its thread by whoever answers it.
 */
public final class UringTransport extends DeviceTransport {
  private static final Logger LOG = LoggerFactory.getLogger(UringTransport.class);

  /** The switch of the kernel's module: Y or N. */
  public static final String PARAMETER = "/sys/module/fuse/parameters/enable_uring";

  private final RingShape shape;
  private volatile @Nullable UringConnection rings;

  /**
   * @param kernelCache whether the kernel may keep pages of files
   * @param meters counts under {@code fuse.}
   */
  public UringTransport(boolean kernelCache, Meters meters) {
    this(kernelCache, RingShape.STANDARD, meters);
  }

  UringTransport(boolean kernelCache, RingShape shape, Meters meters) {
    super(kernelCache, meters);
    this.shape = shape;
  }

  @Override
  public String name() {
    return overRings() ? "uring" : "dev";
  }

  @Override
  public String reason() {
    UringConnection present = rings;
    return present == null ? "" : present.reason();
  }

  @Override
  public synchronized void mount(MountSpec wanted, FsHandler handler) {
    super.mount(wanted, handler);
    LOG.info("transport {}: {}", name(), reason());
  }

  @Override
  public long bufferBytesMax() {
    UringConnection present = rings;
    return present != null && overRings()
        // The device's one receiver needs one buffer.
        ? present.byteCount() + WireRequest.memorySize(wanted().requestSizeMax())
        : super.bufferBytesMax();
  }

  @Override
  Rings rings(MountSpec wanted, RequestMeters meters) {
    UringConnection made = new UringConnection(wanted, shape, meters);
    rings = made;
    return made;
  }
}
