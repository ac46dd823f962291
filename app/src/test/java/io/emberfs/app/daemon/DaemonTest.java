package io.emberfs.app.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.emberfs.app.answer.ExitCode;
import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.Compression;
import io.emberfs.app.config.MountConfiguration;
import io.emberfs.app.config.Places;
import io.emberfs.app.control.ControlClient;
import io.emberfs.app.control.ControlReply;
import io.emberfs.app.control.ControlRequest;
import io.emberfs.app.registry.KnownMounts;
import io.emberfs.app.registry.MountRecord;
import io.emberfs.core.BlockCache;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.FsHandler;
import io.emberfs.core.MountSpec;
import io.emberfs.core.Pins;
import io.emberfs.core.Scrub;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The life of a mount around a transport without a kernel. */
@Timeout(60)
final class DaemonTest {
  @TempDir private Path temp;
  private final FakeTransport transport = new FakeTransport();
  private final AtomicInteger answerCount = new AtomicInteger();
  private Places places;
  private MountConfiguration configuration;

  private MountConfiguration.Transport transportChoice = MountConfiguration.Transport.AUTO;

  @BeforeEach
  void layOut() {
    places = new Places(temp.resolve("cache"), temp.resolve("known"), temp.resolve("run"));
    configuration =
        new MountConfiguration(
            temp.resolve("backing"),
            temp.resolve("mnt"),
            temp.resolve("state"),
            0,
            0,
            0,
            0,
            new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT),
            Compression.of(Compression.Choice.OFF),
            "default",
            false,
            Duration.ofSeconds(1),
            MountConfiguration.KernelCache.AUTO,
            true,
            true,
            transportChoice,
            true,
            MountConfiguration.Sharing.SHARED,
            MountConfiguration.Writing.THROUGH,
            new MountConfiguration.Flags(false, false, false, false, true),
            Duration.ofSeconds(30),
            Duration.ZERO);
  }

  @Test
  void anOrderlyStopAnswersAfterEverythingIsClosedAndLeavesNoFiles() throws Exception {
    CompletableFuture<Void> life = start();
    assertThat(ask(ControlRequest.of(ControlRequest.UNMOUNT)))
        .isEqualTo(new ControlReply.Done(Map.of("state", "stopped", "savedBytes", 0L, "left", "")));
    life.get(30, TimeUnit.SECONDS);
    assertThat(transport.calls()).containsExactly("mount", "unmount", "close");
    assertThat(answerCount.get()).isOne();
    assertNoFilesAreLeft();
  }

  @Test
  void aMountInUseStaysAndAnswersBusy() throws Exception {
    CompletableFuture<Void> life = start();
    transport.becomeBusy();
    assertThat(ask(ControlRequest.of(ControlRequest.UNMOUNT)))
        .isInstanceOfSatisfying(
            ControlReply.Refused.class,
            refused -> assertThat(refused.refusal().exitCode()).isEqualTo(ExitCode.BUSY));
    assertThat(ask(ControlRequest.of(ControlRequest.STATS))).isInstanceOf(ControlReply.Done.class);
    ask(stop("force"));
    life.get(30, TimeUnit.SECONDS);
    assertNoFilesAreLeft();
  }

  @Test
  void aLazyStopEndsWhenTheLastUserLeaves() throws Exception {
    CompletableFuture<Void> life = start();
    transport.becomeBusy();
    assertThat(ask(stop("lazy"))).isEqualTo(new ControlReply.Done(Map.of("state", "detached")));
    assertThat(life).isNotDone();
    transport.endByItself();
    life.get(30, TimeUnit.SECONDS);
    assertNoFilesAreLeft();
  }

  @Test
  void anUnmountByAnybodyElseEndsTheDaemon() throws Exception {
    CompletableFuture<Void> life = start();
    transport.endByItself();
    life.get(30, TimeUnit.SECONDS);
    assertThat(transport.calls()).containsExactly("mount", "close");
    assertNoFilesAreLeft();
  }

  @Test
  void aMountThatDoesNotAnswerIsClosedAgain() {
    transport.stayMute();
    assertThatThrownBy(() -> start().get(30, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("did not answer within 30 s");
    assertThat(answerCount.get()).isZero();
    assertThat(transport.calls()).containsExactly("mount", "close");
  }

  @Test
  void droppingATierThatIsSwitchedOffDropsNothing() throws Exception {
    CompletableFuture<Void> life = start();
    assertThat(ask(new ControlRequest(ControlRequest.DROP, Map.of("tier", "vram"))))
        .isEqualTo(new ControlReply.Done(Map.of("droppedBytes", 0L)));
    assertThat(ask(new ControlRequest(ControlRequest.DROP, Map.of("tier", "l2"))))
        .isInstanceOf(ControlReply.Refused.class);
    ask(stop("orderly"));
    life.get(30, TimeUnit.SECONDS);
  }

  /** Runs the daemon and returns once it said that it is ready. */
  private CompletableFuture<Void> start() throws Exception {
    CompletableFuture<Void> ready = new CompletableFuture<>();
    CompletableFuture<Void> life = new CompletableFuture<>();
    Thread owner =
        new Thread(() -> {
          try {
            new Daemon(places, (given, meters) -> assemble(meters))
                .run(configuration, _ -> ready.complete(null));
            life.complete(null);
          } catch (Exception | AssertionError failure) {
            life.completeExceptionally(failure);
          }
        });
    owner.setDaemon(true);
    owner.start();
    CompletableFuture.anyOf(ready, life).get(30, TimeUnit.SECONDS);
    return life;
  }

  @Test
  void ringsThatWereAskedForAndCannotBeHadAreRefusedWithTheReason() {
    transportChoice = MountConfiguration.Transport.URING;
    layOut();
    assertThatThrownBy(() -> start().get(30, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal -> {
              assertThat(refusal.text())
                  .startsWith("emberfs: cannot use --transport uring: told by the test\nfix: ");
              assertThat(refusal.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
            });
    assertThat(transport.calls()).containsExactly("mount", "close");
  }

  private AssembledMount assemble(io.emberfs.core.Meters meters) {
    BlockCache unused = unexpected(BlockCache.class);
    MountSpec spec =
        new MountSpec(
            configuration.mountPoint(),
            "test",
            false,
            false,
            false,
            false,
            true,
            false,
            1 << 20,
            1,
            8);
    return new AssembledMount(
        transport,
        new FsHandler() {},
        spec,
        unused,
        unexpected(Scrub.class),
        unexpected(Pins.class),
        List.of(),
        Optional.empty(),
        unexpected(AssembledMount.Resizing.class),
        null,
        meters,
        answerCount::incrementAndGet,
        List.of(transport));
  }

  private static <T> T unexpected(Class<T> seam) {
    return seam.cast(
        Proxy.newProxyInstance(
            seam.getClassLoader(),
            new Class<?>[] {seam},
            (_, method, _) -> {
              throw new AssertionError(method + " was not expected");
            }));
  }

  private ControlReply ask(ControlRequest request) throws Exception {
    MountRecord known =
        new KnownMounts(places.knownMounts()).find(configuration.mountPoint()).orElseThrow();
    return new ControlClient(known.socket()).ask(request, Duration.ofSeconds(30));
  }

  private static ControlRequest stop(String mode) {
    return new ControlRequest(ControlRequest.UNMOUNT, Map.of("mode", mode));
  }

  private void assertNoFilesAreLeft() throws Exception {
    try (var files = Files.walk(temp)) {
      assertThat(files.filter(Files::isRegularFile)).allMatch(file -> file.endsWith("lock"));
    }
    assertThat(places.runDirectory()).isEmptyDirectory();
  }
}
