package io.emberfs.fuse.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.core.FsHandler;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.FuseTransport.Feature;
import io.emberfs.core.Meters;
import io.emberfs.core.MountSpec;
import io.emberfs.core.Request;
import io.emberfs.fuse.mount.MountPoint;
import io.emberfs.testkit.FakeFsHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every transport does: real mounts of a file system in memory. */
abstract class TransportContract {
  private static final long HELD_BACK_NANOS = 300_000_000;

  @TempDir Path folder;

  final Meters meters = new Meters();
  final FakeFsHandler handler = new FakeFsHandler();

  /** A transport that was not used yet. */
  abstract FuseTransport transport(boolean kernelCache);

  final TestMount mount(FsHandler served) throws IOException {
    return TestMount.mount(folder, served, transport(false));
  }

  @Test
  void filesAreListedAndReadByteForByte() throws Exception {
    byte[] large = new byte[5_000_001];
    new Random(7).nextBytes(large);
    handler.add("greeting", "hello\n".getBytes(StandardCharsets.UTF_8));
    handler.add("empty", new byte[0]);
    handler.add("large", large);
    try (TestMount mount = mount(handler)) {
      assertThat(mount.run("ls")).isEqualTo("empty\ngreeting\nlarge\n");
      assertThat(mount.run("cat greeting empty")).isEqualTo("hello\n");
      assertThat(mount.run("stat -c '%s %F' large")).isEqualTo("5000001 regular file\n");
      assertThat(mount.run("dd if=large bs=1M iflag=direct status=none | sha256sum"))
          .startsWith(sha256(large));
      assertThat(mount.run("dd if=large bs=7777 status=none | sha256sum"))
          .startsWith(sha256(large));
      assertThat(mount.run("cat missing || true")).contains("No such file");
    }
    assertThat(handler.openCount()).isZero();
    assertThat(handler.destroyCount()).isEqualTo(1);
    assertThat(MountPoint.state(folder.resolve("mnt"))).isEqualTo(MountPoint.State.ABSENT);
    assertThat(meters.counter("fuse.malformedRequests").value()).isZero();
    assertThat(meters.counter("fuse.replyErrors").value()).isZero();
    assertThat(meters.counter("fuse.doubleAnswers").value()).isZero();
  }

  @Test
  void writtenBytesAreReadBack() throws Exception {
    handler.add("target", new byte[3 << 20]);
    try (TestMount mount = mount(handler)) {
      mount.run(
          """
          head -c 3145728 /dev/urandom > "$MOUNT.source"
          dd if="$MOUNT.source" of=target bs=1M conv=notrunc,nocreat oflag=direct status=none
          cmp "$MOUNT.source" target
          """);
    }
  }

  @Test
  void deferredReadsAreAnsweredOnTheirOwnDescriptor() throws Exception {
    byte[] bytes = new byte[1 << 20];
    new Random(8).nextBytes(bytes);
    handler.add("file", bytes);
    try (ExecutorService pool = Executors.newFixedThreadPool(3);
        TestMount mount = mount(deferring(pool))) {
      String output =
          mount.run(
              """
              for i in 1 2 3 4 5 6 7 8; do dd if=file bs=4k status=none | sha256sum & done
              wait
              """);
      assertThat(output.split("\n")).hasSize(8).allMatch(line -> line.startsWith(sha256(bytes)));
    }
    assertThat(meters.counter("fuse.deferred").value()).isGreaterThanOrEqualTo(8 * 256);
    assertThat(meters.counter("fuse.replyErrors").value()).isZero();
  }

  @Test
  void aThrowingHandlerGivesEioAndTheMountLivesOn() throws Exception {
    handler.add("file", "ok".getBytes(StandardCharsets.UTF_8));
    FsHandler throwing =
        new Overriding(handler) {
          @Override
          public void statistics(Request request, long nodeId) {
            throw new AssertionError("planted");
          }
        };
    try (TestMount mount = mount(throwing)) {
      assertThat(mount.run("stat -f . || true")).contains("Input/output error");
      assertThat(mount.run("cat file")).isEqualTo("ok");
    }
    assertThat(meters.counter("fuse.handlerErrors").value()).isGreaterThanOrEqualTo(1);
  }

  @Test
  void aSilentHandlerGivesEio() throws Exception {
    FsHandler silent =
        new Overriding(handler) {
          @Override
          public void statistics(Request request, long nodeId) {}
        };
    try (TestMount mount = mount(silent)) {
      assertThat(mount.run("stat -f . || true")).contains("Input/output error");
    }
    assertThat(meters.counter("fuse.handlerErrors").value()).isGreaterThanOrEqualTo(1);
  }

  @Test
  void aBusyMountIsNotUnmountedButClosesHard() throws Exception {
    handler.add("file", "ok".getBytes(StandardCharsets.UTF_8));
    Process child;
    try (TestMount mount = mount(handler)) {
      child =
          new ProcessBuilder(
                  "/bin/bash",
                  "-c",
                  "cd '" + mount.mountPoint() + "'; exec 3< file; echo open; exec sleep 60")
              .start();
      assertThat(child.inputReader().readLine()).isEqualTo("open");
      assertThat(mount.transport().unmount(false)).isFalse();
      mount.transport().close();
      mount.transport().awaitUnmounted();
    } finally {
      assertThat(MountPoint.state(folder.resolve("mnt"))).isEqualTo(MountPoint.State.ABSENT);
    }
    child.destroyForcibly().waitFor();
    assertThat(handler.destroyCount()).isEqualTo(1);
  }

