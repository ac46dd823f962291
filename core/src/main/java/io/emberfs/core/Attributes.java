package io.emberfs.core;

/**
 * What stat(2) tells. Times are nanoseconds since 1970.
 *
 * @param inode number of the inode
 * @param size bytes
 * @param blocks units of 512 bytes on the backing
 * @param mode type and permission bits as in stat(2)
 * @param linkCount hard links
 * @param uid owner
 * @param gid group
 * @param rdev device number of a device node, in the kernel's 32-bit encoding of FUSE
 * @param blockSize preferred I/O size
 * @param birthNanos when the inode was made, or {@link #NO_TIME} where the file system does not
 *     tell
 */
public record Attributes(
    long inode,
    long size,
    long blocks,
    long atimeNanos,
    long mtimeNanos,
    long ctimeNanos,
    int mode,
    int linkCount,
    int uid,
    int gid,
    int rdev,
    int blockSize,
    long birthNanos) {
  /** Stands for a time that is not known. */
  public static final long NO_TIME = Long.MIN_VALUE;

  private static final int S_IFMT = 0170000;
  private static final int S_IFREG = 0100000;
  private static final int S_IFDIR = 0040000;
  private static final int S_IFLNK = 0120000;

  public boolean isRegularFile() {
    return (mode & S_IFMT) == S_IFREG;
  }

  public boolean isDirectory() {
    return (mode & S_IFMT) == S_IFDIR;
  }

  public boolean isSymbolicLink() {
    return (mode & S_IFMT) == S_IFLNK;
  }

  /** The same with what changes with a file's bytes: the backing may not have them all yet. */
  public Attributes withContent(
      long newSize, long newBlocks, long newMtimeNanos, long newCtimeNanos) {
    return new Attributes(
        inode,
        newSize,
        newBlocks,
        atimeNanos,
        newMtimeNanos,
        newCtimeNanos,
        mode,
        linkCount,
        uid,
        gid,
        rdev,
        blockSize,
        birthNanos);
  }
}
