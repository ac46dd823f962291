package io.emberfs.app.prepare;

import io.emberfs.app.config.Places;
import io.emberfs.ffi.MountCalls;
import io.emberfs.ffi.MountTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What lies below a mount: seen through a copy of the mount that holds the mount point, which
 * nothing is mounted on. Open until it is closed.
 */
final class CoveredDirectory implements AutoCloseable {
  private static final int NONE = -1;

  private final int copy;
  private final Path mountPoint;

  private CoveredDirectory(int copy, Path mountPoint) {
    this.copy = copy;
    this.mountPoint = mountPoint;
  }

  /**
   * Looks below the mount at a canonical mount point. Only root can; and where two things are
   * mounted on each other there, what lies below both of them is not what is looked for.
   */
  static CoveredDirectory of(Path mountPoint) throws IOException {
    long stacked =
        MountTable.read().mounts().stream()
            .filter(mount -> mount.mountPoint().equals(mountPoint.toString()))
            .count();
    Path parent = mountPoint.getParent();
    int copy =
        Places.isRoot() && stacked == 1 && parent != null
            ? MountCalls.copyOf(parent.toString())
            : NONE;
    return new CoveredDirectory(copy, mountPoint);
  }

  /** Where it can be looked into; empty where it cannot. */
  Optional<Path> path() {
    return copy < 0
        ? Optional.empty()
        : Optional.of(Path.of("/proc/self/fd/" + copy).resolve(mountPoint.getFileName()));
  }

  @Override
  public void close() {
    if (copy >= 0) {
      MountCalls.closeCopy(copy);
    }
  }
}
