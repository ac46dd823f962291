package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Random 4 KiB reads that the daemon answers from RAM, none from the kernel's cache. The baseline
 * is bindfs, which passes each read on to a tmpfs, mounted with direct_io so that the kernel's
 * cache is out of both.
 */
final class RamHit implements Benchmark {
  private static final long FILE_SIZE = 256L << 20;

  /**
   * Many short rounds: what one reader gets hangs on how fast the machine wakes a sleeper, which
   * wanders from second to second on a virtual one, for both sides alike.
   */
  private static final int ROUNDS = 9;

  private static final int SECONDS = 2;
  private static final int[] JOB_COUNTS = {1, 4};
  private static final List<String> OUTSIDE = List.of();

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    Path memory = Files.createDirectory(place.resolve("memory"));
    Commands.output("mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", memory.toString());
    new SampleTree(2).writeFile(memory.resolve("random.dat"), FILE_SIZE);
    Path bound = Files.createDirectory(place.resolve("bound"));
    Commands.output("bindfs", "-o", "direct_io", memory.toString(), bound.toString());
    Path fast = place.resolve("fast");
    EmberMount mount =
        EmberMount.mount(
            OUTSIDE,
            place.launcher(),
            memory,
            fast,
            List.of(
                "--ram",
                "512M",
                "--ssd",
                "off",
                "--kernel-cache",
                "off",
                "--state-dir",
                place.resolve("state").toString()));
    report.progress("reading everything once");
    Fio.sequential(fast.resolve("random.dat")).run(OUTSIDE);
    report.progress("warming both up");
    Fio.uniform(bound.resolve("random.dat"), SECONDS, 1).run(OUTSIDE);
    Fio.uniform(fast.resolve("random.dat"), SECONDS, 1).run(OUTSIDE);
    for (int jobCount : JOB_COUNTS) {
      for (int round = 0; round < ROUNDS; round++) {
        report.progress(jobCount + " readers, round " + (round + 1) + " of " + ROUNDS);
        report.add(
            "bindfs " + jobCount,
            Fio.uniform(bound.resolve("random.dat"), SECONDS, jobCount).run(OUTSIDE).perSecond());
        report.add(
            "emberfs " + jobCount,
            Fio.uniform(fast.resolve("random.dat"), SECONDS, jobCount).run(OUTSIDE).perSecond());
      }
    }
    mount.unmount();
    report.ratioAtLeast(
        "4K from RAM, 1 reader, IOPS against bindfs", "emberfs 1", "bindfs 1", 0.75);
    report.ratioAtLeast(
        "4K from RAM, 4 readers, IOPS against bindfs", "emberfs 4", "bindfs 4", 1.0);
  }
}
