package io.emberfs.core;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One FUSE request and its one answer. Reusable, owned by the transport, valid until answered.
 * Exactly one of the {@code reply…} methods or {@link #error} is called, on the thread that brought
 * the request or, after {@link #defer}, on any other. A second answer is a broken invariant: an
 * assertion in tests, a counter in production.
 *
 * <p>The wire layout belongs to the transport: answers are typed.
 */
public interface Request {
  /** No flags of a file are all set. */
  int UNKNOWN_FLAGS = -1;

  int uid();

  int gid();

  int pid();

  /** The caller's umask; 0 for operations that carry none. */
  int umask();

  /**
   * For READ and WRITE: the flags of open(2) that hold for this call, those of the caller's file
   * and those of pwritev2(2); {@link #UNKNOWN_FLAGS} where the transport does not tell.
   */
  default int fileFlags() {
    return UNKNOWN_FLAGS;
  }

  /** Data that came with the request (a WRITE's bytes, an xattr's value); valid until answered. */
  MemorySegment in();

  /**
   * Memory for the answer's bytes, as large as the request may ask for; native. On some transports
   * the same memory as {@link #in()}: consume that first.
   */
  MemorySegment out();

  /**
   * The answer will come later, perhaps from another thread. Called on the receiving thread, before
   * handing the request on.
   */
  void defer();

  /** Answers with the first {@code byteCount} bytes of {@link #out()}; 0 is an empty success. */
  void reply(int byteCount);

  /** Answers with these segments one after the other, read before this returns. */
  void reply(MemorySegment... parts);

  /** Answers with an errno, positive. */
  void error(int errno);

  /**
   * Answers LOOKUP, MKNOD, MKDIR, SYMLINK, LINK. The kernel now holds one reference to the node.
   */
  void replyEntry(Entry entry);

  /** Answers a LOOKUP for a name that does not exist, to be remembered for {@code validNanos}. */
  void replyNoEntry(long validNanos);

  /**
   * Answers CREATE and TMPFILE. The kernel now holds one reference to the node and one open handle.
   */
  void replyCreated(Entry entry, long handle, OpenReply flags);

  /** Answers GETATTR and SETATTR. */
  void replyAttributes(Attributes attributes, long validNanos);

  /** Answers OPEN and OPENDIR. */
  void replyOpen(long handle, OpenReply flags);

  /** Answers WRITE and COPY_FILE_RANGE. */
  void replyWritten(int byteCount);

  /** Answers GETXATTR and LISTXATTR that asked for the size only. */
  void replyExtendedAttributeSize(int byteCount);

  /** Answers LSEEK. */
  void replyOffset(long offset);

  /** Answers STATFS. */
  void replyStatistics(FileSystemStatistics statistics);

  /**
   * Adds an entry to the answer of READDIR.
   *
   * @return false if it does not fit; the answer is then sent with {@link #replyDirectory}
   */
  boolean addDirectoryEntry(byte[] name, long inode, int type, long nextCookie);

  /**
   * Adds an entry with its attributes to the answer of READDIRPLUS.
   *
   * @param entry null for "." and "..", and for one whose node could not be found
   * @return false if it does not fit; the kernel then holds no reference to its node
   */
  boolean addDirectoryEntryPlus(
      byte[] name, long inode, int type, long nextCookie, @Nullable Entry entry);

  /** Answers READDIR and READDIRPLUS with the entries added. */
  void replyDirectory();

  /**
   * A node as the kernel learns of it.
   *
   * @param nodeId index in the node table
   * @param nodeGeneration tells apart two nodes that had the same nodeId one after the other
   * @param attributes its attributes now
   * @param entryValidNanos how long the kernel may remember the name
   * @param attributesValidNanos how long the kernel may remember the attributes
   */
  record Entry(
      long nodeId,
      long nodeGeneration,
      Attributes attributes,
      long entryValidNanos,
      long attributesValidNanos) {}

  /**
   * How the kernel treats an open file.
   *
   * @param directIo every read and write reaches the daemon
   * @param keepCache pages of an earlier open are still right
   * @param noFlush no FLUSH at close
   * @param parallelWrites direct writes need not wait for each other
   */
  record OpenReply(boolean directIo, boolean keepCache, boolean noFlush, boolean parallelWrites) {
    /** For directories and files with kernel caching off. */
    public static final OpenReply DIRECT = new OpenReply(true, false, false, false);
  }
}
