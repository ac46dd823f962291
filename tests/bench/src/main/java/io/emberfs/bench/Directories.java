package io.emberfs.bench;

import io.emberfs.testkit.SampleTree;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The same reads in several directories, mounted or plain, in turns: each is compared with the
 * first. What is read is a file of its own, written there before and removed afterwards, so a
 * mounted directory is measured warm.
 *
 * @param directories at least one, writable
 */
record Directories(List<Path> directories) implements Benchmark {
  private static final long FILE_SIZE = 64L << 20;
  private static final int ROUNDS = 3;
  private static final int SECONDS = 2;
  private static final List<String> OUTSIDE = List.of();

  @Override
  public void run(WorkPlace place, Report report, PrintStream out) throws IOException {
    List<Path> files = new ArrayList<>();
    try {
      for (Path directory : directories) {
        report.progress("writing a file of 64 MiB in " + directory);
        Path file = directory.resolve("." + place.name());
        files.add(file);
        new SampleTree(3).writeFile(file, FILE_SIZE);
        sync(file);
      }
      for (int round = 0; round < ROUNDS; round++) {
        report.progress("round " + (round + 1) + " of " + ROUNDS);
        for (Path file : files) {
          report.add(random(file), Fio.uniform(file, SECONDS, 1).run(OUTSIDE).perSecond());
          report.add(inOrder(file), Fio.sequential(file).run(OUTSIDE).bytesPerSecond() / 1e6);
        }
      }
    } finally {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    }
    for (Path file : files) {
      report.ratio("4K random, IOPS, " + file.getParent(), random(file), random(files.getFirst()));
      report.ratio(
          "1M in order, MB/s, " + file.getParent(), inOrder(file), inOrder(files.getFirst()));
    }
  }

  private static String random(Path file) {
    return "random " + file.getParent();
  }

  private static String inOrder(Path file) {
    return "in order " + file.getParent();
  }

  private static void sync(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }
}
