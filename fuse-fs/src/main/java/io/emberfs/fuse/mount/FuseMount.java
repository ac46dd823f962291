package io.emberfs.fuse.mount;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.core.MountSpec;
import io.emberfs.ffi.MountCalls;
import io.emberfs.ffi.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One mount, by mount(2), which needs root, or by a library. Any thread. */
public final class FuseMount {
  private static final Path CONNECTIONS = Path.of("/sys/fs/fuse/connections");

  /** A file system is often busy for a moment after its last use. */
  private static final int UNMOUNT_ATTEMPTS = 20;

  private static final long UNMOUNT_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final String path;
  private final int mountId;
  private final int connection;

  private FuseMount(String path, MountTable.Mount mount) {
    this.path = path;
    this.mountId = mount.mountId();
    this.connection = mount.deviceMinor();
  }

  /**
   * Mounts. The kernel checks permissions by mode always: its requests carry the caller, but nobody
   * here looks.
   *
   * @param descriptor the open device; stays the caller's
   * @throws BackingException EPERM if this is not root, or with the errno of mount(2)
   */
  public static FuseMount mount(int descriptor, MountSpec spec) {
    String path = MountPoint.resolve(spec.mountPoint());
    if (MountCalls.effectiveUid() != 0) {
      throw new BackingException(Errno.EPERM, "mount", path + " (only root can mount)");
    }
    String data =
        "fd="
            + descriptor
            + ",rootmode=40000,user_id=0,group_id=0,default_permissions,max_read="
            + spec.requestSizeMax()
            + (spec.allowOther() ? ",allow_other" : "");
    int result = MountCalls.mount(spec.source(), path, MountPoint.TYPE, flags(spec), data);
    if (result < 0) {
      throw new BackingException(-result, "mount", path);
    }
    // Not by looking at the mount point: it answers once INIT was answered.
    return standing(path)
        .orElseThrow(() -> new BackingException(Errno.EIO, "find the mount of", path));
  }

  /**
   * The emberfs that stands at a place now, whoever mounted it. Asks the mount table only, so it
   * may be called by whoever serves the mount.
   *
   * @param path of {@link MountPoint#resolve}, which was called before anything was mounted there
   */
  public static Optional<FuseMount> standing(String path) {
    return MountPoint.table()
        .at(path)
        .filter(m -> m.type().equals(MountPoint.TYPE))
        .map(m -> new FuseMount(path, m));
  }

  /** Whether the mount stands in the mount table. */
  public boolean isMounted() {
    return MountPoint.table().withId(mountId).isPresent();
  }

  /**
   * Unmounts; a busy one is tried for a moment.
   *
   * @param lazy detach now, end when the last user leaves
   * @return false if it is busy, or if something else is mounted over it
   * @throws BackingException with any other errno of umount2(2)
   */
  public boolean unmount(boolean lazy) {
    int flags = MountCalls.UMOUNT_NOFOLLOW | (lazy ? MountCalls.MNT_DETACH : 0);
    for (int attempt = 0; attempt < UNMOUNT_ATTEMPTS; attempt++) {
      if (!isMounted()) {
        return true;
      }
      if (!isOnTop()) {
        return false;
      }
      int result = MountCalls.unmount(path, flags);
      if (result == 0) {
        return true;
      }
      if (result != -Errno.EBUSY && result != -Errno.EINVAL) {
        throw new BackingException(-result, "umount2", path);
      }
      // EINVAL: somebody else was faster; the table tells.
      LockSupport.parkNanos(UNMOUNT_PAUSE_NANOS);
    }
    return !isMounted();
  }

  /**
   * Ends the connection whatever is in use: callers get ECONNABORTED or ENOTCONN. Only for a
   * connection that is known to stand, for its number may be used again later.
   */
  public void abort() {
    if (isMounted() && isOnTop()) {
      int result =
          MountCalls.unmount(
              path, MountCalls.MNT_FORCE | MountCalls.MNT_DETACH | MountCalls.UMOUNT_NOFOLLOW);
      if (result == 0) {
        return;
      }
    }
    Path abort = CONNECTIONS.resolve(Integer.toString(connection)).resolve("abort");
    try {
      Files.writeString(abort, "1", StandardOpenOption.WRITE);
    } catch (NoSuchFileException _) {
      // The connection has ended by itself, or nobody mounted the control file system.
    } catch (IOException failed) {
      throw new BackingException(Errno.EIO, "abort", abort + ": " + failed.getMessage());
    }
  }

  private boolean isOnTop() {
    Optional<MountTable.Mount> top = MountPoint.table().at(path);
    return top.isPresent() && top.get().mountId() == mountId;
  }

  private static long flags(MountSpec spec) {
    return (spec.readOnly() ? MountCalls.MS_RDONLY : 0)
        | (spec.allowSetUid() ? 0 : MountCalls.MS_NOSUID)
        | (spec.allowDevices() ? 0 : MountCalls.MS_NODEV);
  }
}
