package io.emberfs.fuse.mount;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.ffi.MountCalls;
import io.emberfs.ffi.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What is mounted at a place, and the removal of a mount whose daemon is gone. */
public final class MountPoint {
  /** The file system type in the mount table. */
  public static final String TYPE = "fuse.emberfs";

  private MountPoint() {}

  /** What is mounted at a place. */
  public enum State {
    /** Nothing. */
    ABSENT,
    /** An emberfs whose daemon is gone: every access says ENOTCONN. */
    DEAD,
    /** An emberfs that answers. */
    LIVE,
    /** Another file system. */
    FOREIGN
  }

  /**
   * Looks at a place. Asks an emberfs there whether it answers, and waits for that as long as its
   * daemon lets it wait.
   *
   * @throws BackingException if the mount table cannot be read
   */
  public static State state(Path mountPoint) {
    String path = resolve(mountPoint);
    Optional<MountTable.Mount> mount = table().at(path);
    if (mount.isEmpty()) {
      return State.ABSENT;
    }
    if (!mount.get().type().equals(TYPE)) {
      return State.FOREIGN;
    }
    int result = MountCalls.probe(path);
    return result == -Errno.ENOTCONN || result == -Errno.ECONNABORTED ? State.DEAD : State.LIVE;
  }

  /**
   * Detaches a dead emberfs; whoever still has a file open there keeps getting ENOTCONN.
   *
   * @return whether there was one
   * @throws BackingException if it cannot be detached
   */
  public static boolean detachDead(Path mountPoint) {
    if (state(mountPoint) != State.DEAD) {
      return false;
    }
    String path = resolve(mountPoint);
    int result = MountCalls.unmount(path, MountCalls.MNT_DETACH | MountCalls.UMOUNT_NOFOLLOW);
    if (result < 0) {
      throw new BackingException(-result, "umount2", path);
    }
    return true;
  }

  /** The present mount table. */
  static MountTable table() {
    try {
      return MountTable.read();
    } catch (IOException failed) {
      throw new BackingException(Errno.EIO, "read", "mount table: " + failed.getMessage());
    }
  }

  /**
   * The path as the mount table shows it. Never looks into the mount point: a dead mount there
   * would refuse. But it asks whether it is a symbolic link, which a live mount has to answer, so
   * it is not for whoever serves it.
   */
  public static String resolve(Path mountPoint) {
    Path absolute = mountPoint.toAbsolutePath().normalize();
    try {
      if (Files.isSymbolicLink(absolute)) {
        return absolute.toRealPath().toString();
      }
      Path parent = absolute.getParent();
      return parent == null
          ? absolute.toString()
          : parent.toRealPath().resolve(absolute.getFileName()).toString();
    } catch (IOException failed) {
      throw new BackingException(Errno.ENOENT, "resolve", absolute.toString());
    }
  }
}
