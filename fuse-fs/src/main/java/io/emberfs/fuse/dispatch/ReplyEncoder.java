package io.emberfs.fuse.dispatch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.emberfs.core.Attributes;
import io.emberfs.core.FileSystemStatistics;
import io.emberfs.core.Request;
import java.lang.foreign.MemorySegment;

/**
 * Writes the structures of replies; every byte of a structure is written, so that no old byte of
 * the memory gets out.
 */
final class ReplyEncoder {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /** Bytes of one struct iovec: address and length. */
  static final int PART_SIZE = 16;

  private ReplyEncoder() {}

  static void header(MemorySegment target, long at, int errno, long unique, int payloadBytes) {
    target.set(JAVA_INT_UNALIGNED, at + Wire.OUT_LEN, Wire.OUT_HEADER_SIZE + payloadBytes);
    target.set(JAVA_INT_UNALIGNED, at + Wire.OUT_ERROR, -errno);
    target.set(JAVA_LONG_UNALIGNED, at + Wire.OUT_UNIQUE, unique);
  }

  /** One element of an array of struct iovec that begins with the target. */
  static void part(MemorySegment target, int index, long address, long byteSize) {
    target.set(JAVA_LONG_UNALIGNED, (long) index * PART_SIZE, address);
    target.set(JAVA_LONG_UNALIGNED, (long) index * PART_SIZE + Long.BYTES, byteSize);
  }

  static void attributes(MemorySegment target, long at, Attributes attributes) {
    target.set(JAVA_LONG_UNALIGNED, at + Wire.ATTR_INO, attributes.inode());
    target.set(JAVA_LONG_UNALIGNED, at + Wire.ATTR_BYTES, attributes.size());
    target.set(JAVA_LONG_UNALIGNED, at + Wire.ATTR_BLOCKS, attributes.blocks());
    time(target, at + Wire.ATTR_ATIME, at + Wire.ATTR_ATIME_NANOS, attributes.atimeNanos());
    time(target, at + Wire.ATTR_MTIME, at + Wire.ATTR_MTIME_NANOS, attributes.mtimeNanos());
    time(target, at + Wire.ATTR_CTIME, at + Wire.ATTR_CTIME_NANOS, attributes.ctimeNanos());
    target.set(JAVA_INT_UNALIGNED, at + Wire.ATTR_MODE, attributes.mode());
    target.set(JAVA_INT_UNALIGNED, at + Wire.ATTR_NLINK, attributes.linkCount());
    target.set(JAVA_INT_UNALIGNED, at + Wire.ATTR_UID, attributes.uid());
    target.set(JAVA_INT_UNALIGNED, at + Wire.ATTR_GID, attributes.gid());
    target.set(JAVA_INT_UNALIGNED, at + Wire.ATTR_RDEV, attributes.rdev());
    target.set(JAVA_INT_UNALIGNED, at + Wire.ATTR_BLKSIZE, attributes.blockSize());
    target.set(JAVA_INT_UNALIGNED, at + Wire.ATTR_FLAGS, 0);
  }

  /**
   * The answer to GETATTR and SETATTR, or to STATX.
   *
   * @return its bytes
   */
  static int attributesReply(
      MemorySegment target, int opcode, Attributes attributes, long validNanos) {
    target.set(
        JAVA_LONG_UNALIGNED, Wire.ATTR_OUT_VALID, Math.max(0, validNanos) / NANOS_PER_SECOND);
    target.set(
        JAVA_LONG_UNALIGNED, Wire.ATTR_OUT_VALID_NANOS, Math.max(0, validNanos) % NANOS_PER_SECOND);
    if (opcode == Opcode.STATX) {
      target.asSlice(Wire.ATTR_OUT_ATTR, Wire.STATX_OUT_SIZE - Wire.ATTR_OUT_ATTR).fill((byte) 0);
      statx(target.asSlice(Wire.STATX_OUT_STAT), attributes);
      return Wire.STATX_OUT_SIZE;
    }
    attributes(target, Wire.ATTR_OUT_ATTR, attributes);
    return Wire.ATTR_OUT_SIZE;
  }

