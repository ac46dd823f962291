package io.emberfs.fuse.channel;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.emberfs.core.FsHandler;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.FuseTransport.Feature;
import io.emberfs.core.Request;
import io.emberfs.ffi.CpuAffinity;
import io.emberfs.fuse.mount.MountPoint;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(UringSwitch.class)
final class UringTransportTest extends TransportContract {
  /** More misses than entries, so that some wait for one. */
  private static final RingShape SHALLOW = new RingShape(4, RingEntry.HEADER_SIZE);

  /** Shorter than a request's header: the kernel refuses to register it. */
  private static final RingShape REFUSED = new RingShape(4, 8);

  /** More entries than a ring can have. */
  private static final RingShape TOO_LARGE = new RingShape(1 << 20, RingEntry.HEADER_SIZE);

  private static final String NOT_KNOWN = "this kernel has no FUSE over io_uring";
  private static final long MISS_NANOS = 2_000_000;
  private static final long IDLE_NANOS = 400_000_000;
  private static final int MISS_EVERY = 64;
  private static final int BLOCK = 4096;
  private static final int ROUNDS_MAX = 60;

  /** Looking up, opening and closing eight times: far less than a byte for each of 8192 reads. */
  private static final long ALLOCATED_MAX = 8 * 2000;

  @Override
  FuseTransport transport(boolean kernelCache) {
    return new UringTransport(kernelCache, meters);
  }

  @Test
  void requestsComeByRingsAndTheReasonSaysSo() throws Exception {
    if (!UringSwitch.isThere()) {
      assertServedOverTheDevice(transport(false), NOT_KNOWN);
      return;
    }
    handler.add("file", "ok".getBytes(StandardCharsets.UTF_8));
    AtomicReference<String> thread = new AtomicReference<>("");
    FsHandler looking =
        new Overriding(handler) {
          @Override
          public void read(Request request, long nodeId, long handle, long offset, int length) {
            thread.set(Thread.currentThread().getName());
            handler.read(request, nodeId, handle, offset, length);
          }
        };
    try (TestMount mount = mount(looking)) {
      assertThat(mount.transport().name()).isEqualTo("uring");
      assertThat(mount.transport().reason())
          .startsWith(CpuAffinity.possibleCount() + " queues, ")
          .endsWith(" entries");
      assertThat(mount.transport().capabilities().has(Feature.GATHER_REPLY)).isFalse();
      assertThat(mount.run("cat file")).isEqualTo("ok");
      assertThat(thread.get()).startsWith("emberfs-uring-");
    }
    assertThat(meters.counter("fuse.ringErrors").value()).isZero();
  }

  @Test
  void aKernelThatDoesNotOfferRingsIsServedOverTheDevice() throws Exception {
    if (!UringSwitch.isThere()) {
      assertServedOverTheDevice(transport(false), NOT_KNOWN);
      return;
    }
    String before = UringSwitch.read();
    UringSwitch.set("N");
    try {
      assertServedOverTheDevice(transport(false), "echo Y > " + UringSwitch.PARAMETER);
    } finally {
      UringSwitch.set(before);
    }
  }

  @Test
  void ringsThatCannotBeMadeLeaveTheDevice() throws Exception {
    // Few requests in flight are divided by the queues first; many are more than a ring takes.
    assertServedOverTheDevice(
        new UringTransport(false, TOO_LARGE, meters), 1 << 17, "io_uring_setup");
  }

  @Test
  void tooFewRequestsInFlightForTheQueuesLeaveTheDevice() throws Exception {
    assertServedOverTheDevice(transport(false), 4, "4 requests in flight are too few");
  }

  @Test
  void entriesThatTheKernelRefusesLeaveTheDevice() throws Exception {
    assertServedOverTheDevice(
        new UringTransport(false, REFUSED, meters), "the kernel refused to register entries");
    assertThat(meters.counter("fuse.ringErrors").value() > 0).isEqualTo(UringSwitch.isThere());
  }

