package io.emberfs.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * Names and attributes: one caller makes files, asks for their attributes and removes them, on a
 * tmpfs, with nothing remembered by the kernel, so that every call reaches the daemon. The baseline
 * is bindfs.
 */
final class Metadata implements Benchmark {
  private static final int FILE_COUNT = 4000;
  private static final int ROUNDS = 7;
  private static final List<String> OUTSIDE = List.of();
  private static final List<String> CALLS = List.of("stat", "create", "unlink");
  private static final List<String> TRANSPORTS = List.of("dev", "uring", "jnr");

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    try (UringParameter _ = new UringParameter()) {
      measure(place, report);
    }
  }

  private static void measure(WorkPlace place, Report report) throws IOException {
    Path memory = Files.createDirectory(place.resolve("memory"));
    Commands.output("mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", memory.toString());
    Path bound = Files.createDirectory(place.resolve("bindfs"));
    Commands.output(
        "bindfs",
        "-o",
        "attr_timeout=0,entry_timeout=0,negative_timeout=0",
        memory.toString(),
        bound.toString());
    List<EmberMount> mounts = new ArrayList<>();
    for (String transport : TRANSPORTS) {
      mounts.add(
          EmberMount.mount(
              OUTSIDE,
              place.launcher(),
              memory,
              place.resolve(transport),
              List.of(
                  "--transport",
                  transport,
                  "--ram",
                  "0",
                  "--ssd",
                  "0",
                  "--attr-ttl",
                  "0s",
                  "--state-dir",
                  place.resolve("state-" + transport).toString())));
    }
    List<String> sides = new ArrayList<>(TRANSPORTS);
    sides.addFirst("bindfs");
    for (int round = -1; round < ROUNDS; round++) {
      report.progress(round < 0 ? "warming up" : "round " + (round + 1) + " of " + ROUNDS);
      for (String side : sides) {
        double[] perSecond = rates(Files.createDirectory(place.resolve(side).resolve("d")));
        Files.delete(place.resolve(side).resolve("d"));
        for (int call = 0; call < CALLS.size() && round >= 0; call++) {
          report.add(CALLS.get(call) + ", " + side, perSecond[call]);
        }
      }
    }
    for (EmberMount mount : mounts) {
      mount.unmount();
    }
    for (String call : CALLS) {
      report.ratio(call + "/s, dev against bindfs", call + ", dev", call + ", bindfs");
      report.ratio(call + "/s, jnr against bindfs", call + ", jnr", call + ", bindfs");
      report.ratioAtLeast(
          call + "/s, uring against bindfs", call + ", uring", call + ", bindfs", 1.0);
    }
  }

  /** Calls a second, as {@link #CALLS} are named. */
  private static double[] rates(Path directory) throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < FILE_COUNT; i++) {
      files.add(directory.resolve("file" + i));
    }
    long begin = System.nanoTime();
    for (Path file : files) {
      FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE).close();
    }
    long created = System.nanoTime();
    for (Path file : files) {
      Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }
    long asked = System.nanoTime();
    for (Path file : files) {
      Files.delete(file);
    }
    long removed = System.nanoTime();
    return new double[] {
      perSecond(asked - created), perSecond(created - begin), perSecond(removed - asked)
    };
  }

  private static double perSecond(long nanos) {
    return FILE_COUNT * 1e9 / nanos;
  }
}
