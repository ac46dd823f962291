package io.emberfs.fuse.channel;

import io.emberfs.core.BackingException;
import io.emberfs.core.MountSpec;
import io.emberfs.ffi.CpuAffinity;
import io.emberfs.ffi.EventDescriptor;
import io.emberfs.ffi.NativeMemory;
import io.emberfs.fuse.dispatch.Dispatcher;
import io.emberfs.fuse.dispatch.RequestMeters;
import io.emberfs.fuse.dispatch.WireRequest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The queues of one connection, one for each CPU that there can be: the kernel uses rings only when
 * every one of them has an entry. Owns their memory, threads and event descriptors.
 *
 * <p>Memory: at most as many requests as the mount may have in flight, divided among the queues.
 * None of it costs anything before it is used, and the kernel uses first what it used last.
 */
final class UringConnection implements Rings {
  private static final Logger LOG = LoggerFactory.getLogger(UringConnection.class);

  /** How long threads may take that have nothing to do any more. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final MountSpec spec;
  private final RingShape shape;
  private final RequestMeters meters;
  private final List<UringQueue> queues = new ArrayList<>();

  private @Nullable Arena arena;
  private volatile String reason = whyNotOffered();
  private volatile long byteCount;

  /** Of the thread that mounts. */
  private int depth;

  UringConnection(MountSpec spec, RingShape shape, RequestMeters meters) {
    this.spec = spec;
    this.shape = shape;
    this.meters = meters;
  }

  /** Why rings are used, or are not. Any thread. */
  String reason() {
    return reason;
  }

  /** Bytes of the memory that requests come into; 0 without rings. Any thread. */
  long byteCount() {
    return byteCount;
  }

  @Override
  public boolean prepare(int device, Dispatcher dispatcher) {
    try {
      int queueCount = CpuAffinity.possibleCount();
      depth = shape.depth(queueCount, spec.requestsInFlightMax());
      if (depth < RingShape.DEPTH_MIN) {
        reason =
            spec.requestsInFlightMax()
                + " requests in flight are too few for the queues of "
                + queueCount
                + " CPUs";
        return false;
      }
      open(device, dispatcher, queueCount);
      for (UringQueue queue : queues) {
        queue.awaitPrepared();
      }
      return true;
    } catch (CompletionException failed) {
      return refused(failed.getCause());
    } catch (BackingException | OutOfMemoryError failed) {
      return refused(failed);
    }
  }

  private void open(int device, Dispatcher dispatcher, int queueCount) {
    long queueBytes = WireRequest.memorySize(spec.requestSizeMax()) * depth;
    long valueBytes = (long) EventDescriptor.VALUE_SIZE * queueCount;
    Arena owned = Arena.ofShared();
    arena = owned;
    MemorySegment memory = NativeMemory.map(queueBytes * queueCount + valueBytes, owned);
    byteCount = memory.byteSize();
    for (int i = 0; i < queueCount; i++) {
      long valueAt = queueBytes * queueCount + (long) i * EventDescriptor.VALUE_SIZE;
      UringQueue queue =
          new UringQueue(
              i,
              device,
              shape.headerBytes(),
              memory.asSlice(i * queueBytes, queueBytes),
              depth,
              memory.asSlice(valueAt, EventDescriptor.VALUE_SIZE),
              dispatcher,
              meters);
      queues.add(queue);
      Thread.ofPlatform().name("emberfs-uring-" + i).daemon(true).start(queue);
    }
  }

  @Override
  public int depth() {
    return depth;
  }

  @Override
  public boolean start(Runnable onBroken) {
    queues.forEach(UringQueue::register);
    int count = 0;
    for (UringQueue queue : queues) {
      int registered = queue.awaitRegistered();
      if (registered == 0) {
        reason = "the kernel refused to register entries";
        close();
        return false;
      }
      count += registered;
    }
    reason = queues.size() + " queues, " + count + " entries";
    queues.forEach(queue -> queue.serve(onBroken));
    return true;
  }

  /** What holds until the kernel offers rings after all. */
  private static String whyNotOffered() {
    try {
      return Files.readString(Path.of(UringTransport.PARAMETER)).strip().equals("Y")
          ? "the kernel does not offer rings"
          : "rings are switched off on this machine; root switches them on: echo Y > "
              + UringTransport.PARAMETER;
    } catch (IOException missing) {
      return "this kernel has no FUSE over io_uring, which needs Linux 6.14 or later";
    }
  }

  private boolean refused(@Nullable Throwable failed) {
    reason = failed == null ? "rings cannot be made" : String.valueOf(failed.getMessage());
    close();
    return false;
  }

  @Override
  public boolean awaitEnd(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    try {
      for (UringQueue queue : queues) {
        if (!queue.awaitEnd(deadline - System.nanoTime())) {
          return false;
        }
      }
      return true;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Ends threads that do not serve yet, too. */
  @Override
  public void close() {
    queues.forEach(UringQueue::giveUp);
    if (!awaitEnd(PATIENCE)) {
      LOG.warn("the threads of the rings do not end; their memory and descriptors stay");
      return;
    }
    queues.forEach(UringQueue::close);
    queues.clear();
    Arena owned = arena;
    if (owned != null) {
      owned.close();
    }
    arena = null;
    byteCount = 0;
  }
}
