package io.emberfs.bench;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A slow volume: an ext4 file system on a loop device whose requests are limited for the processes
 * of one control group (blkio, version 1). Needs root. The loop device uses direct I/O, or the page
 * cache below would serve it.
 */
final class ThrottledVolume {
  private static final Path GROUPS = Path.of("/sys/fs/cgroup/blkio");

  private final Path mountPoint;
  private final Path group;
  private final String deviceNumber;

  private ThrottledVolume(Path mountPoint, Path group, String deviceNumber) {
    this.mountPoint = mountPoint;
    this.group = group;
    this.deviceNumber = deviceNumber;
  }

  /** Whether this machine and user can have one. */
  static boolean isPossible() {
    return Files.isWritable(GROUPS) && Files.isWritable(Path.of("/dev/loop-control"));
  }

  /** Makes and mounts one, not limited yet, so that it can be filled. */
  static ThrottledVolume create(WorkPlace place, long byteSize) throws IOException {
    Path image = place.resolve("volume.img");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(byteSize);
    }
    String device =
        Commands.output("losetup", "--find", "--show", "--direct-io=on", image.toString());
    Commands.output(
        "mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", device);
    Path mountPoint = Files.createDirectory(place.resolve("slow"));
    Commands.output("mount", "-o", "noatime", device, mountPoint.toString());
    String[] hexadecimal = Commands.output("stat", "-c", "%t %T", device).split(" ");
    String number =
        Integer.parseInt(hexadecimal[0], 16) + ":" + Integer.parseInt(hexadecimal[1], 16);
    return new ThrottledVolume(
        mountPoint, Files.createDirectory(GROUPS.resolve(place.name())), number);
  }

  /** Takes away the loop devices of a place's images and its group; the mounts are gone already. */
  static void detachAll(Path directory, String groupName) throws IOException {
    Path image = directory.resolve("volume.img");
    if (Files.exists(image)) {
      for (String line :
          Commands.output("losetup", "--associated", image.toString()).lines().toList()) {
        Commands.run(List.of("losetup", "--detach", line.substring(0, line.indexOf(':'))));
      }
    }
    Path group = GROUPS.resolve(groupName);
    if (Files.isDirectory(group)) {
      Commands.run(List.of("rmdir", group.toString()));
    }
  }

  Path mountPoint() {
    return mountPoint;
  }

  /** Limits reads and writes of the group's processes, each, from now on. */
  void limit(int requestsPerSecond, long bytesPerSecond) throws IOException {
    Commands.output("sync");
    for (String direction : List.of("read", "write")) {
      set("blkio.throttle." + direction + "_iops_device", requestsPerSecond);
      set("blkio.throttle." + direction + "_bps_device", bytesPerSecond);
    }
  }

  private void set(String file, long value) throws IOException {
    Files.writeString(group.resolve(file), deviceNumber + " " + value);
  }

  /** Starts a program, and its children, in the group. */
  List<String> prefix() {
    return List.of("sh", "-c", "echo $$ >'" + group + "/cgroup.procs' && exec \"$@\"", "sh");
  }

  /** Empties the page cache, so that the next read comes from the device. */
  void dropCaches() throws IOException {
    Commands.output("sync");
    Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "3");
  }

  /** Read requests of the group that reached the device. */
  long deviceReads() throws IOException {
    return count("blkio.throttle.io_serviced");
  }

  /** Bytes that the group read from the device. */
  long deviceReadBytes() throws IOException {
    return count("blkio.throttle.io_service_bytes");
  }

  private long count(String file) throws IOException {
    String key = deviceNumber + " Read ";
    for (String line : Files.readAllLines(group.resolve(file))) {
      if (line.startsWith(key)) {
        return Long.parseLong(line.substring(key.length()));
      }
    }
    return 0;
  }
}
