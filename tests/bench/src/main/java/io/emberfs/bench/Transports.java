package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The ways to the kernel against each other and against bindfs, over a tmpfs, which takes the disk
 * away: every request reaches the daemon. "through" is emberfs without tiers, which passes each
 * read on as bindfs does; "ram" answers reads from memory. Writes go to the backing on every side.
 */
final class Transports implements Benchmark {
  private static final long FILE_SIZE = 256L << 20;
  private static final long WRITTEN_SIZE = 64L << 20;

  /** Short rounds, for what one caller gets wanders from second to second on a virtual machine. */
  private static final int ROUNDS = 5;

  private static final List<String> OUTSIDE = List.of();
  private static final List<String> TIMED = List.of("--time_based", "--runtime=1");
  private static final List<String> TRANSPORTS = List.of("dev", "uring", "jnr");

  private static final List<Work> WORKS =
      List.of(
          new Work("4K random read, 1 job", "randread", "4k", 1, 0.7, 1.25),
          new Work("4K random read, 4 jobs", "randread", "4k", 4, 1.0, 1.6),
          new Work("128K read in order", "read", "128k", 1, 1.0, 1.3),
          new Work("1M read in order", "read", "1m", 1, 1.0, 1.2),
          new Work("4K random write", "randwrite", "4k", 1, 0.7, 1.0),
          new Work("1M write in order", "write", "1m", 1, 1.0, 1.15));

  private static final double JNR_BAR = 0.6;

  /**
   * What fio does, and how much of bindfs the transports should reach with it without tiers. One
   * caller waits on the device for a thread on the other, sleeping CPU: hence those below 1.
   */
  private record Work(
      String name, String pattern, String blockSize, int jobCount, double devBar, double uringBar) {
    double bar(String transport) {
      return switch (transport) {
        case "dev" -> devBar;
        case "uring" -> uringBar;
        default -> JNR_BAR;
      };
    }

    Fio on(Side side) {
      return new Fio(
          pattern.endsWith("write") ? side.written() : side.read(),
          pattern,
          blockSize,
          jobCount,
          TIMED);
    }
  }

  /** One mount, with a file of its own to write. */
  private record Side(String name, Path mountPoint) {
    Path read() {
      return mountPoint.resolve("read.dat");
    }

    Path written() {
      return mountPoint.resolve("written by " + name);
    }
  }

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    try (UringParameter _ = new UringParameter()) {
      measure(place, report);
    }
  }

  private static void measure(WorkPlace place, Report report) throws IOException {
    Path memory = Files.createDirectory(place.resolve("memory"));
    Commands.output("mount", "-t", "tmpfs", "-o", "size=900m", "tmpfs", memory.toString());
    new SampleTree(2).writeFile(memory.resolve("read.dat"), FILE_SIZE);
    Path bound = Files.createDirectory(place.resolve("bound"));
    Commands.output("bindfs", "-o", "direct_io", memory.toString(), bound.toString());
    List<Side> sides = new ArrayList<>(List.of(new Side("bindfs", bound)));
    List<EmberMount> mounts = new ArrayList<>();
    for (String transport : TRANSPORTS) {
      for (String ram : List.of("through", "ram")) {
        String name = transport + " " + ram;
        Path mountPoint = place.resolve(transport + "-" + ram);
        sides.add(new Side(name, mountPoint));
        mounts.add(
            EmberMount.mount(
                OUTSIDE,
                place.launcher(),
                memory,
                mountPoint,
                List.of(
                    "--transport",
                    transport,
                    "--ram",
                    ram.equals("ram") ? "512M" : "0",
                    "--ssd",
                    "0",
                    "--kernel-cache",
                    "off",
                    "--state-dir",
                    place.resolve("state-" + transport + "-" + ram).toString())));
      }
    }
    for (Side side : sides) {
      new SampleTree(3).writeFile(memory.resolve("written by " + side.name()), WRITTEN_SIZE);
    }
    report.progress("warming all up");
    for (Side side : sides) {
      Fio.sequential(side.read()).run(OUTSIDE);
      for (Work work : WORKS) {
        work.on(side).run(OUTSIDE);
      }
    }
    for (int round = 0; round < ROUNDS; round++) {
      report.progress("round " + (round + 1) + " of " + ROUNDS);
      for (Work work : WORKS) {
        for (Side side : sides) {
          report.add(work.name() + ", " + side.name(), work.on(side).run(OUTSIDE).perSecond());
        }
      }
    }
    for (EmberMount mount : mounts) {
      mount.unmount();
    }
    for (Work work : WORKS) {
      String baseline = work.name() + ", bindfs";
      for (String transport : TRANSPORTS) {
        String through = work.name() + ", " + transport + " through";
        report.ratioAtLeast(through, through, baseline, work.bar(transport));
        String ram = work.name() + ", " + transport + " ram";
        report.ratio(ram, ram, baseline);
      }
    }
  }
}
