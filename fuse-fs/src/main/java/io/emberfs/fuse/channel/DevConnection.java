package io.emberfs.fuse.channel;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.core.FsHandler;
import io.emberfs.core.FuseTransport.Capabilities;
import io.emberfs.core.FuseTransport.Feature;
import io.emberfs.core.MountSpec;
import io.emberfs.ffi.FuseDevice;
import io.emberfs.fuse.dispatch.Dispatcher;
import io.emberfs.fuse.dispatch.Initiation;
import io.emberfs.fuse.dispatch.Notification;
import io.emberfs.fuse.dispatch.ReplyChannel;
import io.emberfs.fuse.dispatch.RequestMeters;
import io.emberfs.fuse.dispatch.WireRequest;
import io.emberfs.fuse.mount.FuseMount;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One mount over the FUSE device, from open to close: its descriptors, receive threads and buffers.
 *
 * <p>Every receiver has a descriptor of its own. The kernel keeps a list of requests in progress
 * for each, so a reply goes to the descriptor that its request came from, and none is closed before
 * all requests are answered: its number could then belong to a file of somebody else.
 *
 * <p>With {@link Rings} the device carries INIT, what is not answered, and notifications; one
 * receiver is enough for that.
 */
final class DevConnection implements ReplyChannel {
  private static final Logger LOG = LoggerFactory.getLogger(DevConnection.class);

  /** How long an end is waited for: a backing may hang for ever. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Well below what the kernel lets wait in the background ({@link Initiation}). */
  private static final int HELD_REQUESTS_MAX = 16;

  private static final int HELD_REQUESTS_DIVISOR = 4;

  private final FuseMount mount;
  private final RequestBuffers buffers;
  private final RequestMeters meters;
  private final FsHandler handler;
  private final Dispatcher dispatcher;
  private final Rings rings;
  private final int[] descriptors;
  private final AtomicInteger receiversLeft;

  /** Whether requests come by rings; of the thread that mounts. */
  private boolean overRings;

  private final CountDownLatch ended = new CountDownLatch(1);

  /** Guards the notifications' memory and the life of the descriptors towards them. */
  private final ReentrantLock notifyLock = new ReentrantLock();

  private final Condition notificationEnded = notifyLock.newCondition();

  @GuardedBy("notifyLock")
  private boolean isClosed;

  /** Notifications that use the descriptor now. */
  @GuardedBy("notifyLock")
  private int notifications;

  private DevConnection(
      int[] descriptors,
      FuseMount mount,
      RequestBuffers buffers,
      FsHandler handler,
      RequestMeters meters,
      Rings rings) {
    this.descriptors = descriptors;
    this.mount = mount;
    this.buffers = buffers;
    this.handler = handler;
    this.meters = meters;
    this.dispatcher = new Dispatcher(handler, meters);
    this.rings = rings;
    this.receiversLeft = new AtomicInteger(descriptors.length);
  }

  /**
   * Mounts, answers INIT, starts the rings or, where they cannot be had, the receivers.
   *
   * @param rings tried if the kernel offers them; owned from here on
   * @throws BackingException with the errno of the step that failed; nothing is left mounted
   */
  static DevConnection open(
      MountSpec spec, FsHandler handler, boolean kernelCache, RequestMeters meters, Rings rings) {
    RequestBuffers buffers = new RequestBuffers(spec.requestSizeMax(), spec.requestsInFlightMax());
    FuseMount mount;
    try {
      mount = FuseMount.mount(spec);
    } catch (RuntimeException failed) {
      buffers.close();
      throw failed;
    }
    int[] descriptors = new int[spec.threadCount()];
    Arrays.fill(descriptors, mount.device());
    DevConnection connection =
        new DevConnection(descriptors, mount, buffers, handler, meters, rings);
    try {
      connection.initiate(spec, kernelCache);
      handler.init(connection.capabilities());
    } catch (RuntimeException failed) {
      mount.abort();
      connection.free();
      throw failed;
    }
    connection.start();
    return connection;
  }

  /** Whether requests come by rings. */
  boolean overRings() {
    return overRings;
  }

  Capabilities capabilities() {
    int size = buffers.requestSizeMax();
    Set<Feature> features = EnumSet.allOf(Feature.class);
    if (overRings) {
      features.remove(Feature.GATHER_REPLY);
    }
    int requests = overRings ? rings.depth() : buffers.countMax();
    return new Capabilities(
        size, size, Math.min(HELD_REQUESTS_MAX, requests / HELD_REQUESTS_DIVISOR), features);
  }

  /** The kernel queues INIT within mount(2); it is always the first request. */
  private void initiate(MountSpec spec, boolean kernelCache) {
    WireRequest request = buffers.acquire(this, meters);
    try {
      int byteCount =
          FuseDevice.read(descriptors[0], request.receiveAddress(), request.receiveCapacity());
      if (byteCount < 0) {
        throw new BackingException(-byteCount, "read", "/dev/fuse");
      }
      Initiation agreed =
          Initiation.answer(
              request,
              descriptors[0],
              byteCount,
              spec,
              kernelCache,
              () -> rings.prepare(descriptors[0], dispatcher));
      overRings = agreed.overRings();
      LOG.debug("FUSE protocol 7.{}, flags 0x{}", agreed.minor(), Long.toHexString(agreed.flags()));
    } finally {
      buffers.release(request);
    }
  }

