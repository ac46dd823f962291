package io.emberfs.core;

import java.time.Duration;
import java.util.Set;

/**
 * Brings FUSE requests from the kernel to an {@link FsHandler} and the answers back. One mount per
 * transport.
 */
public interface FuseTransport extends AutoCloseable {
  /** The name on the command line and in {@code stats}: {@code dev}, {@code uring}, {@code jnr}. */
  String name();

  /**
   * Why it is that one: a phrase for the log and {@code stats}. Valid after {@link #awaitMounted},
   * as the name is.
   */
  String reason();

  /**
   * Mounts and starts to serve on threads of its own. A dead mount at the mount point is the
   * caller's to remove first.
   *
   * @throws BackingException with the errno of the step that failed; nothing is left mounted
   */
  void mount(MountSpec spec, FsHandler handler);

  /**
   * Waits until the kernel's INIT was answered and the mount stands in the mount table; false at
   * the time-out.
   */
  boolean awaitMounted(Duration timeout);

  /** Waits until the connection has ended, by {@link #unmount} or by anybody else. */
  void awaitUnmounted() throws InterruptedException;

  /**
   * Unmounts.
   *
   * @param lazy detach now, end when the last user leaves
   * @return false if it is busy
   */
  boolean unmount(boolean lazy);

  /** What this transport can do; valid after {@link #awaitMounted}. */
  Capabilities capabilities();

  /**
   * Asks the kernel to drop its pages and attributes of a node. From a thread that holds nothing.
   * False if unsupported.
   */
  boolean notifyInvalidInode(long nodeId, long offset, long length);

  /**
   * Asks the kernel to look a name up anew at its next use. From a thread that holds nothing. False
   * if unsupported.
   */
  default boolean notifyInvalidEntry(long parentId, byte[] name) {
    return false;
  }

  /**
   * Asks the kernel to forget those of some nodes that nobody uses; FORGET says which it did. From
   * a thread that holds nothing. False if unsupported.
   *
   * @param nodeIds the first {@code count} are meant
   */
  default boolean notifyPrune(long[] nodeIds, int count) {
    return false;
  }

  /** Bytes of all request and reply buffers, at most. */
  long bufferBytesMax();

  /** Ends the connection, hard if it must be, and frees the buffers. */
  @Override
  void close();

  /**
   * What a transport can do; file-system code and tests ask this, never the class.
   *
   * @param readSizeMax bytes
   * @param writeSizeMax bytes
   * @param heldRequestsMax requests whose answers may wait for the kernel to do something else: so
   *     few that requests which that needs have room beside them, on each queue
   * @param features what it can do beyond reading and writing
   */
  record Capabilities(
      int readSizeMax, int writeSizeMax, int heldRequestsMax, Set<Feature> features) {
    public Capabilities {
      features = Set.copyOf(features);
    }

    /** Whether it can do this. */
    public boolean has(Feature feature) {
      return features.contains(feature);
    }
  }

  /** What not every transport can do. */
  enum Feature {
    /** {@link Request#defer} frees the receiving thread. */
    DEFERRED_ANSWERS,
    /** A reply of several segments needs no copy. */
    GATHER_REPLY,
    /** Each open can have flags of its own. */
    OPEN_FLAGS,
    /** Entries of a directory come with attributes. */
    READ_DIRECTORY_PLUS,
    /** The kernel can be told of changes. */
    NOTIFICATIONS,
    /** The kernel checks POSIX ACLs if it is asked to. */
    ACCESS_CONTROL_LISTS,
    /** Shared mappings of files. */
    SHARED_MAPPINGS,
    /** lseek(2) finds data and holes. */
    SEEK_DATA,
    /** copy_file_range(2) reaches the handler; without it the kernel reads and writes. */
    COPY_RANGE,
    /** Rename with NOREPLACE and EXCHANGE. */
    RENAME_FLAGS,
    /** Files made without a name (O_TMPFILE). */
    UNNAMED_FILES,
    /**
     * The kernel knows inodes, not paths: names of one file share their locks, and an open file
     * without a name has attributes.
     */
    INODES
  }
}
