package io.emberfs.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * mount(2), umount2(2) and what is asked around them. Results are 0 or the negated errno; paths are
 * encoded as UTF-8.
 */
public final class MountCalls {
  public static final long MS_RDONLY = 1;
  public static final long MS_NOSUID = 2;
  public static final long MS_NODEV = 4;
  public static final long MS_NOEXEC = 8;

  /** umount2(2): ends the connection of a FUSE mount first. */
  public static final int MNT_FORCE = 1;

  /** umount2(2): leaves the tree now, ends with the last user. */
  public static final int MNT_DETACH = 2;

  /** umount2(2): a symbolic link is not followed. */
  public static final int UMOUNT_NOFOLLOW = 8;

  private static final long AT_FDCWD = -100;

  /** OPEN_TREE_CLONE and OPEN_TREE_CLOEXEC of linux/mount.h. */
  private static final long OPEN_TREE_CLONE_CLOEXEC = 1 | 02000000;

  /** struct statfs is 120 bytes; the rest is room for other machines. */
  private static final int STATFS_SIZE = 256;

  private static final MethodHandle MOUNT = LibC.link("mount", 5);
  private static final MethodHandle UMOUNT2 = LibC.link("umount2", 2);
  private static final MethodHandle OPEN_TREE = LibC.link("open_tree", 3);
  private static final MethodHandle STATFS = LibC.link("statfs", 2);
  private static final MethodHandle GETEUID = LibC.link("geteuid", 0);

  private MountCalls() {}

  /** mount(2). */
  public static int mount(String source, String target, String type, long flags, String data) {
    MemorySegment captured = LibC.captured();
    try (Arena arena = Arena.ofConfined()) {
      return LibC.intOrErrno(
          (long)
              MOUNT.invokeExact(
                  captured,
                  arena.allocateFrom(source).address(),
                  arena.allocateFrom(target).address(),
                  arena.allocateFrom(type).address(),
                  flags,
                  arena.allocateFrom(data).address()),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** umount2(2). */
  public static int unmount(String target, int flags) {
    MemorySegment captured = LibC.captured();
    try (Arena arena = Arena.ofConfined()) {
      return LibC.intOrErrno(
          (long) UMOUNT2.invokeExact(captured, arena.allocateFrom(target).address(), (long) flags),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * Asks the file system at a path for its state (statfs(2)), which no cache answers: a FUSE mount
   * without its daemon says ENOTCONN. Waits as long as the file system lets it wait.
   */
  public static int probe(String path) {
    MemorySegment captured = LibC.captured();
    try (Arena arena = Arena.ofConfined()) {
      return LibC.intOrErrno(
          (long)
              STATFS.invokeExact(
                  captured,
                  arena.allocateFrom(path).address(),
                  arena.allocate(STATFS_SIZE, 8).address()),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /**
   * A copy of the mount that a directory lies in, from that directory downwards, without the mounts
   * below it: what they cover is seen through it (open_tree(2)).
   *
   * @return a descriptor, the caller's to give to {@link #closeCopy}, or the negated errno
   */
  public static int copyOf(String directory) {
    MemorySegment captured = LibC.captured();
    try (Arena arena = Arena.ofConfined()) {
      return LibC.intOrErrno(
          (long)
              OPEN_TREE.invokeExact(
                  captured,
                  AT_FDCWD,
                  arena.allocateFrom(directory).address(),
                  OPEN_TREE_CLONE_CLOEXEC),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** Ends a copy of {@link #copyOf}. */
  public static void closeCopy(int descriptor) {
    FuseDevice.close(descriptor);
  }

  /** geteuid(2); cannot fail. */
  public static int effectiveUid() {
    try {
      return (int) (long) GETEUID.invokeExact(LibC.captured());
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }
}
