package io.emberfs.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * An hour of everything at once on each transport: fio that verifies what it wrote, a tree that is
 * made, copied, compared, renamed and removed, and find over 200,000 files. Nothing may be wrong,
 * and nothing may grow: descriptors, memory, nodes. {@code EMBERFS_SOAK_MINUTES} sets another
 * length.
 */
final class Soak implements Benchmark {
  private static final List<String> OUTSIDE = List.of();
  private static final List<String> TRANSPORTS = List.of("dev", "uring", "jnr");
  private static final int MINUTES = 60;
  private static final int FOLDERS = 200;
  private static final int FILES_IN_FOLDER = 1000;
  private static final int GRACE_SECONDS = 240;
  private static final Path DROP_CACHES = Path.of("/proc/sys/vm/drop_caches");

  private static final String FIO =
      """
      mkdir fio
      timeout -k 30 $(($1 + 200)) fio --name=soak --directory=fio --size=48m --numjobs=2 \\
        --rw=randwrite --bsrange=4k-128k --verify=crc32c --verify_backlog=64 --verify_fatal=1 \\
        --time_based --runtime=$1 --fallocate=none --output=/dev/null
      """;

  private static final String HAMMER =
      """
      mkdir hammer
      cd hammer
      end=$(($(date +%s) + $1))
      n=0
      while [ "$(date +%s)" -lt $end ]; do
        n=$((n + 1))
        mkdir -p d$n/a/b
        for i in 1 2 3 4 5 6 7 8 9 10; do
          head -c $((i * 3000)) /dev/urandom > d$n/a/f$i
          ln -s f$i d$n/a/l$i
        done
        ln d$n/a/f1 d$n/a/b/hard
        cp -a d$n c$n
        diff -r d$n c$n
        mv c$n m$n
        mv m$n/a/f2 m$n/a/f3
        cmp m$n/a/f3 d$n/a/f2
        truncate -s 100 m$n/a/f4
        cat d$n/a/f4 >> m$n/a/f4
        [ $(stat -c %s m$n/a/f4) = 12100 ]
        chmod -R go-rwx m$n
        [ $n -le 20 ] || rm -r d$((n - 20)) m$((n - 20))
      done
      """;

  private static final String FIND =
      """
      end=$(($(date +%s) + $1))
      while [ "$(date +%s)" -lt $end ]; do
        [ "$(find many | wc -l)" = "$2" ]
      done
      """;