  /** Into memory of zeros. The kernel knows the device; flags of files are not told. */
  private static void statx(MemorySegment target, Attributes attributes) {
    boolean isBorn = attributes.birthNanos() != Attributes.NO_TIME;
    target.set(
        JAVA_INT_UNALIGNED,
        Wire.STATX_MASK,
        isBorn ? Wire.STATX_BASIC_STATS | Wire.STATX_BTIME : Wire.STATX_BASIC_STATS);
    target.set(JAVA_INT_UNALIGNED, Wire.STATX_BLKSIZE, attributes.blockSize());
    target.set(JAVA_INT_UNALIGNED, Wire.STATX_NLINK, attributes.linkCount());
    target.set(JAVA_INT_UNALIGNED, Wire.STATX_UID, attributes.uid());
    target.set(JAVA_INT_UNALIGNED, Wire.STATX_GID, attributes.gid());
    // The field has 16 bits, the next 16 are spare.
    target.set(JAVA_INT_UNALIGNED, Wire.STATX_MODE, attributes.mode());
    target.set(JAVA_LONG_UNALIGNED, Wire.STATX_INO, attributes.inode());
    target.set(JAVA_LONG_UNALIGNED, Wire.STATX_BYTES, attributes.size());
    target.set(JAVA_LONG_UNALIGNED, Wire.STATX_BLOCKS, attributes.blocks());
    statxTime(target, Wire.STATX_ATIME, attributes.atimeNanos());
    statxTime(target, Wire.STATX_BTIME_AT, isBorn ? attributes.birthNanos() : 0);
    statxTime(target, Wire.STATX_CTIME, attributes.ctimeNanos());
    statxTime(target, Wire.STATX_MTIME, attributes.mtimeNanos());
    int rdev = attributes.rdev();
    target.set(JAVA_INT_UNALIGNED, Wire.STATX_RDEV_MAJOR, rdev >>> 8 & 0xfff);
    target.set(JAVA_INT_UNALIGNED, Wire.STATX_RDEV_MINOR, rdev & 0xff | rdev >>> 12 & 0xfff00);
  }

  private static void statxTime(MemorySegment target, int at, long nanos) {
    time(target, at, at + Long.BYTES, nanos);
  }

  static void entry(MemorySegment target, long at, Request.Entry entry) {
    entryHead(target, at, entry.nodeId(), entry.nodeGeneration(), entry.entryValidNanos());
    long attributesValid = Math.max(0, entry.attributesValidNanos());
    target.set(JAVA_LONG_UNALIGNED, at + Wire.ENTRY_ATTR_VALID, attributesValid / NANOS_PER_SECOND);
    target.set(
        JAVA_INT_UNALIGNED,
        at + Wire.ENTRY_ATTR_VALID_NANOS,
        (int) (attributesValid % NANOS_PER_SECOND));
    attributes(target, at + Wire.ENTRY_ATTR, entry.attributes());
  }

  /**
   * An entry without a node: the name does not exist, for so long. With 0: nothing is said about
   * the node.
   */
  static void noEntry(MemorySegment target, long at, long validNanos) {
    target.asSlice(at, Wire.ENTRY_SIZE).fill((byte) 0);
    entryHead(target, at, 0, 0, validNanos);
  }

  static void open(MemorySegment target, long at, long handle, Request.OpenReply flags) {
    int bits =
        (flags.directIo() ? Wire.FOPEN_DIRECT_IO : 0)
            | (flags.keepCache() ? Wire.FOPEN_KEEP_CACHE : 0)
            | (flags.noFlush() ? Wire.FOPEN_NOFLUSH : 0)
            | (flags.parallelWrites() ? Wire.FOPEN_PARALLEL_DIRECT_WRITES : 0);
    target.set(JAVA_LONG_UNALIGNED, at + Wire.OPEN_OUT_HANDLE, handle);
    target.set(JAVA_INT_UNALIGNED, at + Wire.OPEN_OUT_FLAGS, bits);
    target.set(JAVA_INT_UNALIGNED, at + Wire.OPEN_OUT_BACKING, 0);
  }

