package io.emberfs.bench;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * An ext4 file system of its own on a loop device, so that what reaches the device is known. Needs
 * root. The device uses direct I/O, or the page cache below would serve it.
 *
 * @param mountPoint where it is mounted
 * @param device below {@code /dev}
 */
record LoopVolume(Path mountPoint, Path device) {
  private static final String IMAGE = ".img";

  // Of the kernel's Documentation/block/stat.rst: sectors, counted from 0; always of 512.
  private static final int SECTORS_READ_FIELD = 2;
  private static final int SECTORS_WRITTEN_FIELD = 6;
  private static final long SECTOR_BYTES = 512;

  /** Whether this machine and user can have one. */
  static boolean isPossible() {
    return Files.isWritable(Path.of("/dev/loop-control"));
  }

  /** Makes and mounts one in a directory of the place that has this name. */
  static LoopVolume create(WorkPlace place, String name, long byteSize) throws IOException {
    Path image = place.resolve(name + IMAGE);
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(byteSize);
    }
    String device =
        Commands.output("losetup", "--find", "--show", "--direct-io=on", image.toString());
    Commands.output(
        "mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", device);
    Path mountPoint = Files.createDirectory(place.resolve(name));
    Commands.output("mount", "-o", "noatime", device, mountPoint.toString());
    return new LoopVolume(mountPoint, Path.of(device));
  }

  /** Takes away the loop devices of a place's images; the mounts are gone already. */
  static void detachAll(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (DirectoryStream<Path> images = Files.newDirectoryStream(directory, "*" + IMAGE)) {
      for (Path image : images) {
        for (String line :
            Commands.output("losetup", "--associated", image.toString()).lines().toList()) {
          Commands.run(List.of("losetup", "--detach", line.substring(0, line.indexOf(':'))));
        }
      }
    }
  }

  /** The device's major and minor number, as control groups want them. */
  String deviceNumber() throws IOException {
    String[] hexadecimal = Commands.output("stat", "-c", "%t %T", device.toString()).split(" ");
    return Integer.parseInt(hexadecimal[0], 16) + ":" + Integer.parseInt(hexadecimal[1], 16);
  }

  /** Bytes that the device was given to write since it was attached; all that waits is synced. */
  long writtenBytes() throws IOException {
    Commands.output("sync", "--file-system", mountPoint.toString());
    return sectorBytes(SECTORS_WRITTEN_FIELD);
  }

  /** Bytes that were read from the device since it was attached. */
  long readBytes() throws IOException {
    return sectorBytes(SECTORS_READ_FIELD);
  }

  private long sectorBytes(int field) throws IOException {
    Path stat = Path.of("/sys/block").resolve(device.getFileName()).resolve("stat");
    String[] fields = Files.readString(stat).strip().split(" +");
    return Long.parseLong(fields[field]) * SECTOR_BYTES;
  }
}