  @Test
  void hitsAreServedWhileSixteenReadersMiss() throws Exception {
    byte[] bytes = new byte[2 << 20];
    new Random(9).nextBytes(bytes);
    handler.add("file", bytes);
    AtomicInteger missCount = new AtomicInteger();
    try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
      FsHandler missing =
          new Overriding(handler) {
            @Override
            public void read(Request request, long nodeId, long handle, long offset, int length) {
              if (offset / BLOCK % MISS_EVERY != 0) {
                handler.read(request, nodeId, handle, offset, length);
                return;
              }
              missCount.incrementAndGet();
              request.defer();
              pool.execute(() -> {
                LockSupport.parkNanos(MISS_NANOS);
                handler.read(request, nodeId, handle, offset, length);
              });
            }
          };
      for (RingShape shape : new RingShape[] {RingShape.STANDARD, SHALLOW}) {
        try (TestMount mount =
            TestMount.mount(folder, missing, new UringTransport(false, shape, meters))) {
          String output =
              mount.run(
                  """
                  for i in $(seq 16); do dd if=file bs=4k status=none | sha256sum & done
                  wait
                  """);
          assertThat(output.split("\n"))
              .hasSize(16)
              .allMatch(line -> line.startsWith(sha256(bytes)));
        }
      }
    }
    // The last read of each finds the end of the file where a miss would be.
    assertThat(missCount.get()).isEqualTo(2 * 16 * (512 / MISS_EVERY + 1));
    assertThat(meters.counter("fuse.replyErrors").value()).isZero();
    assertThat(meters.counter("fuse.ringErrors").value()).isZero();
  }

  @Test
  void ringsWithNothingToDoSleep() throws Exception {
    byte[] bytes = new byte[1 << 20];
    handler.add("file", bytes);
    try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
      FsHandler deferring =
          new Overriding(handler) {
            @Override
            public void read(Request request, long nodeId, long handle, long offset, int length) {
              request.defer();
              pool.execute(() -> handler.read(request, nodeId, handle, offset, length));
            }
          };
      try (TestMount mount = mount(deferring)) {
        // More answers from elsewhere than a ring has entries: each entry was a command's before.
        mount.run("for i in 1 2 3 4; do dd if=file bs=4k status=none of=/dev/null; done");
        long before = cpuNanosOfRings();
        LockSupport.parkNanos(IDLE_NANOS);
        assertThat(cpuNanosOfRings() - before).isLessThan(IDLE_NANOS / 4);
      }
    }
  }

  @Test
  void aHitAllocatesNothing() throws Exception {
    handler.add("file", new byte[4 << 20]);
    String script = "for i in $(seq 8); do dd if=file bs=4k status=none of=/dev/null; done";
    try (TestMount mount = mount(handler)) {
      long allocated = Long.MAX_VALUE;
      // Until the compiler, which may have other work, has seen what need not be allocated.
      for (int round = 0; round < ROUNDS_MAX && allocated > ALLOCATED_MAX; round++) {
        long before = allocatedByRings();
        mount.run(script);
        allocated = allocatedByRings() - before;
      }
      assertThat(allocated).isLessThanOrEqualTo(ALLOCATED_MAX);
    }
  }

  @Test
  void anEndWithADeferredRequestWaitsForItsAnswer() throws Exception {
    handler.add("file", new byte[BLOCK]);
    AtomicReference<Request> held = new AtomicReference<>();
    FsHandler holding =
        new Overriding(handler) {
          @Override
          public void read(Request request, long nodeId, long handle, long offset, int length) {
            request.defer();
            held.set(request);
          }
        };
    Process child;
    try (TestMount mount = mount(holding)) {
      child = new ProcessBuilder("cat", mount.mountPoint() + "/file").start();
      while (held.get() == null) {
        LockSupport.parkNanos(MISS_NANOS);
      }
      try (ExecutorService closing = Executors.newSingleThreadExecutor()) {
        var closed = closing.submit(mount.transport()::close);
        assertThat(child.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(handler.destroyCount()).isZero();
        held.get().error(5);
        closed.get(20, TimeUnit.SECONDS);
      }
      mount.transport().awaitUnmounted();
    }
    assertThat(child.exitValue()).isNotZero();
    assertThat(handler.destroyCount()).isEqualTo(1);
    assertThat(meters.counter("fuse.ringErrors").value()).isZero();
  }

  private void assertServedOverTheDevice(FuseTransport transport, String reason) throws Exception {
    assertServedOverTheDevice(transport, 32, reason);
  }

  private void assertServedOverTheDevice(FuseTransport transport, int inFlightMax, String reason)
      throws Exception {
    byte[] bytes = new byte[100_000];
    new Random(10).nextBytes(bytes);
    handler.add("file", bytes);
    try (TestMount mount = TestMount.mount(folder, handler, transport, inFlightMax)) {
      assertThat(mount.transport().awaitMounted(Duration.ofSeconds(1))).isTrue();
      assertThat(mount.transport().name()).isEqualTo("dev");
      assertThat(mount.transport().reason()).contains(UringSwitch.isThere() ? reason : NOT_KNOWN);
      assertThat(mount.transport().capabilities().has(Feature.GATHER_REPLY)).isTrue();
      assertThat(mount.run("sha256sum file")).startsWith(sha256(bytes));
      assertThat(ringThreads()).isEmpty();
    }
    assertThat(MountPoint.state(folder.resolve("mnt"))).isEqualTo(MountPoint.State.ABSENT);
    assertThat(handler.destroyCount()).isEqualTo(1);
  }

  private static long[] ringThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("emberfs-uring-"))
        .mapToLong(Thread::threadId)
        .toArray();
  }

  private static long cpuNanosOfRings() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return LongStream.of(ringThreads()).map(threads::getThreadCpuTime).sum();
  }

  private static long allocatedByRings() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return LongStream.of(ringThreads()).map(threads::getThreadAllocatedBytes).sum();
  }
}
