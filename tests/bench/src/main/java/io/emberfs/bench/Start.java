package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How long a user waits for {@code mount} and {@code umount}, launcher included, and how much of it
 * is the daemon's, from the start of its process until the mount answers. The baseline is bindfs.
 */
final class Start implements Benchmark {
  private static final int ROUNDS = 9;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final List<String> OUTSIDE = List.of();

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    Path backing = place.resolve("backing");
    new SampleTree(3).writeTree(backing, SampleTree.FILE_COUNT);
    Path fast = place.resolve("fast");
    Path bound = Files.createDirectory(place.resolve("bound"));
    List<String> options =
        List.of("--ram", "256M", "--ssd", "256M", "--state-dir", place.resolve("state").toString());
    report.progress(ROUNDS + " times each");
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      Commands.output("bindfs", backing.toString(), bound.toString());
      report.add("bindfs mount ms", millisSince(start));
      Commands.output("umount", bound.toString());

      start = System.nanoTime();
      EmberMount mount = EmberMount.mount(OUTSIDE, place.launcher(), backing, fast, options);
      report.add("mount ms", millisSince(start));
      report.add("daemon ms", mount.ageMillis());
      Commands.run(List.of("grep", "-r", "-q", "no such text", fast.toString()));
      start = System.nanoTime();
      mount.unmount();
      report.add("umount ms", millisSince(start));
    }
    report.atMost("mount, milliseconds until it answers", "mount ms", 1000);
    report.atMost("the daemon's share of the mount, milliseconds", "daemon ms", 600);
    report.atMost("umount, milliseconds until nothing is left", "umount ms", 2000);
  }

  private static double millisSince(long startNanos) {
    return (System.nanoTime() - startNanos) / NANOS_PER_MILLI;
  }
}
