package io.emberfs.bench;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A mount made through the launcher, as a user makes it.
 *
 * @param launcher the script
 * @param mountPoint where
 * @param pid of the daemon
 */
record EmberMount(Path launcher, Path mountPoint, long pid) {
  private static final long POLL_NANOS = 10_000_000;
  private static final int POLL_COUNT_MAX = 1000;

  // Of proc_pid_stat(5): starttime, counted behind the name; its unit is 1/100 s on Linux.
  private static final int START_FIELD = 19;
  private static final double TICKS_PER_SECOND = 100;

  /**
   * Mounts.
   *
   * @param prefix starts the launcher
   * @param options of {@code mount}
   */
  static EmberMount mount(
      List<String> prefix, Path launcher, Path backing, Path mountPoint, List<String> options)
      throws IOException {
    makeDirectory(mountPoint);
    List<String> command = new ArrayList<>(prefix);
    command.addAll(
        List.of(launcher.toString(), "mount", backing.toString(), mountPoint.toString(), "--json"));
    command.addAll(options);
    return new EmberMount(
        launcher, mountPoint, Numbers.parse(Commands.output(command)).count("pid"));
  }

  private static void makeDirectory(Path mountPoint) throws IOException {
    try {
      Files.createDirectory(mountPoint);
    } catch (FileAlreadyExistsException deadMount) {
      // From an earlier mount; a dead one is taken away by the next.
    }
  }

  /** Every number of the mount. */
  Numbers stats() throws IOException {
    return Numbers.parse(
        Commands.output(launcher.toString(), "stats", mountPoint.toString(), "--json"));
  }

  void unmount() throws IOException {
    Commands.output(launcher.toString(), "umount", mountPoint.toString());
  }

  /** As a crash does it, and waits until the process is gone. The dead mount stays. */
  void kill() throws IOException {
    ProcessHandle daemon =
        ProcessHandle.of(pid).orElseThrow(() -> new IOException("no process " + pid));
    daemon.destroyForcibly();
    for (int i = 0; i < POLL_COUNT_MAX && daemon.isAlive(); i++) {
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  /** How long the daemon's process has been there, to the clock tick. */
  double ageMillis() throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    // The fields behind the command's name, which may hold anything.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    double started = Double.parseDouble(fields[START_FIELD]) / TICKS_PER_SECOND;
    double now = Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]);
    return (now - started) * 1000;
  }

  /** Memory of the daemon that is resident now. */
  long residentBytes() throws IOException {
    String key = "VmRSS:";
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith(key)) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
    }
    throw new IOException("no " + key + " of process " + pid);
  }
}
