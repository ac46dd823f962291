package io.emberfs.core;

import java.time.Duration;

/**
 * Brings FUSE requests from the kernel to an {@link FsHandler} and the answers back. One mount per
 * transport.
 */
public interface FuseTransport extends AutoCloseable {
  /** The name on the command line and in {@code stats}: {@code dev}, {@code uring}, {@code jnr}. */
  String name();

  /**
   * Why it is that one: a phrase for the log and {@code stats}, empty where there was no choice.
   * Valid after {@link #awaitMounted}, as the name is.
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
   * What a transport can do; file-system code asks this, never the class.
   *
   * @param readSizeMax bytes
   * @param writeSizeMax bytes
   * @param deferredAnswers whether {@link Request#defer} frees the receiving thread
   * @param gatherReply whether a reply of several segments needs no copy
   * @param openFlags whether each open can have flags of its own
   * @param readDirectoryPlus whether entries come with attributes
   * @param notifications whether the kernel can be told of changes
   */
  record Capabilities(
      int readSizeMax,
      int writeSizeMax,
      boolean deferredAnswers,
      boolean gatherReply,
      boolean openFlags,
      boolean readDirectoryPlus,
      boolean notifications) {}
}