  @Test
  void aMountSomewhereThatIsNotThereFailsAndLeavesNothing() {
    try (FuseTransport transport = transport(false)) {
      MountSpec spec =
          new MountSpec(
              folder.resolve("missing"),
              "s",
              false,
              false,
              false,
              false,
              true,
              false,
              1 << 20,
              2,
              16);
      assertThatThrownBy(() -> transport.mount(spec, handler))
          .isInstanceOfSatisfying(
              BackingException.class,
              failed -> assertThat(failed.errno()).isIn(Errno.ENOENT, Errno.EPERM));
    }
    assertThat(handler.destroyCount()).isZero();
  }

  @Test
  void aNotificationThatTheKernelHoldsBackHoldsNoAnswerBack() throws Exception {
    handler.add("file", new byte[4096]);
    CountDownLatch begun = new CountDownLatch(1);
    AtomicBoolean ended = new AtomicBoolean();
    AtomicBoolean wasHeldBack = new AtomicBoolean();
    AtomicReference<TestMount> mounted = new AtomicReference<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
      FsHandler notifying =
          new Overriding(handler) {
            @Override
            public void open(Request request, long nodeId, int flags) {
              request.replyOpen(nodeId, new Request.OpenReply(false, false, false, false));
            }

            @Override
            public void write(
                Request request,
                long nodeId,
                long handle,
                long offset,
                boolean killSetId,
                boolean fromPages) {
              request.defer();
              FuseTransport transport = mounted.get().transport();
              pool.execute(() -> {
                begun.countDown();
                // Waits in the kernel for the page that is written in part: it is locked until the
                // answer below.
                transport.notifyInvalidInode(nodeId, 0, 0);
                ended.set(true);
              });
              pool.execute(() -> {
                awaitQuietly(begun);
                LockSupport.parkNanos(HELD_BACK_NANOS);
                wasHeldBack.set(!ended.get());
                transport.notifyInvalidInode(nodeId + 1, 0, 0);
                handler.write(request, nodeId, handle, offset, killSetId, fromPages);
              });
            }
          };
      try (TestMount mount = TestMount.mount(folder, notifying, transport(true))) {
        mounted.set(mount);
        if (!mount.transport().capabilities().has(Feature.NOTIFICATIONS)) {
          assertThat(mount.transport().notifyInvalidInode(1, 0, 0)).isFalse();
          return;
        }
        mount.run("timeout -s KILL 20 dd if=/dev/zero of=file bs=100 count=1 conv=notrunc,nocreat");
        assertThat(wasHeldBack).as("the kernel held the notification back").isTrue();
      }
    }
  }

  @Test
  void aNameThatIsToldToHaveChangedIsLookedUpAnew() throws Exception {
    AtomicInteger lookups = new AtomicInteger();
    FsHandler remembering =
        new Overriding(handler) {
          @Override
          public void lookup(Request request, long parentId, byte[] name) {
            lookups.incrementAndGet();
            request.replyNoEntry(TimeUnit.HOURS.toNanos(1));
          }
        };
    try (TestMount mount = mount(remembering)) {
      String looks = "for i in 1 2 3; do [ ! -e missing ]; done";
      mount.run(looks);
      assertThat(lookups.get()).isEqualTo(1);

      byte[] name = "missing".getBytes(StandardCharsets.UTF_8);
      FuseTransport transport = mount.transport();
      boolean isTold = transport.notifyInvalidEntry(1, name);
      assertThat(isTold).isEqualTo(transport.capabilities().has(Feature.NOTIFICATIONS));
      assertThat(transport.notifyInvalidEntry(1, new byte[] {'x'})).isEqualTo(isTold);
      mount.run(looks);
      assertThat(lookups.get()).isEqualTo(isTold ? 2 : 1);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
    }
  }

  final FsHandler deferring(ExecutorService pool) {
    return new Overriding(handler) {
      @Override
      public void read(Request request, long nodeId, long handle, long offset, int length) {
        request.defer();
        pool.execute(() -> handler.read(request, nodeId, handle, offset, length));
      }
    };
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException missing) {
      throw new AssertionError(missing);
    }
  }

  /** The fake, to change one operation of. */
  static class Overriding implements FsHandler {
    private final FakeFsHandler fake;

    Overriding(FakeFsHandler fake) {
      this.fake = fake;
    }

    @Override
    public void destroy() {
      fake.destroy();
    }

    @Override
    public void lookup(Request request, long parentId, byte[] name) {
      fake.lookup(request, parentId, name);
    }

    @Override
    public void getAttributes(Request request, long nodeId, long handle) {
      fake.getAttributes(request, nodeId, handle);
    }

    @Override
    public void open(Request request, long nodeId, int flags) {
      fake.open(request, nodeId, flags);
    }

    @Override
    public void read(Request request, long nodeId, long handle, long offset, int length) {
      fake.read(request, nodeId, handle, offset, length);
    }

    @Override
    public void release(Request request, long nodeId, long handle) {
      fake.release(request, nodeId, handle);
    }
  }
}
