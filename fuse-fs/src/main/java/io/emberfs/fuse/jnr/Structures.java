package io.emberfs.fuse.jnr;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.emberfs.core.AttributeChange;
import io.emberfs.core.Attributes;
import io.emberfs.core.BackingException;
import io.emberfs.core.Caller;
import io.emberfs.core.Errno;
import io.emberfs.core.FileSystemStatistics;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The structures that libfuse 2.9 and its callers share on x86-64: struct stat and statvfs of
 * glibc, struct fuse_file_info, fuse_context and fuse_conn_info of libfuse (fuse_common.h, fuse.h).
 * All memory is the library's and valid during one call.
 */
final class Structures {
  static final int STAT_SIZE = 144;
  private static final int STAT_INODE = 8;
  private static final int STAT_LINK_COUNT = 16;
  private static final int STAT_MODE = 24;
  private static final int STAT_UID = 28;
  private static final int STAT_GID = 32;
  private static final int STAT_RDEV = 40;
  private static final int STAT_BYTES = 48;
  private static final int STAT_BLOCK_SIZE = 56;
  private static final int STAT_BLOCKS = 64;
  private static final int STAT_ATIME = 72;
  private static final int STAT_MTIME = 88;
  private static final int STAT_CTIME = 104;
  private static final int TYPE_SHIFT = 12;

  static final int STATVFS_SIZE = 112;
  private static final int STATVFS_BLOCK_SIZE = 0;
  private static final int STATVFS_FRAGMENT_SIZE = 8;
  private static final int STATVFS_BLOCKS = 16;
  private static final int STATVFS_FREE = 24;
  private static final int STATVFS_AVAILABLE = 32;
  private static final int STATVFS_FILES = 40;
  private static final int STATVFS_FREE_FILES = 48;
  private static final int STATVFS_AVAILABLE_FILES = 56;
  private static final int STATVFS_NAME_MAX = 80;

  static final int FILE_INFO_SIZE = 40;
  private static final int FILE_INFO_FLAGS = 0;
  private static final int FILE_INFO_HANDLE = 24;

  static final int CONTEXT_SIZE = 40;
  private static final int CONTEXT_UID = 8;
  private static final int CONTEXT_GID = 12;
  private static final int CONTEXT_PID = 16;
  private static final int CONTEXT_UMASK = 32;

  static final int CONNECTION_SIZE = 128;
  private static final int CONNECTION_MAX_WRITE = 12;
  private static final int CONNECTION_CAPABLE = 20;
  private static final int CONNECTION_WANT = 24;
  private static final int CONNECTION_BACKGROUND_MAX = 28;
  private static final int CONNECTION_CONGESTION = 32;
  private static final int WANT_ATOMIC_TRUNCATE = 1 << 3;
  private static final int WANT_BIG_WRITES = 1 << 5;
  private static final int WANT_DONT_MASK = 1 << 6;

  private static final int TIMESPEC_SIZE = 16;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long SECONDS_MAX = Long.MAX_VALUE / NANOS_PER_SECOND - 1;
  private static final long UTIME_NOW = (1L << 30) - 1;
  private static final long UTIME_OMIT = (1L << 30) - 2;

  private static final int STRING_BYTES_MAX = 1 << 20;

  /** A name of the backing is shorter. */
  static final int NAME_BYTES_MAX = 1024;

  private Structures() {}

  /** Memory of the library's. */
  static MemorySegment at(long address, long size) {
    return MemorySegment.ofAddress(address).reinterpret(size);
  }

  /** The bytes of a string before its zero. */
  static byte[] string(long address) {
    MemorySegment memory = at(address, STRING_BYTES_MAX);
    int length = 0;
    while (memory.get(JAVA_BYTE, length) != 0) {
      length++;
      if (length == STRING_BYTES_MAX) {
        throw new BackingException(Errno.ENAMETOOLONG, "read", "a string");
      }
    }
    return memory.asSlice(0, length).toArray(JAVA_BYTE);
  }

  /** Puts bytes and a zero. */
  static void putString(MemorySegment target, byte[] bytes) {
    MemorySegment.copy(bytes, 0, target, JAVA_BYTE, 0, bytes.length);
    target.set(JAVA_BYTE, bytes.length, (byte) 0);
  }

  /** The names of an absolute path, none for the root; whatever their bytes are. */
  static byte[][] names(long pathAddress) {
    byte[] path = string(pathAddress);
    List<byte[]> names = new ArrayList<>();
    int from = 0;
    while (from < path.length) {
      int to = from;
      while (to < path.length && path[to] != '/') {
        to++;
      }
      if (to > from) {
        names.add(Arrays.copyOfRange(path, from, to));
      }
      from = to + 1;
    }
    return names.toArray(new byte[0][]);
  }

  static void putStat(long address, Attributes attributes) {
    MemorySegment stat = at(address, STAT_SIZE);
    stat.fill((byte) 0);
    stat.set(JAVA_LONG_UNALIGNED, STAT_INODE, attributes.inode());
    stat.set(JAVA_LONG_UNALIGNED, STAT_LINK_COUNT, attributes.linkCount());
    stat.set(JAVA_INT_UNALIGNED, STAT_MODE, attributes.mode());
    stat.set(JAVA_INT_UNALIGNED, STAT_UID, attributes.uid());
    stat.set(JAVA_INT_UNALIGNED, STAT_GID, attributes.gid());
    // The kernel's 32 bits are the lower ones of glibc's number.
    stat.set(JAVA_LONG_UNALIGNED, STAT_RDEV, Integer.toUnsignedLong(attributes.rdev()));
    stat.set(JAVA_LONG_UNALIGNED, STAT_BYTES, attributes.size());
    stat.set(JAVA_LONG_UNALIGNED, STAT_BLOCK_SIZE, attributes.blockSize());
    stat.set(JAVA_LONG_UNALIGNED, STAT_BLOCKS, attributes.blocks());
    putTime(stat, STAT_ATIME, attributes.atimeNanos());
    putTime(stat, STAT_MTIME, attributes.mtimeNanos());
    putTime(stat, STAT_CTIME, attributes.ctimeNanos());
  }

