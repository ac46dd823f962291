package io.emberfs.system;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A small ext4 on a loop device, whose power can be cut: the file system's shutdown call drops all
 * that was not synced, the way a power cut does, and every access fails until the volume was taken
 * off and attached again.
 */
final class LoopVolume implements AutoCloseable {
  private static final String CUT =
      "open(my $d, '<', $ARGV[0]) or die $!; my $flag = pack('L', 2);"
          + " ioctl($d, 0x8004587D, $flag) or die $!;";

  /** Nothing is read from it on the file system's own account, some time after the mount. */
  private static final String OPTIONS = "loop,noinit_itable,no_prefetch_block_bitmaps";

  private static final Duration DETACH_MAX = Duration.ofSeconds(20);

  private Path image;
  private final Path directory;

  private int comebacks;

  private LoopVolume(Path image, Path directory) {
    this.image = image;
    this.directory = directory;
  }

  static LoopVolume make(Path image, Path directory, int megabytes)
      throws IOException, InterruptedException {
    Program.succeed("truncate", "--size", megabytes + "M", image.toString());
    Program.succeed("mkfs.ext4", "-q", "-F", image.toString());
    LoopVolume volume = new LoopVolume(image, directory);
    volume.attach();
    return volume;
  }

  /** Its root directory. */
  Path path() {
    return directory;
  }

  /** From this call on nothing reaches the volume any more, and what was not synced is gone. */
  void cutPower() throws IOException, InterruptedException {
    Program.succeed("perl", "-e", CUT, directory.toString());
  }

  /** Takes the volume off and attaches it again, which replays its journal. */
  void reattach() throws IOException, InterruptedException {
    detach();
    attach();
  }

  /** From this call on its file system takes no change, as after an error of the device. */
  void turnReadOnly() throws IOException, InterruptedException {
    Program.succeed("mount", "-o", "remount,abort", directory.toString());
  }

  /** Takes the end of the device away: whatever lies there cannot be read or written any more. */
  void shorten(int megabytes) throws IOException, InterruptedException {
    Program.succeed("truncate", "--size", megabytes + "M", image.toString());
    Program.succeed(
        "sh", "-c", "losetup --set-capacity $(findmnt -n -o SOURCE \"$0\")", directory.toString());
    Program.succeed("sh", "-c", "echo 1 > /proc/sys/vm/drop_caches");
  }

  /**
   * As a device that was pulled out and put back, with whatever is left on it. Whoever has files of
   * the old one open keeps it, dead as it is: so what comes back is a copy, on another loop device.
   */
  void comeBack() throws IOException, InterruptedException {
    Program.succeed("umount", "--lazy", "--", directory.toString());
    Path left = image.resolveSibling(image.getFileName() + "-" + ++comebacks);
    Program.succeed("cp", "--sparse=always", "--", image.toString(), left.toString());
    image = left;
    // Its journal is replayed and its errors are forgotten; what it finds to mend is no failure.
    Program.of("e2fsck", "-fy", image.toString()).run();
    attach();
  }

  /** A process that has just ended may hold its files a moment longer. */
  private void detach() {
    await("detached " + directory)
        .atMost(DETACH_MAX)
        .until(() -> Program.of("umount", "--", directory.toString()).run().exitCode() == 0);
  }

  private void attach() throws IOException, InterruptedException {
    Program.succeed("mount", "-t", "ext4", "-o", OPTIONS, image.toString(), directory.toString());
  }

  @Override
  public void close() throws IOException {
    if (!SystemTables.mountPointsBelow(directory).isEmpty()) {
      detach();
    }
  }
}
