package io.emberfs.fuse.channel;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.FsHandler;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.Meters;
import io.emberfs.core.MountSpec;
import io.emberfs.fuse.dispatch.RequestMeters;
import io.emberfs.fuse.dispatch.WireRequest;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What the transports over {@code /dev/fuse} have in common: one {@link DevConnection}. */
abstract sealed class DeviceTransport implements FuseTransport
    permits DevTransport, UringTransport {
  private static final int PAGE_SIZE = 4096;
  private static final int REQUEST_SIZE_MAX = 1 << 20;

  private final boolean kernelCache;
  private final RequestMeters meters;
  private final CountDownLatch mounted = new CountDownLatch(1);

  private volatile @Nullable MountSpec spec;
  private volatile @Nullable DevConnection connection;

  @GuardedBy("this")
  private boolean isUsed;

  /**
   * @param kernelCache whether the kernel may keep pages of files
   * @param meters counts under {@code fuse.}
   */
  DeviceTransport(boolean kernelCache, Meters meters) {
    this.kernelCache = kernelCache;
    this.meters = RequestMeters.of(meters);
  }

  /** What to try beside the device, for one mount. */
  abstract Rings rings(MountSpec wanted, RequestMeters requestMeters);

  /** Whether requests come by rings; false before the mount. */
  final boolean overRings() {
    DevConnection present = connection;
    return present != null && present.overRings();
  }

  @Override
  public synchronized void mount(MountSpec wanted, FsHandler handler) {
    if (isUsed) {
      throw new IllegalStateException("a transport mounts once");
    }
    int size = wanted.requestSizeMax();
    if (size < PAGE_SIZE || size > REQUEST_SIZE_MAX || size % PAGE_SIZE != 0) {
      throw new IllegalArgumentException(
          "requestSizeMax " + size + " is not whole pages up to " + REQUEST_SIZE_MAX);
    }
    if (wanted.threadCount() < 1 || wanted.requestsInFlightMax() < wanted.threadCount()) {
      throw new IllegalArgumentException(
          wanted.threadCount() + " threads, " + wanted.requestsInFlightMax() + " requests");
    }
    isUsed = true;
    spec = wanted;
    connection = DevConnection.open(wanted, handler, kernelCache, meters, rings(wanted, meters));
    mounted.countDown();
  }

  @Override
  public boolean awaitMounted(Duration timeout) {
    try {
      if (!mounted.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
        return false;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
    return standing().mount().isMounted();
  }

  @Override
  public void awaitUnmounted() throws InterruptedException {
    mounted.await();
    standing().awaitEnd();
  }

  @Override
  public boolean unmount(boolean lazy) {
    DevConnection present = connection;
    return present == null || present.mount().unmount(lazy);
  }

  @Override
  public Capabilities capabilities() {
    return standing().capabilities();
  }

  @Override
  public boolean notifyInvalidInode(long nodeId, long offset, long length) {
    DevConnection present = connection;
    return present != null && present.notifyInvalidInode(nodeId, offset, length);
  }

  @Override
  public boolean notifyInvalidEntry(long parentId, byte[] name) {
    DevConnection present = connection;
    return present != null && present.notifyInvalidEntry(parentId, name);
  }

  @Override
  public boolean notifyPrune(long[] nodeIds, int count) {
    DevConnection present = connection;
    return present != null && present.notifyPrune(nodeIds, count);
  }

  @Override
  public long bufferBytesMax() {
    MountSpec present = wanted();
    return WireRequest.memorySize(present.requestSizeMax()) * present.requestsInFlightMax();
  }

  @Override
  public void close() {
    DevConnection present = connection;
    if (present != null) {
      present.close();
    }
  }

  final MountSpec wanted() {
    MountSpec present = spec;
    if (present == null) {
      throw new IllegalStateException("not mounted");
    }
    return present;
  }

  private DevConnection standing() {
    DevConnection present = connection;
    if (present == null) {
      throw new IllegalStateException("not mounted");
    }
    return present;
  }
}