  /** What a listing tells of an entry, in a struct stat of {@link #STAT_SIZE} bytes. */
  static void putEntry(MemorySegment stat, long inode, int type) {
    stat.set(JAVA_LONG_UNALIGNED, STAT_INODE, inode);
    stat.set(JAVA_INT_UNALIGNED, STAT_MODE, type << TYPE_SHIFT);
  }

  private static void putTime(MemorySegment stat, int at, long nanos) {
    stat.set(JAVA_LONG_UNALIGNED, at, Math.floorDiv(nanos, NANOS_PER_SECOND));
    stat.set(JAVA_LONG_UNALIGNED, at + 8L, Math.floorMod(nanos, NANOS_PER_SECOND));
  }

  static void putStatistics(long address, FileSystemStatistics statistics) {
    MemorySegment statvfs = at(address, STATVFS_SIZE);
    statvfs.fill((byte) 0);
    statvfs.set(JAVA_LONG_UNALIGNED, STATVFS_BLOCK_SIZE, statistics.blockSize());
    statvfs.set(JAVA_LONG_UNALIGNED, STATVFS_FRAGMENT_SIZE, statistics.fragmentSize());
    statvfs.set(JAVA_LONG_UNALIGNED, STATVFS_BLOCKS, statistics.blockCount());
    statvfs.set(JAVA_LONG_UNALIGNED, STATVFS_FREE, statistics.freeBlockCount());
    statvfs.set(JAVA_LONG_UNALIGNED, STATVFS_AVAILABLE, statistics.availableBlockCount());
    statvfs.set(JAVA_LONG_UNALIGNED, STATVFS_FILES, statistics.fileCount());
    statvfs.set(JAVA_LONG_UNALIGNED, STATVFS_FREE_FILES, statistics.freeFileCount());
    statvfs.set(JAVA_LONG_UNALIGNED, STATVFS_AVAILABLE_FILES, statistics.freeFileCount());
    statvfs.set(JAVA_LONG_UNALIGNED, STATVFS_NAME_MAX, statistics.nameLengthMax());
  }

  /** The open flags in a struct fuse_file_info. */
  static int openFlags(long fileInfo) {
    return at(fileInfo, FILE_INFO_SIZE).get(JAVA_INT_UNALIGNED, FILE_INFO_FLAGS);
  }

  /** What {@link #putHandle} put. */
  static long handle(long fileInfo) {
    return at(fileInfo, FILE_INFO_SIZE).get(JAVA_LONG_UNALIGNED, FILE_INFO_HANDLE);
  }

  static void putHandle(long fileInfo, long handle) {
    at(fileInfo, FILE_INFO_SIZE).set(JAVA_LONG_UNALIGNED, FILE_INFO_HANDLE, handle);
  }

  /** Who called, by a struct fuse_context. */
  static Caller caller(long context) {
    MemorySegment memory = at(context, CONTEXT_SIZE);
    return new Caller(
        memory.get(JAVA_INT_UNALIGNED, CONTEXT_UID),
        memory.get(JAVA_INT_UNALIGNED, CONTEXT_GID),
        memory.get(JAVA_INT_UNALIGNED, CONTEXT_PID),
        memory.get(JAVA_INT_UNALIGNED, CONTEXT_UMASK));
  }

  /**
   * Agrees on a connection: an open truncates by itself, and the umask is applied where the file is
   * made, since a default ACL there replaces it.
   *
   * @param connection a struct fuse_conn_info
   */
  static void agree(long connection, int writeSizeMax, int backgroundMax, int congestionThreshold) {
    MemorySegment memory = at(connection, CONNECTION_SIZE);
    int capable = memory.get(JAVA_INT_UNALIGNED, CONNECTION_CAPABLE);
    int want = memory.get(JAVA_INT_UNALIGNED, CONNECTION_WANT);
    int wanted = WANT_ATOMIC_TRUNCATE | WANT_BIG_WRITES | WANT_DONT_MASK;
    memory.set(JAVA_INT_UNALIGNED, CONNECTION_WANT, want | (capable & wanted));
    memory.set(JAVA_INT_UNALIGNED, CONNECTION_MAX_WRITE, writeSizeMax);
    memory.set(JAVA_INT_UNALIGNED, CONNECTION_BACKGROUND_MAX, backgroundMax);
    memory.set(JAVA_INT_UNALIGNED, CONNECTION_CONGESTION, congestionThreshold);
  }

  /** The change that two struct timespec of utimensat(2) ask for. */
  static AttributeChange times(long address) {
    return new AttributeChange(null, null, null, time(address), time(address + TIMESPEC_SIZE));
  }

  private static @Nullable Long time(long address) {
    MemorySegment timespec = at(address, TIMESPEC_SIZE);
    long nanos = timespec.get(JAVA_LONG_UNALIGNED, 8);
    if (nanos == UTIME_OMIT) {
      return null;
    }
    if (nanos == UTIME_NOW) {
      return AttributeChange.NOW;
    }
    long seconds = Math.clamp(timespec.get(JAVA_LONG_UNALIGNED, 0), -SECONDS_MAX, SECONDS_MAX);
    return seconds * NANOS_PER_SECOND + Math.floorMod(nanos, NANOS_PER_SECOND);
  }
}
