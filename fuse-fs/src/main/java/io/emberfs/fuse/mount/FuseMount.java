package io.emberfs.fuse.mount;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.core.MountSpec;
import io.emberfs.ffi.FuseDevice;
import io.emberfs.ffi.Fusermount;
import io.emberfs.ffi.MountCalls;
import io.emberfs.ffi.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One mount: with its device, by mount(2) where this is root, else through {@code fusermount3}; or
 * one that a library made. Any thread.
 */
public final class FuseMount {
  private static final Path CONNECTIONS = Path.of("/sys/fs/fuse/connections");
  private static final String CONTROL_TYPE = "fusectl";

  /** A file system is often busy for a moment after its last use. */
  private static final int UNMOUNT_ATTEMPTS = 20;

  private static final long UNMOUNT_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private static final int NO_DEVICE = -1;

  private final String path;
  private final int device;
  private final int mountId;
  private final int connection;

  private FuseMount(String path, int device, MountTable.Mount mount) {
    this.path = path;
    this.device = device;
    this.mountId = mount.mountId();
    this.connection = mount.deviceMinor();
  }

  /**
   * Opens the device and mounts it. The kernel checks permissions by mode always: its requests
   * carry the caller, but nobody here looks.
   *
   * @throws BackingException with the errno of the step that failed; EPERM with what {@code
   *     fusermount3} says where that refuses; nothing is left mounted or open
   */
  public static FuseMount mount(MountSpec spec) {
    String path = MountPoint.resolve(spec.mountPoint());
    int device = MountCalls.effectiveUid() == 0 ? mountAsRoot(path, spec) : mountAsUser(path, spec);
    return standing(path, device)
        .orElseThrow(() -> {
          FuseDevice.close(device);
          return new BackingException(Errno.EIO, "find the mount of", path);
        });
  }

  private static int mountAsRoot(String path, MountSpec spec) {
    int device = FuseDevice.open();
    if (device < 0) {
      throw new BackingException(-device, "open", "/dev/fuse");
    }
    String data =
        "fd=" + device + ",rootmode=40000,user_id=0,group_id=0," + String.join(",", options(spec));
    int result = MountCalls.mount(spec.source(), path, MountPoint.TYPE, flags(spec), data);
    if (result < 0) {
      FuseDevice.close(device);
      throw new BackingException(-result, "mount", path);
    }
    return device;
  }

  /** The program adds nosuid and nodev by itself. */
  private static int mountAsUser(String path, MountSpec spec) {
    List<String> options = options(spec);
    options.add("fsname=" + Fusermount.escaped(spec.source()));
    options.add("subtype=" + MountPoint.SUBTYPE);
    options.add(spec.readOnly() ? "ro" : "rw");
    options.add(spec.allowExecution() ? "exec" : "noexec");
    Fusermount.Outcome outcome = Fusermount.mount(path, String.join(",", options));
    if (outcome.result() == Fusermount.REFUSED) {
      throw new BackingException(Errno.EPERM, "fusermount3 says", outcome.message());
    }
    if (outcome.result() < 0) {
      throw new BackingException(-outcome.result(), "start", "fusermount3");
    }
    return outcome.result();
  }

  /** Those that both ways take as text. */
  private static List<String> options(MountSpec spec) {
    List<String> options = new ArrayList<>();
    options.add("default_permissions");
    options.add("max_read=" + spec.requestSizeMax());
    if (spec.allowOther()) {
      options.add("allow_other");
    }
    return options;
  }

  /** The open device; whoever mounted closes it. Not of a mount that was only found. */
  public int device() {
    return device;
  }

  /**
   * The emberfs that stands at a place now, whoever mounted it, without its device. Asks the mount
   * table only, so it may be called by whoever serves the mount.
   *
   * @param path of {@link MountPoint#resolve}, which was called before anything was mounted there
   */
  public static Optional<FuseMount> standing(String path) {
    return standing(path, NO_DEVICE);
  }

  private static Optional<FuseMount> standing(String path, int device) {
    return MountPoint.table()
        .at(path)
        .filter(m -> m.type().equals(MountPoint.TYPE))
        .map(m -> new FuseMount(path, device, m));
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
    for (int attempt = 0; attempt < UNMOUNT_ATTEMPTS; attempt++) {
      if (!isMounted()) {
        return true;
      }
      if (!isOnTop()) {
        return false;
      }
      int result = MountPoint.unmount(path, lazy);
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
   *
   * <p>A user without root needs the control file system for that, which is the system's to mount;
   * root mounts it for a moment. Without it the connection ends with this process.
   */
  public void abort() {
    boolean isRoot = MountCalls.effectiveUid() == 0;
    if (isMounted() && isOnTop()) {
      int flags = MountCalls.MNT_FORCE | MountCalls.MNT_DETACH | MountCalls.UMOUNT_NOFOLLOW;
      if (isRoot && MountCalls.unmount(path, flags) == 0) {
        return;
      }
    }
    boolean isAborted = abortByControl();
    if (!isAborted && isRoot) {
      // EBUSY: somebody else just mounted it.
      int mounted = MountCalls.mount("none", CONNECTIONS.toString(), CONTROL_TYPE, 0, "");
      abortByControl();
      if (mounted == 0) {
        MountCalls.unmount(CONNECTIONS.toString(), MountCalls.MNT_DETACH);
      }
    }
    if (isMounted() && isOnTop()) {
      MountPoint.unmount(path, true);
    }
  }

  private boolean abortByControl() {
    Path abort = CONNECTIONS.resolve(Integer.toString(connection)).resolve("abort");
    try {
      Files.writeString(abort, "1", StandardOpenOption.WRITE);
      return true;
    } catch (NoSuchFileException _) {
      // The connection has ended by itself, or nobody mounted the control file system.
      return false;
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
        | (spec.allowDevices() ? 0 : MountCalls.MS_NODEV)
        | (spec.allowExecution() ? 0 : MountCalls.MS_NOEXEC);
  }
}