  /** One mount, what it is made to do, and what it had when nothing was done yet. */
  private record Side(
      String name, Path backing, EmberMount mount, List<Process> work, long descriptorsAtFirst) {}

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    String minutes = System.getenv("EMBERFS_SOAK_MINUTES");
    int seconds = 60 * (minutes == null ? MINUTES : Integer.parseInt(minutes));
    try (UringParameter _ = new UringParameter()) {
      List<Side> sides = new ArrayList<>();
      for (String transport : TRANSPORTS) {
        report.progress(transport + ": making the tree");
        sides.add(begin(place, transport, seconds));
      }
      watch(sides, seconds, report);
      for (Side side : sides) {
        finish(side, report);
      }
    }
  }

  private static Side begin(WorkPlace place, String transport, int seconds) throws IOException {
    Path backing = Files.createDirectory(place.resolve("backing-" + transport));
    for (int i = 0; i < FOLDERS; i++) {
      Path folder = Files.createDirectories(backing.resolve("many").resolve("d" + i));
      for (int j = 0; j < FILES_IN_FOLDER; j++) {
        Files.createFile(folder.resolve("file" + j));
      }
    }
    EmberMount mount =
        EmberMount.mount(
            OUTSIDE,
            place.launcher(),
            backing,
            place.resolve(transport),
            List.of(
                "--transport",
                transport,
                "--ram",
                "128M",
                "--ssd",
                "256M",
                "--state-dir",
                place.resolve("state-" + transport).toString()));
    long descriptors = descriptorCount(mount.pid());
    int entryCount = 1 + FOLDERS + FOLDERS * FILES_IN_FOLDER;
    List<Process> work = new ArrayList<>();
    for (String script : List.of(FIO, HAMMER, FIND)) {
      work.add(
          new ProcessBuilder("sh", "-eu", "-c", script, "soak", "" + seconds, "" + entryCount)
              .directory(mount.mountPoint().toFile())
              .redirectErrorStream(true)
              .redirectOutput(place.resolve("messages-" + transport + work.size()).toFile())
              .start());
    }
    return new Side(transport, backing, mount, work, descriptors);
  }

  /**
   * Looks every minute, which takes a while itself, until the work is over; the memory of the
   * second half is compared with itself later.
   */
  private static void watch(List<Side> sides, int seconds, Report report) throws IOException {
    long period = TimeUnit.SECONDS.toNanos(seconds) / Math.max(6, seconds / 60);
    long begin = System.nanoTime();
    long whole = TimeUnit.SECONDS.toNanos(seconds);
    for (long at = period; at < whole; at = System.nanoTime() - begin + period) {
      sleep(TimeUnit.NANOSECONDS.toMillis(period));
      String part = at < whole / 2 ? "" : at < whole * 3 / 4 ? " middle" : " end";
      StringBuilder line = new StringBuilder();
      for (Side side : sides) {
        long resident = side.mount().residentBytes() >> 20;
        long nodes = side.mount().stats().count("nodes", "known");
        report.add(side.name() + " resident MiB" + part, resident);
        line.append(
            "%s %d MiB, %d descriptors, %d nodes; "
                .formatted(side.name(), resident, descriptorCount(side.mount().pid()), nodes));
      }
      report.progress(line.toString());
    }
  }

  private static void finish(Side side, Report report) throws IOException {
    int failed = 0;
    for (Process process : side.work()) {
      failed += endedWell(process) ? 0 : 1;
    }
    report.add(side.name() + " failed", failed);
    Commands.Outcome compared =
        Commands.run(
            List.of(
                "diff",
                "-r",
                "--no-dereference",
                side.backing().resolve("hammer").toString(),
                side.mount().mountPoint().resolve("hammer").toString()));
    report.add(side.name() + " different", compared.exitCode());
    // The kernel forgets what nobody uses, and so does the daemon.
    Files.writeString(DROP_CACHES, "2");
    sleep(TimeUnit.SECONDS.toMillis(15));
    Numbers stats = side.mount().stats();
    report.add(side.name() + " nodes left", stats.count("nodes", "known"));
    report.add(
        side.name() + " descriptors left",
        descriptorCount(side.mount().pid()) - side.descriptorsAtFirst());
    report.add(side.name() + " handler errors", stats.count("fuse", "handlerErrors"));
    side.mount().unmount();
    report.atMost(side.name() + ": programs that failed", side.name() + " failed", 0);
    report.atMost(side.name() + ": trees that differ", side.name() + " different", 0);
    report.atMost(side.name() + ": requests that failed here", side.name() + " handler errors", 0);
    report.atMost(side.name() + ": nodes left, forgotten by all", side.name() + " nodes left", 100);
    report.atMost(side.name() + ": descriptors more", side.name() + " descriptors left", 100);
    report.ratioAtMost(
        side.name() + ": memory at the end against the middle",
        side.name() + " resident MiB end",
        side.name() + " resident MiB middle",
        1.1);
  }

  private static boolean endedWell(Process process) throws IOException {
    try {
      boolean hasEnded = process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
      process.descendants().forEach(ProcessHandle::destroy);
      process.destroy();
      return hasEnded && process.exitValue() == 0;
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupt);
    }
  }

  private static long descriptorCount(long pid) throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      return descriptors.count();
    }
  }

  private static void sleep(long millis) throws IOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupt);
    }
  }
}
