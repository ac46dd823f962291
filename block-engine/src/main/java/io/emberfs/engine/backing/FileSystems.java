package io.emberfs.engine.backing;

import io.emberfs.ffi.FileCalls;
import io.emberfs.ffi.FileSystemCalls;
import io.emberfs.ffi.Statfs;
import io.emberfs.ffi.Statx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of each file system that is mounted in the backing directory: the number by which
 * its inodes are persisted, and whether they last.
 *
 * <p>The number comes from the UUID, else from f_fsid, else from the mount source, so that it
 * survives restarts and renumbered devices. Within a run no two devices share one: a clone of a
 * file system that is mounted beside it gets another number, at the price of its warmth. One entry
 * for each mount. Any thread.
 */
final class FileSystems {
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
  private static final int DEVICE_FIELD = 2;
  private static final long MIX = 0x9e3779b97f4a7c15L;

  private final ConcurrentHashMap<Mount, FileSystem> byMount = new ConcurrentHashMap<>();

  /** A mount's number is not given to another one while the system runs; a device's is. */
  private record Mount(long mountId, long device) {}

  /**
   * @param id see {@link io.emberfs.core.NodeIdentity#fileSystemId()}
   * @param lastingInodes whether an inode keeps number and handle for as long as it exists. A FUSE
   *     server may give another number to an inode that it forgot meanwhile.
   */
  record FileSystem(long id, boolean lastingInodes) {}

  /**
   * The file system of an inode.
   *
   * @param stat of the inode; stays as it is
   * @param descriptor of the inode, O_PATH
   * @param readable whether it is a regular file or a directory
   */
  FileSystem of(Statx stat, int descriptor, boolean readable) {
    Mount mount = new Mount(stat.mountId(), stat.device());
    FileSystem known = byMount.get(mount);
    return known != null
        ? known
        : add(mount, descriptor, readable, stat.deviceMajor(), stat.deviceMinor());
  }

  /**
   * The device of a file system that was seen in this run and whose inodes last, by the number that
   * {@link FileSystem#id} has; null if there is none.
   */
  @Nullable Long lastingDevice(long id) {
    for (Map.Entry<Mount, FileSystem> each : byMount.entrySet()) {
      if (each.getValue().id() == id && each.getValue().lastingInodes()) {
        return each.getKey().device();
      }
    }
    return null;
  }

  private synchronized FileSystem add(
      Mount mount, int descriptor, boolean readable, int major, int minor) {
    Statfs state = Statfs.ofThread();
    Failures.check(state.read(descriptor), "fstatfs", mount);
    long type = state.type();
    long id = readable ? uuid(descriptor) : 0;
    if (id == 0) {
      id =
          state.id() != 0
              ? mixed(state.id(), type)
              : mountSource(major, minor, mixed(mount.device(), type));
    } else if (type == Statfs.BTRFS_SUPER_MAGIC) {
      id = mixed(id, state.id());
    }
    FileSystem fileSystem =
        new FileSystem(
            isTaken(id, mount) ? mixed(id, mount.device()) : id, type != Statfs.FUSE_SUPER_MAGIC);
    FileSystem raced = byMount.putIfAbsent(mount, fileSystem);
    return raced != null ? raced : fileSystem;
  }

  private boolean isTaken(long id, Mount mount) {
    return byMount.entrySet().stream()
        .anyMatch(
            entry -> entry.getValue().id() == id && entry.getKey().device() != mount.device());
  }

  private static long uuid(int descriptor) {
    int open = FileCalls.reopen(descriptor, FileCalls.O_RDONLY);
    if (open < 0) {
      return 0;
    }
    try {
      return FileSystemCalls.uuidHash(open);
    } finally {
      FileCalls.close(open);
    }
  }

  /**
   * A number from type and source of the mount of a device (proc_pid_mountinfo(5)), or {@code
   * unknown}.
   */
  private static long mountSource(int major, int minor, long unknown) {
    String device = major + ":" + minor;
    try {
      // Bytes of any encoding: mount points are not decoded.
      for (String line : Files.readAllLines(MOUNTS, StandardCharsets.ISO_8859_1)) {
        int optionsEnd = line.indexOf(" - ");
        if (optionsEnd >= 0 && line.split(" ", DEVICE_FIELD + 2)[DEVICE_FIELD].equals(device)) {
          // The super options behind them change with a remount.
          String[] typeSourceOptions = line.substring(optionsEnd + " - ".length()).split(" ", 3);
          return mixed(typeSourceOptions[0].hashCode(), typeSourceOptions[1].hashCode());
        }
      }
    } catch (IOException unreadable) {
      return unknown;
    }
    return unknown;
  }

  private static long mixed(long a, long b) {
    long product = (a ^ Long.rotateLeft(b, Integer.SIZE) ^ MIX) * MIX;
    return product ^ product >>> Integer.SIZE;
  }
}
