package io.emberfs.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * The one directory below which a test run makes all it makes. Its name carries the process that
 * owns it, so that what a dead run left behind is found and removed by the next one, and what
 * another living run uses is left alone.
 */
final class TestArea implements AutoCloseable {
  private static final String PREFIX = "emberfs-system-area-";

  private final Path directory;
  private final AtomicInteger directoryCount = new AtomicInteger();

  private TestArea(Path directory) {
    this.directory = directory;
  }

  /** Removes what dead runs left behind, and makes the area of this one. */
  static TestArea open() throws IOException, InterruptedException {
    Path parent = Path.of(System.getProperty("java.io.tmpdir")).toRealPath();
    try (Stream<Path> entries = Files.list(parent)) {
      for (Path entry : entries.filter(TestArea::isLeftOver).toList()) {
        remove(entry);
      }
    }
    return new TestArea(
        Files.createDirectory(parent.resolve(PREFIX + owner(ProcessHandle.current()))));
  }

  /** A new, empty directory that every user may enter. */
  Path newDirectory(String name) throws IOException {
    return Files.createDirectory(directory.resolve(name + "-" + directoryCount.incrementAndGet()));
  }

  /** Detaches every mount and loop device below a directory, and removes it. */
  static void remove(Path place) throws IOException, InterruptedException {
    for (Path mountPoint : SystemTables.mountPointsBelow(place).reversed()) {
      Program.of("umount", "--lazy", "--", mountPoint.toString()).run();
    }
    for (String device : SystemTables.loopDevicesBelow(place)) {
      Program.of("losetup", "--detach", device).run();
    }
    Program.of("rm", "-rf", "--one-file-system", "--", place.toString()).run().succeeded();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    List<Path> mounts = SystemTables.mountPointsBelow(directory);
    List<String> devices = SystemTables.loopDevicesBelow(directory);
    remove(directory);
    if (!mounts.isEmpty() || !devices.isEmpty()) {
      throw new AssertionError("left behind by tests: mounts " + mounts + ", devices " + devices);
    }
  }

  private static boolean isLeftOver(Path entry) {
    String name = String.valueOf(entry.getFileName());
    return name.startsWith(PREFIX)
        && ProcessHandle.allProcesses().noneMatch(process -> name.equals(PREFIX + owner(process)));
  }

  private static String owner(ProcessHandle process) {
    return process.pid()
        + "-"
        + process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }
}
