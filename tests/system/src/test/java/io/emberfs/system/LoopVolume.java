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

  private static final Duration DETACH_MAX = Duration.ofSeconds(20);

  private final Path image;
  private final Path directory;

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

  /** A process that has just ended may hold its files a moment longer. */
  private void detach() {
    await("detached " + directory)
        .atMost(DETACH_MAX)
        .until(() -> Program.of("umount", "--", directory.toString()).run().exitCode() == 0);
  }

  private void attach() throws IOException, InterruptedException {
    Program.succeed("mount", "-t", "ext4", "-o", "loop", image.toString(), directory.toString());
  }

  @Override
  public void close() throws IOException {
    if (!SystemTables.mountPointsBelow(directory).isEmpty()) {
      detach();
    }
  }
}