  static void statistics(MemorySegment target, long at, FileSystemStatistics statistics) {
    target.asSlice(at, Wire.STATFS_OUT_SIZE).fill((byte) 0);
    target.set(JAVA_LONG_UNALIGNED, at + Wire.STATFS_BLOCKS, statistics.blockCount());
    target.set(JAVA_LONG_UNALIGNED, at + Wire.STATFS_FREE, statistics.freeBlockCount());
    target.set(JAVA_LONG_UNALIGNED, at + Wire.STATFS_AVAILABLE, statistics.availableBlockCount());
    target.set(JAVA_LONG_UNALIGNED, at + Wire.STATFS_FILES, statistics.fileCount());
    target.set(JAVA_LONG_UNALIGNED, at + Wire.STATFS_FREE_FILES, statistics.freeFileCount());
    target.set(JAVA_INT_UNALIGNED, at + Wire.STATFS_BLOCK_SIZE, statistics.blockSize());
    target.set(JAVA_INT_UNALIGNED, at + Wire.STATFS_NAME_LENGTH, statistics.nameLengthMax());
    target.set(JAVA_INT_UNALIGNED, at + Wire.STATFS_FRAGMENT_SIZE, statistics.fragmentSize());
  }

  /** Bytes of a directory entry with a name of this length, padding included. */
  static int directoryEntrySize(int nameLength) {
    return (Wire.DIRENT_SIZE + nameLength + Wire.DIRENT_ALIGNMENT - 1) & -Wire.DIRENT_ALIGNMENT;
  }

  static void directoryEntry(
      MemorySegment target, long at, byte[] name, long inode, int type, long nextCookie) {
    target.set(JAVA_LONG_UNALIGNED, at + Wire.DIRENT_INO, inode);
    target.set(JAVA_LONG_UNALIGNED, at + Wire.DIRENT_COOKIE, nextCookie);
    target.set(JAVA_INT_UNALIGNED, at + Wire.DIRENT_NAME_LENGTH, name.length);
    target.set(JAVA_INT_UNALIGNED, at + Wire.DIRENT_TYPE, type);
    long nameAt = at + Wire.DIRENT_SIZE;
    MemorySegment.copy(name, 0, target, JAVA_BYTE, nameAt, name.length);
    long end = at + directoryEntrySize(name.length);
    for (long pad = nameAt + name.length; pad < end; pad++) {
      target.set(JAVA_BYTE, pad, (byte) 0);
    }
  }

  private static void entryHead(
      MemorySegment target, long at, long nodeId, long nodeGeneration, long validNanos) {
    long valid = Math.max(0, validNanos);
    target.set(JAVA_LONG_UNALIGNED, at + Wire.ENTRY_NODE_ID, nodeId);
    target.set(JAVA_LONG_UNALIGNED, at + Wire.ENTRY_GENERATION, nodeGeneration);
    target.set(JAVA_LONG_UNALIGNED, at + Wire.ENTRY_VALID, valid / NANOS_PER_SECOND);
    target.set(JAVA_INT_UNALIGNED, at + Wire.ENTRY_VALID_NANOS, (int) (valid % NANOS_PER_SECOND));
  }

  private static void time(MemorySegment target, long secondsAt, long nanosAt, long nanos) {
    target.set(JAVA_LONG_UNALIGNED, secondsAt, Math.floorDiv(nanos, NANOS_PER_SECOND));
    target.set(JAVA_INT_UNALIGNED, nanosAt, (int) Math.floorMod(nanos, NANOS_PER_SECOND));
  }
}
