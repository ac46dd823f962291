package io.emberfs.fuse.jnr;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.BackingException;
import io.emberfs.core.Clock;
import io.emberfs.core.Errno;
import io.emberfs.core.FsHandler;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.Meters;
import io.emberfs.core.MountSpec;
import io.emberfs.ffi.MountCalls;
import io.emberfs.fuse.dispatch.RequestMeters;
import io.emberfs.fuse.mount.FuseMount;
import io.emberfs.fuse.mount.MountPoint;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transport over libfuse 2. libfuse mounts, reads requests and answers them; a thread of its
 * own stays in each call until the handler has answered.
 *
 * <p>The kernel keeps no pages (direct I/O) and no attributes, since nothing can tell it that they
 * changed, and names for half of the time-to-live; {@link NameCache} takes the other half.
 */
public final class JnrTransport implements FuseTransport {
  private static final Logger LOG = LoggerFactory.getLogger(JnrTransport.class);

  /** The old library agrees on no more with the kernel. */
  private static final int REQUEST_SIZE_MAX = 128 << 10;

  /** A thread of libfuse has one buffer to receive into, and a read takes another one. */
  private static final long BUFFER_BYTES = 2L * (REQUEST_SIZE_MAX + 4096);

  /**
   * Each stays in its call until it is answered. Four times as many as there are workers, so that
   * one user's requests that wait for a worker leave some to the others.
   */
  private static final int THREADS = 128;

  private static final int BACKGROUND_MAX = 64;
  private static final int CONGESTION_THRESHOLD = 48;

  private static final Duration EXPIRY_PAUSE = Duration.ofSeconds(1);

  /** How long a beginning and an end are waited for: a backing may hang for ever. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final long ttlNanos;
  private final Clock clock;
  private final RequestMeters meters;

  /** INIT came, or the loop has ended without it. */
  private final CountDownLatch decided = new CountDownLatch(1);

  private final CountDownLatch mounted = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  private volatile boolean isInitiated;
  private volatile @Nullable FuseMount mount;

  @GuardedBy("this")
  private boolean isUsed;

  /**
   * @param ttlNanos how old what is known of a name may be
   * @param meters counts under {@code fuse.}
   */
  public JnrTransport(long ttlNanos, Clock clock, Meters meters) {
    this.ttlNanos = ttlNanos;
    this.clock = clock;
    this.meters = RequestMeters.of(meters);
  }

  @Override
  public String name() {
    return "jnr";
  }

  @Override
  public String reason() {
    return "asked for";
  }

  @Override
  public synchronized void mount(MountSpec wanted, FsHandler handler) {
    if (isUsed) {
      throw new IllegalStateException("a transport mounts once");
    }
    isUsed = true;
    // libfuse tells why it cannot mount on standard error only.
    if (MountCalls.effectiveUid() != 0) {
      throw new BackingException(Errno.EPERM, "mount", wanted.mountPoint() + " (not root)");
    }
    if (!Files.isDirectory(wanted.mountPoint())) {
      throw new BackingException(Errno.ENOENT, "mount", wanted.mountPoint().toString());
    }
    String path = MountPoint.resolve(wanted.mountPoint());
    LibFuse library = load();
    Adapter made = Adapter.of(handler, library::caller, ttlNanos / 2, clock, meters);
    library.serve(made, this::initiate);
    handler.init(capabilities());
    Thread.ofPlatform()
        .name("emberfs-jnr")
        .daemon(true)
        .start(() -> run(library, made, wanted, handler));
    awaitDecided(path);
    mounted.countDown();
  }

  private static LibFuse load() {
    try {
      return new LibFuse();
    } catch (LinkageError missing) {
      LOG.error("libfuse 2 cannot be loaded", missing);
      throw new BackingException(Errno.ENOENT, "load", "libfuse.so.2: " + missing.getMessage());
    }
  }

  private void initiate(long connection) {
    Structures.agree(connection, REQUEST_SIZE_MAX, BACKGROUND_MAX, CONGESTION_THRESHOLD);
    isInitiated = true;
    decided.countDown();
  }

  private void run(LibFuse library, Adapter served, MountSpec spec, FsHandler handler) {
    CountDownLatch loopEnded = new CountDownLatch(1);
    Thread expirer =
        Thread.ofPlatform()
            .name("emberfs-jnr-names")
            .daemon(true)
            .start(() -> {
              while (!await(loopEnded, EXPIRY_PAUSE)) {
                served.expireNames();
              }
            });
    try {
      library.run(
          spec.mountPoint(),
          MountOptions.of(spec, REQUEST_SIZE_MAX, ttlNanos - ttlNanos / 2),
          THREADS);
    } catch (BackingException failed) {
      LOG.error("libfuse ended with an error", failed);
    } finally {
      try {
        loopEnded.countDown();
        LibFuse.joinUninterruptibly(expirer);
        if (isInitiated) {
          served.end();
          handler.destroy();
        }
      } catch (RuntimeException failed) {
        LOG.error("ending the file system failed", failed);
      } finally {
        decided.countDown();
        ended.countDown();
      }
    }
  }

  private void awaitDecided(String path) {
    boolean isDecided = await(decided, PATIENCE);
    // INIT comes by the mount, so it stands by now.
    FuseMount standing = FuseMount.standing(path).orElse(null);
    if (isDecided && isInitiated && standing != null) {
      mount = standing;
      return;
    }
    if (standing != null && !isDecided) {
      standing.abort();
    }
    throw new BackingException(
        Errno.EIO, "mount", path + " (libfuse has written why to the standard error)");
  }

  @Override
  public boolean awaitMounted(Duration timeout) {
    FuseMount present = await(mounted, timeout) ? mount : null;
    return present != null && present.isMounted();
  }

  @Override
  public void awaitUnmounted() throws InterruptedException {
    mounted.await();
    ended.await();
  }

  @Override
  public boolean unmount(boolean lazy) {
    FuseMount present = mount;
    return present == null || present.unmount(lazy);
  }

  @Override
  public Capabilities capabilities() {
    return new Capabilities(REQUEST_SIZE_MAX, REQUEST_SIZE_MAX, 0, Set.of());
  }

  /** Unsupported: libfuse 2 has no such message for file systems of paths. */
  @Override
  public boolean notifyInvalidInode(long nodeId, long offset, long length) {
    return false;
  }

  @Override
  public long bufferBytesMax() {
    return THREADS * BUFFER_BYTES;
  }

  @Override
  public void close() {
    FuseMount present = mount;
    if (present == null) {
      return;
    }
    boolean isEnding = !present.isMounted() && await(ended, Duration.ofSeconds(1));
    if (!isEnding && ended.getCount() > 0) {
      present.abort();
    }
    if (!await(ended, PATIENCE.multipliedBy(3))) {
      LOG.warn("requests are still unanswered; libfuse waits for them");
    }
  }

  private static boolean await(CountDownLatch latch, Duration timeout) {
    try {
      return latch.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
