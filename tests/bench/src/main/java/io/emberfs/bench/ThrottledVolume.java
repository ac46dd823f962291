package io.emberfs.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A slow volume: one on a loop device whose requests are limited for the processes of one control
 * group (blkio, version 1). Needs root.
 */
final class ThrottledVolume {
  private static final Path GROUPS = Path.of("/sys/fs/cgroup/blkio");
  private static final long UNLIMITED = 0;

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
    return Files.isWritable(GROUPS) && LoopVolume.isPossible();
  }

  /** Makes and mounts one, not limited yet, so that it can be filled. */
  static ThrottledVolume create(WorkPlace place, long byteSize) throws IOException {
    LoopVolume volume = LoopVolume.create(place, "slow", byteSize);
    return new ThrottledVolume(
        volume.mountPoint(),
        Files.createDirectory(GROUPS.resolve(place.name())),
        volume.deviceNumber());
  }

  /** Takes away the group of this name, whose processes have ended, if there is one. */
  static void removeGroup(String groupName) throws IOException {
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
    set(requestsPerSecond, bytesPerSecond);
  }

  /** Lets the group's processes go as fast as the device can, from now on. */
  void unlimit() throws IOException {
    set(UNLIMITED, UNLIMITED);
  }

  private void set(long requestsPerSecond, long bytesPerSecond) throws IOException {
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