  private void start() {
    overRings = overRings && rings.start(mount::abort);
    int receiverCount = overRings ? 1 : descriptors.length;
    for (int i = 1; i < receiverCount; i++) {
      int clone = FuseDevice.cloneOf(descriptors[0]);
      if (clone < 0) {
        // Sharing the first descriptor is as right, only not as fast.
        LOG.warn("cannot clone the FUSE device: errno {}", -clone);
      } else {
        descriptors[i] = clone;
      }
    }
    receiversLeft.set(receiverCount);
    for (int i = 0; i < receiverCount; i++) {
      Receiver receiver =
          new Receiver(descriptors[i], dispatcher, buffers, this, meters, this::receiverEnded);
      Thread.ofPlatform().name("emberfs-dev-" + i).daemon(true).start(receiver);
    }
  }

  private void receiverEnded() {
    if (receiversLeft.decrementAndGet() > 0) {
      return;
    }
    try {
      rings.awaitEnd(PATIENCE);
      buffers.awaitAllFree(PATIENCE);
      handler.destroy();
    } catch (RuntimeException failed) {
      LOG.error("ending the file system failed", failed);
    } finally {
      ended.countDown();
    }
  }

  FuseMount mount() {
    return mount;
  }

  void awaitEnd() throws InterruptedException {
    ended.await();
  }

  boolean notifyInvalidInode(long nodeId, long offset, long length) {
    int result =
        send(
            Notification.INVALID_INODE_SIZE,
            message -> Notification.invalidInode(message, nodeId, offset, length));
    // ENOENT: the kernel does not know the node, so it keeps nothing of it.
    return result >= 0 || result == -Errno.ENOENT;
  }

  boolean notifyInvalidEntry(long parentId, byte[] name) {
    int result =
        send(
            Notification.invalidEntrySize(name),
            message -> Notification.invalidEntry(message, parentId, name));
    return result >= 0 || result == -Errno.ENOENT;
  }

  boolean notifyPrune(long[] nodeIds, int count) {
    return send(
            Notification.pruneSize(count), message -> Notification.prune(message, nodeIds, count))
        >= 0;
  }

  /**
   * Writes a notification; bytes written, or the negated errno, ENODEV after the end. No lock is
   * held meanwhile: the kernel may wait for a page whose reader or writer waits for an answer of
   * ours.
   */
  private int send(int byteCount, Consumer<MemorySegment> encoding) {
    if (!beginNotification()) {
      return -Errno.ENODEV;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment message = arena.allocate(byteCount);
      encoding.accept(message);
      return FuseDevice.write(descriptors[0], message.address(), byteCount);
    } finally {
      endNotification();
    }
  }

  private boolean beginNotification() {
    notifyLock.lock();
    try {
      if (!isClosed) {
        notifications++;
      }
      return !isClosed;
    } finally {
      notifyLock.unlock();
    }
  }

  private void endNotification() {
    notifyLock.lock();
    try {
      notifications--;
      notificationEnded.signalAll();
    } finally {
      notifyLock.unlock();
    }
  }

  /** Ends the connection and frees what is free; idempotent. */
  void close() {
    notifyLock.lock();
    try {
      if (isClosed) {
        return;
      }
    } finally {
      notifyLock.unlock();
    }
    try {
      boolean isEnding = !mount.isMounted() && ended.await(1, TimeUnit.SECONDS);
      if (!isEnding && receiversLeft.get() > 0) {
        mount.abort();
      }
      if (!ended.await(3 * PATIENCE.toNanos(), TimeUnit.NANOSECONDS)
          || !rings.awaitEnd(PATIENCE)
          || !buffers.awaitAllFree(PATIENCE)) {
        LOG.warn("requests are still unanswered; their memory and descriptors stay");
        return;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return;
    }
    free();
  }

  private void free() {
    notifyLock.lock();
    try {
      if (isClosed) {
        return;
      }
      isClosed = true;
      long left = PATIENCE.toNanos();
      while (notifications > 0 && left > 0) {
        left = notificationEnded.awaitNanos(left);
      }
      if (notifications > 0) {
        LOG.warn("a notification is still on its way; its descriptor stays");
        return;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return;
    } finally {
      notifyLock.unlock();
    }
    int first = descriptors[0];
    for (int i = 1; i < descriptors.length; i++) {
      if (descriptors[i] != first) {
        FuseDevice.close(descriptors[i]);
      }
    }
    FuseDevice.close(first);
    buffers.close();
    rings.close();
  }

  @Override
  public int send(int descriptor, long address, long byteCount) {
    return FuseDevice.write(descriptor, address, byteCount);
  }

  @Override
  public int sendGather(int descriptor, long iovecAddress, int count) {
    return FuseDevice.writeGather(descriptor, iovecAddress, count);
  }

  @Override
  public void release(WireRequest request) {
    buffers.release(request);
  }
}
