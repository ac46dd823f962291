package io.emberfs.ffi;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.emberfs.core.FileSystemStatistics;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * What fstatfs(2) says of a file system (struct statfs of asm-generic/statfs.h on 64-bit machines).
 *
 * <p>One thread at a time: {@link #ofThread} is the calling thread's, and is read before that
 * thread's next {@link #read}.
 */
public final class Statfs {
  /**
   * f_type of linux/magic.h: its inodes are known only as long as the serving process remembers
   * them.
   */
  public static final long FUSE_SUPER_MAGIC = 0x65735546L;

  /** f_type of linux/magic.h: one UUID for many subvolumes, each with inode numbers of its own. */
  public static final long BTRFS_SUPER_MAGIC = 0x9123683EL;

  private static final long TMPFS_MAGIC = 0x01021994L;
  private static final long RAMFS_MAGIC = 0x858458f6L;

  private static final int STRUCT_BYTES = 120;
  private static final int TYPE = 0;
  private static final int BLOCK_SIZE = 8;
  private static final int BLOCKS = 16;
  private static final int BLOCKS_FREE = 24;
  private static final int BLOCKS_AVAILABLE = 32;
  private static final int FILES = 40;
  private static final int FILES_FREE = 48;
  private static final int ID = 56;
  private static final int NAME_LENGTH = 64;
  private static final int FRAGMENT_SIZE = 72;

  private static final MethodHandle FSTATFS = LibC.link("fstatfs", 2);

  private static final ThreadLocal<Statfs> OF_THREAD = ThreadLocal.withInitial(Statfs::new);

  private final MemorySegment struct = Arena.global().allocate(STRUCT_BYTES, Long.BYTES);

  private Statfs() {}

  /** The calling thread's. */
  public static Statfs ofThread() {
    return OF_THREAD.get();
  }

  /** Fills this from a descriptor of any kind; returns 0, or the negated errno. */
  public int read(int descriptor) {
    MemorySegment captured = LibC.captured();
    try {
      return LibC.intOrErrno(
          (long) FSTATFS.invokeExact(captured, (long) descriptor, struct.address()), captured);
    } catch (Throwable thrown) {
      throw LibC.unexpected(thrown);
    }
  }

  /** f_type. */
  public long type() {
    return struct.get(JAVA_LONG, TYPE);
  }

  /** Whether the files lie in memory and nowhere else (f_type of linux/magic.h). */
  public boolean isInMemory() {
    return type() == TMPFS_MAGIC || type() == RAMFS_MAGIC;
  }

  /** f_fsid; 0 where it has none. */
  public long id() {
    return struct.get(JAVA_LONG, ID);
  }

  /** Room and use. */
  public FileSystemStatistics statistics() {
    return new FileSystemStatistics(
        struct.get(JAVA_LONG, BLOCKS),
        struct.get(JAVA_LONG, BLOCKS_FREE),
        struct.get(JAVA_LONG, BLOCKS_AVAILABLE),
        struct.get(JAVA_LONG, FILES),
        struct.get(JAVA_LONG, FILES_FREE),
        (int) struct.get(JAVA_LONG, BLOCK_SIZE),
        (int) struct.get(JAVA_LONG, NAME_LENGTH),
        (int) struct.get(JAVA_LONG, FRAGMENT_SIZE));
  }
}
