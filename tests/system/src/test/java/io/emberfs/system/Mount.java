package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.emberfs.app.control.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** One mount and the process that serves it. */
final class Mount {
  private static final Duration DEATH_MAX = Duration.ofSeconds(30);

  private final Path path;
  private final long pid;
  private final long restoredBlocks;

  private Mount(Path path, long pid, long restoredBlocks) {
    this.path = path;
    this.pid = pid;
    this.restoredBlocks = restoredBlocks;
  }

  /** A mount that answers, from the line that {@code mount --json} printed. */
  static Mount announced(String line) {
    if (Json.read(line.strip()) instanceof Map<?, ?> mount
        && mount.get("pid") instanceof Number pid
        && mount.get("mountpoint") instanceof String mountPoint
        && mount.get("restoredBlocks") instanceof Number restored) {
      return new Mount(Path.of(mountPoint), pid.longValue(), restored.longValue());
    }
    throw new AssertionError("mount --json printed: " + line);
  }

  /** The mount point. */
  Path path() {
    return path;
  }

  /** The daemon's process. */
  long pid() {
    return pid;
  }

  /** Blocks that were there before anything was read. */
  long restoredBlocks() {
    return restoredBlocks;
  }

  boolean isServed() {
    return SystemTables.isRunning(pid);
  }

  Stats stats() throws IOException, InterruptedException {
    String line = Emberfs.run("stats", path.toString(), "--json").succeeded().out();
    if (Json.read(line.strip()) instanceof Map<?, ?> tree) {
      return new Stats(tree);
    }
    throw new AssertionError("stats --json printed: " + line);
  }

  /** What does not work, as {@code status --json} says. */
  List<String> troubles() throws IOException, InterruptedException {
    String line = Emberfs.run("status", "--json").succeeded().out();
    if (Json.read(line.strip()) instanceof List<?> mounts) {
      for (Object each : mounts) {
        if (each instanceof Map<?, ?> mount
            && path.toString().equals(mount.get("mountpoint"))
            && mount.get("troubles") instanceof List<?> troubles) {
          return troubles.stream().map(String::valueOf).toList();
        }
      }
    }
    throw new AssertionError("status --json printed: " + line);
  }

  void drop(String tier) throws IOException, InterruptedException {
    Emberfs.run("drop", path.toString(), "--tier", tier).succeeded();
  }

  /** Brings everything written so far to the backing. */
  void flush() throws IOException, InterruptedException {
    Emberfs.run("flush", path.toString()).succeeded();
  }

  /** Ends the mount in order; afterwards there is no process and no mount. */
  void umount() throws IOException, InterruptedException {
    Emberfs.run("umount", path.toString()).succeeded();
    assertThat(isServed()).as("the daemon runs on after umount").isFalse();
    assertThat(SystemTables.mountPointsBelow(path)).as("still mounted after umount").isEmpty();
  }

  /** From this call on the daemon does nothing more; all that can follow is its kill. */
  void freeze() throws IOException, InterruptedException {
    Program.succeed("kill", "-STOP", Long.toString(pid));
  }

  /** Kills the daemon without a chance to save anything; the mount point stays, dead. */
  void kill() {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    await("death of process " + pid).atMost(DEATH_MAX).until(() -> !isServed());
  }

  /** Kills the daemon and takes the dead mount out of the mount table. */
  void killAndDetach() throws IOException, InterruptedException {
    kill();
    detach();
  }

  /**
   * Takes the dead mount out of the mount table: from then on its path leads to the directory that
   * it covered.
   */
  void detach() throws IOException, InterruptedException {
    Program.of("umount", "--lazy", "--", path.toString()).run();
  }
}
