package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.emberfs.core.Attributes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * What statx(2) says of one inode (struct statx of linux/stat.h), in memory of its own that is
 * filled again and again.
 *
 * <p>One thread at a time: {@link #ofThread} is the calling thread's, and is read before that
 * thread's next {@link #read}.
 */
public final class Statx {
  /**
   * The answer may come from what a network file system remembers of the inode, as with stat(2).
   */
  public static final int AS_STAT = 0;

  /** A network file system asks its server. */
  public static final int FORCE_SYNC = 0x2000;

  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int STATX_BASIC_STATS = 0x7ff;
  private static final int STATX_BTIME = 0x800;

  /** A kernel that does not know it answers with the mount's reusable id. */
  private static final int STATX_MNT_ID_UNIQUE = 0x4000;

  private static final int STRUCT_BYTES = 256;
  private static final int MASK = 0;
  private static final int BLOCK_SIZE = 4;
  private static final int LINK_COUNT = 16;
  private static final int UID = 20;
  private static final int GID = 24;
  private static final int MODE = 28;
  private static final int INODE = 32;
  private static final int SIZE = 40;
  private static final int BLOCKS = 48;
  private static final int ATIME = 64;
  private static final int BTIME = 80;
  private static final int CTIME = 96;
  private static final int MTIME = 112;
  private static final int NANOS_IN_TIME = 8;
  private static final int RDEV_MAJOR = 128;
  private static final int RDEV_MINOR = 132;
  private static final int DEVICE_MAJOR = 136;
  private static final int DEVICE_MINOR = 140;
  private static final int MOUNT_ID = 144;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private static final MethodHandle STATX = LibC.link("statx", 5);

  private static final ThreadLocal<Statx> OF_THREAD = ThreadLocal.withInitial(Statx::new);

  private final MemorySegment struct = Arena.global().allocate(STRUCT_BYTES, Long.BYTES);

  private Statx() {}

  /** The calling thread's. */
  public static Statx ofThread() {
    return OF_THREAD.get();
  }

  /**
   * Fills this with the inode behind a descriptor of any kind, a link's own included.
   *
   * @param freshness {@link #AS_STAT} or {@link #FORCE_SYNC}
   * @return 0, or the negated errno
   */
  public int read(int descriptor, int freshness) {
    MemorySegment captured = LibC.captured();
    int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | freshness;
    try {
      return LibC.intOrErrno(
          (long)
              STATX.invokeExact(
                  captured,
                  (long) descriptor,
                  Scratch.EMPTY_PATH,
                  (long) flags,
                  (long) (STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID_UNIQUE),
                  struct.address()),
          captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** Type and permission bits. */
  public int mode() {
    return Short.toUnsignedInt(struct.get(JAVA_SHORT, MODE));
  }

  public int linkCount() {
    return struct.get(JAVA_INT, LINK_COUNT);
  }

  public long inode() {
    return struct.get(JAVA_LONG, INODE);
  }

  /** Bytes. */
  public long size() {
    return struct.get(JAVA_LONG, SIZE);
  }

  /** Nanoseconds since 1970. */
  public long mtimeNanos() {
    return nanos(MTIME);
  }

  /** Nanoseconds since 1970. */
  public long ctimeNanos() {
    return nanos(CTIME);
  }

  /**
   * Number of the device that holds the file system: major in the upper half, minor in the lower.
   */
  public long device() {
    return (long) deviceMajor() << Integer.SIZE | Integer.toUnsignedLong(deviceMinor());
  }

  public int deviceMajor() {
    return struct.get(JAVA_INT, DEVICE_MAJOR);
  }

  public int deviceMinor() {
    return struct.get(JAVA_INT, DEVICE_MINOR);
  }

  /** Number of the mount through which the inode was reached. */
  public long mountId() {
    return struct.get(JAVA_LONG, MOUNT_ID);
  }

  /** All of it, in a record. */
  public Attributes attributes() {
    return new Attributes(
        inode(),
        size(),
        struct.get(JAVA_LONG, BLOCKS),
        nanos(ATIME),
        mtimeNanos(),
        ctimeNanos(),
        mode(),
        linkCount(),
        struct.get(JAVA_INT, UID),
        struct.get(JAVA_INT, GID),
        encodedRdev(),
        struct.get(JAVA_INT, BLOCK_SIZE),
        (struct.get(JAVA_INT, MASK) & STATX_BTIME) != 0 ? nanos(BTIME) : Attributes.NO_TIME);
  }

  private long nanos(int time) {
    return struct.get(JAVA_LONG, time) * NANOS_PER_SECOND
        + struct.get(JAVA_INT, time + NANOS_IN_TIME);
  }

  /** new_encode_dev() of linux/kdev_t.h. */
  private int encodedRdev() {
    int major = struct.get(JAVA_INT, RDEV_MAJOR);
    int minor = struct.get(JAVA_INT, RDEV_MINOR);
    return (minor & 0xff) | major << 8 | (minor & ~0xff) << 12;
  }
}
