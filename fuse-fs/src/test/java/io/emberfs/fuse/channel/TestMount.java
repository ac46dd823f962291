package io.emberfs.fuse.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.core.FsHandler;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.Meters;
import io.emberfs.core.MountSpec;
import io.emberfs.fuse.mount.MountPoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A real mount for a test, used by child processes only: the JVM that serves a mount must not touch
 * it. Cleans up first and last.
 */
public final class TestMount implements AutoCloseable {
  private static final int REQUEST_SIZE_MAX = 1 << 20;
  private static final int IN_FLIGHT_MAX = 32;
  private static final int CHILD_SECONDS_MAX = 300;

  private final Path mountPoint;
  private final FuseTransport transport;

  private TestMount(Path mountPoint, FuseTransport transport) {
    this.mountPoint = mountPoint;
    this.transport = transport;
  }

  /** Mounts over the device, as {@link #mount(Path, FsHandler, FuseTransport)}. */
  public static TestMount mount(Path folder, FsHandler handler, boolean kernelCache, Meters meters)
      throws IOException {
    return mount(folder, handler, new DevTransport(kernelCache, meters));
  }

  /**
   * Mounts in a folder of the test's. Needs root and /dev/fuse, as all of `./emberfs test` does.
   *
   * @param transport not used yet; closed with the mount
   */
  public static TestMount mount(Path folder, FsHandler handler, FuseTransport transport)
      throws IOException {
    return mount(folder, handler, transport, IN_FLIGHT_MAX);
  }

  static TestMount mount(
      Path folder, FsHandler handler, FuseTransport transport, int requestsInFlightMax)
      throws IOException {
    Path mountPoint = Files.createDirectories(folder.resolve("mnt"));
    MountPoint.detachDead(mountPoint);
    transport.mount(
        new MountSpec(
            mountPoint,
            "backing of a test",
            true,
            false,
            true,
            true,
            true,
            false,
            REQUEST_SIZE_MAX,
            2,
            requestsInFlightMax),
        handler);
    assertThat(transport.awaitMounted(Duration.ofSeconds(10))).isTrue();
    return new TestMount(mountPoint, transport);
  }

  public FuseTransport transport() {
    return transport;
  }

  public Path mountPoint() {
    return mountPoint;
  }

  /** Runs a shell script in the mount and returns what it prints; fails the test if it fails. */
  public String run(String script) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            "/usr/bin/timeout",
            Integer.toString(CHILD_SECONDS_MAX),
            "/bin/bash",
            "-ec",
            "cd \"$MOUNT\"\n" + script);
    builder.redirectErrorStream(true);
    builder.environment().put("MOUNT", mountPoint.toString());
    builder.environment().put("LC_ALL", "C.UTF-8");
    Process child = builder.start();
    child.getOutputStream().close();
    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).as(output).isZero();
    return output;
  }

  @Override
  public void close() {
    if (!transport.unmount(false)) {
      transport.unmount(true);
    }
    transport.close();
  }
}
