package io.emberfs.fuse.channel;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.ffi.CpuAffinity;
import io.emberfs.ffi.EventDescriptor;
import io.emberfs.ffi.FuseDevice;
import io.emberfs.ffi.IoUring;
import io.emberfs.fuse.dispatch.Dispatcher;
import io.emberfs.fuse.dispatch.RequestMeters;
import io.emberfs.fuse.dispatch.WireRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One queue of FUSE over io_uring: the requests of the callers on one CPU, and the thread on that
 * CPU that has the ring. It receives, has hits answered at once, and commits what others have
 * answered; nobody else commits, for the kernel copies requests in the thread that submitted the
 * entry.
 *
 * <p>Answers of others come by {@link #answered}: a stack of entries, and an event descriptor that
 * the ring reads. The stack is emptied only when the event came. So an entry in it keeps the thread
 * alive until its signal was given, and nobody signals a descriptor that was closed.
 */
final class UringQueue implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(UringQueue.class);

  // enum fuse_uring_cmd
  private static final int REGISTER = 1;
  private static final int COMMIT_AND_FETCH = 2;

  /** In place of an entry's index: the event was read. */
  private static final long EVENT = -1;

  /** Submission entries beside those of the requests: the read of the event, and one to spare. */
  private static final int OTHER_ENTRIES = 2;

  private static final int REGISTER_ATTEMPTS = 1000;
  private static final long REGISTER_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final int queueId;
  private final int device;
  private final int headerBytes;
  private final RingEntry[] entries;
  private final MemorySegment eventValue;
  private final Dispatcher dispatcher;
  private final RequestMeters meters;
  private final int event = EventDescriptor.open();

  /** The entry that was answered last by somebody else; each knows the one before it. */
  private final AtomicReference<@Nullable RingEntry> answered = new AtomicReference<>();

  // The start, step by step: the ring stands; it may register or is not wanted; how many entries
  // the kernel took; it may serve or is not wanted.
  private final CompletableFuture<Boolean> prepared = new CompletableFuture<>();
  private final CompletableFuture<Boolean> mayRegister = new CompletableFuture<>();
  private final CompletableFuture<Integer> registered = new CompletableFuture<>();
  private final CompletableFuture<Boolean> mayServe = new CompletableFuture<>();
  private final CountDownLatch ended = new CountDownLatch(1);

  private volatile @Nullable Runnable onBroken;

  /**
   * Entries that the kernel or somebody here has; of the ring thread, read by others at the end.
   */
  private int live;

  /** Whether the kernel said that the connection is gone; of the ring thread. */
  private boolean isDisconnected;

  /**
   * @param queueId the CPU
   * @param device descriptor of the connection; stays the caller's
   * @param memory native, {@code depth} parts of {@link WireRequest#memorySize}, for as long as
   *     this is not closed
   * @param eventValue native, {@link EventDescriptor#VALUE_SIZE} bytes, as long
   * @throws BackingException if no descriptor can be had
   */
  UringQueue(
      int queueId,
      int device,
      int headerBytes,
      MemorySegment memory,
      int depth,
      MemorySegment eventValue,
      Dispatcher dispatcher,
      RequestMeters meters) {
    this.queueId = queueId;
    this.device = device;
    this.headerBytes = headerBytes;
    this.eventValue = eventValue;
    this.dispatcher = dispatcher;
    this.meters = meters;
    this.entries = new RingEntry[depth];
    long size = memory.byteSize() / depth;
    for (int i = 0; i < depth; i++) {
      entries[i] = new RingEntry(i, memory.asSlice(i * size, size), this, meters);
    }
  }

  /**
   * Waits until the ring stands.
   *
   * @throws java.util.concurrent.CompletionException with what kept it from standing
   */
  void awaitPrepared() {
    prepared.join();
  }

  /** INIT was answered: has the entries registered. */
  void register() {
    mayRegister.complete(true);
  }

  /** Waits until that was tried; how many entries the kernel took. */
  int awaitRegistered() {
    return registered.join();
  }

  /**
   * All queues have entries: requests are served.
   *
   * @param broken called on the ring thread if it ends while the connection stands
   */
  void serve(Runnable broken) {
    onBroken = broken;
    mayServe.complete(true);
  }

  /** This queue will not be used: the thread ends at its next step. */
  void giveUp() {
    mayRegister.complete(false);
    mayServe.complete(false);
  }

  /**
   * Waits until the thread has ended; false at the time-out, or if it left a request unanswered.
   */
  boolean awaitEnd(long timeoutNanos) throws InterruptedException {
    return ended.await(timeoutNanos, TimeUnit.NANOSECONDS) && (live == 0 || onBroken == null);
  }

  /** Closes the event descriptor; only after the end. */
  void close() {
    EventDescriptor.close(event);
  }

  /**
   * Somebody answered a deferred request: its entry is to be committed. Any thread; allocates
   * nothing, and signals only if the stack was empty, for otherwise somebody has or will.
   */
  void answered(RingEntry entry) {
    RingEntry before;
    do {
      before = answered.get();
      entry.next = before;
    } while (!answered.compareAndSet(before, entry));
    if (before == null) {
      EventDescriptor.signal(event);
    }
  }

  @Override
  public void run() {
    boolean isServing = false;
    try (IoUring ring = prepare()) {
      prepared.complete(true);
      if (mayRegister.join()) {
        registered.complete(register(ring));
        isServing = mayServe.join();
        if (isServing) {
          serve(ring);
        }
      }
    } catch (RuntimeException | Error failed) {
      boolean isNews = !prepared.completeExceptionally(failed);
      if (isNews) {
        LOG.error("queue {} failed", queueId, failed);
        registered.complete(0);
      }
    } finally {
      Runnable broken = onBroken;
      if (isServing && !isDisconnected && broken != null) {
        LOG.error("queue {} ended early, with {} entries left", queueId, live);
        broken.run();
      }
      ended.countDown();
    }
  }

  private IoUring prepare() {
    // Elsewhere it is as right, only not as fast.
    int pinned = CpuAffinity.pinTo(queueId);
    if (pinned < 0) {
      LOG.debug("queue {} cannot stay on its CPU: errno {}", queueId, -pinned);
    }
    IoUring ring = IoUring.open(entries.length + OTHER_ENTRIES);
    try {
      ring.registerFile(device);
      ring.registerRing();
      return ring;
    } catch (RuntimeException failed) {
      ring.close();
      throw failed;
    }
  }

  /** Offers every entry to the kernel; those that it refuses are lost. */
  private int register(IoUring ring) {
    try (Arena arena = Arena.ofConfined()) {
      for (RingEntry entry : entries) {
        MemorySegment iovecs = arena.allocate(2L * FuseDevice.IOVEC_SIZE, Long.BYTES);
        entry.describe(iovecs, headerBytes);
        live++;
        int result = registerOne(ring, entry, iovecs);
        for (int i = 0; i < REGISTER_ATTEMPTS && result == -Errno.EAGAIN; i++) {
          // The kernel is not done with the answer to INIT.
          LockSupport.parkNanos(REGISTER_PAUSE_NANOS);
          result = registerOne(ring, entry, iovecs);
        }
        if (result < 0) {
          lose(result);
        }
      }
    }
    return live;
  }

  /** Result of the command: a refusal comes at once, an acceptance only as a request. */
  private int registerOne(IoUring ring, RingEntry entry, MemorySegment iovecs) {
    ring.putFuseCommand(REGISTER, iovecs.address(), 2, 0, queueId, entry.index());
    int submitted = ring.enter(0);
    if (submitted < 0) {
      return submitted;
    }
    // Requests of earlier entries may stand in front already; they wait until serving begins.
    if (ring.hasCompletion() && ring.result() < 0) {
      int result = ring.result();
      ring.advance();
      return result;
    }
    return 0;
  }

  private void serve(IoUring ring) {
    putEvent(ring);
    while (live > 0) {
      while (ring.hasCompletion()) {
        long userData = ring.userData();
        int result = ring.result();
        ring.advance();
        complete(ring, userData, result);
      }
      int entered = live > 0 ? ring.enter(1) : 0;
      boolean isPassing =
          entered >= 0
              || entered == -Errno.EINTR
              || entered == -Errno.EAGAIN
              || entered == -Errno.EBUSY;
      if (!isPassing) {
        throw new BackingException(-entered, "io_uring_enter", "queue " + queueId);
      }
    }
  }

  private void complete(IoUring ring, long userData, int result) {
    if (userData == EVENT) {
      if (result < 0 && result != -Errno.EINTR && result != -Errno.EAGAIN) {
        // Whoever answers could no longer be heard; to read again would be to fail for ever.
        throw new BackingException(-result, "read", "the event of queue " + queueId);
      }
      commitAnswered(ring);
      putEvent(ring);
      return;
    }
    if (result < 0) {
      lose(result);
      return;
    }
    RingEntry entry = entries[(int) userData];
    int byteCount = entry.receive();
    if (byteCount < 0) {
      meters.malformed().increment();
      commit(ring, entry);
    } else if (dispatcher.dispatch(entry.request(), device, byteCount)) {
      commit(ring, entry);
    }
  }

  private void commitAnswered(IoUring ring) {
    RingEntry entry = answered.getAndSet(null);
    while (entry != null) {
      RingEntry before = entry.next;
      entry.next = null;
      commit(ring, entry);
      entry = before;
    }
  }

  private void commit(IoUring ring, RingEntry entry) {
    entry.putReply();
    ring.putFuseCommand(COMMIT_AND_FETCH, 0, 0, entry.commitId(), queueId, entry.index());
  }

  private void putEvent(IoUring ring) {
    ring.putRead(event, eventValue.address(), EventDescriptor.VALUE_SIZE, EVENT);
  }

  private void lose(int result) {
    live--;
    if (result == -Errno.ENOTCONN
        || result == -Errno.ECONNABORTED
        || result == -Errno.ECANCELED
        || result == -Errno.ENODEV) {
      isDisconnected = true;
      return;
    }
    meters.ringErrors().increment();
    LOG.error("queue {} lost an entry with errno {}", queueId, -result);
  }
}
