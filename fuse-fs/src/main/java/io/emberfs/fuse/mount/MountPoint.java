package io.emberfs.fuse.mount;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.ffi.Fusermount;
import io.emberfs.ffi.MountCalls;
import io.emberfs.ffi.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What is mounted at a place, and the removal of a mount whose daemon is gone. */
public final class MountPoint {
  static final String SUBTYPE = "emberfs";

  /** The file system type in the mount table. */
  public static final String TYPE = "fuse." + SUBTYPE;

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
    return isDead(MountCalls.probe(path)) ? State.DEAD : State.LIVE;
  }

  /**
   * Whether an answer can only come from a mount without a daemon. A request that was with the
   * daemon when it died ends with ECONNABORTED, or over rings with ECANCELED.
   */
  static boolean isDead(int result) {
    return result == -Errno.ENOTCONN || result == -Errno.ECONNABORTED || result == -Errno.ECANCELED;
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
    detach(resolve(mountPoint));
    return true;
  }

  /**
   * Takes a mount away whose daemon is gone or does not matter any more. Asks the mount nothing;
   * root ends its connection too, so that whoever waits for it gets an error.
   *
   * @param path as the mount table shows it
   * @throws BackingException if it cannot be detached
   */
  public static void detach(String path) {
    int result =
        MountCalls.effectiveUid() == 0
            ? MountCalls.unmount(
                path, MountCalls.MNT_FORCE | MountCalls.MNT_DETACH | MountCalls.UMOUNT_NOFOLLOW)
            : unmount(path, true);
    if (result < 0) {
      throw new BackingException(-result, "umount2", path);
    }
  }

  /**
   * Unmounts, as root or through {@code fusermount3}.
   *
   * @return 0 or the negated errno; EBUSY where it is in use
   * @throws BackingException EPERM with what {@code fusermount3} says
   */
  static int unmount(String path, boolean lazy) {
    if (MountCalls.effectiveUid() == 0) {
      return MountCalls.unmount(
          path, MountCalls.UMOUNT_NOFOLLOW | (lazy ? MountCalls.MNT_DETACH : 0));
    }
    Fusermount.Outcome outcome = Fusermount.unmount(path, lazy);
    if (outcome.result() != Fusermount.REFUSED) {
      return outcome.result();
    }
    if (outcome.message().endsWith("busy")) {
      return -Errno.EBUSY;
    }
    if (outcome.message().contains("not found in")) {
      // Somebody else was faster.
      return -Errno.EINVAL;
    }
    throw new BackingException(Errno.EPERM, "fusermount3 says", outcome.message());
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
      Path parent = absolute.getParent();
      if (parent == null) {
        return absolute.toString();
      }
      Path plain = parent.toRealPath().resolve(absolute.getFileName());
      boolean isMounted = table().at(plain.toString()).isPresent();
      return !isMounted && Files.isSymbolicLink(plain)
          ? plain.toRealPath().toString()
          : plain.toString();
    } catch (IOException failed) {
      throw new BackingException(Errno.ENOENT, "resolve", absolute.toString());
    }
  }
}
