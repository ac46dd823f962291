package io.emberfs.core;

/**
 * A file system as the kernel sees it: one method per FUSE operation, on node ids and handles. Each
 * method answers its {@link Request} exactly once, at once or after {@link Request#defer}. An
 * operation that is not overridden answers ENOSYS, which the kernel remembers for the whole mount:
 * so only for "never".
 *
 * <p>Any thread, many at a time. A throwable that leaves a method becomes EIO and a counter.
 */
public interface FsHandler {
  int ENOSYS = Errno.ENOSYS;

  /** The mount begins. */
  default void init(FuseTransport.Capabilities capabilities) {}

  /** The mount has ended; no call follows. */
  default void destroy() {}

  /** LOOKUP of a name, bytes without zero. */
  default void lookup(Request request, long parentId, byte[] name) {
    request.error(ENOSYS);
  }

  /** FORGET: the kernel gives back this many references. Not answered. */
  default void forget(long nodeId, long references) {}

  /** GETATTR; {@code handle} is 0 when the caller has none. */
  default void getAttributes(Request request, long nodeId, long handle) {
    request.error(ENOSYS);
  }

  /**
   * SETATTR.
   *
   * @param newSize the size to cut or extend to, or -1
   * @param killSetId whether set-id bits are to be cleared with a change of size
   */
  default void setAttributes(
      Request request, long nodeId, AttributeChange change, long newSize, boolean killSetId) {
    request.error(ENOSYS);
  }

  default void readLink(Request request, long nodeId) {
    request.error(ENOSYS);
  }

  default void makeNode(Request request, long parentId, byte[] name, int mode, int rdev) {
    request.error(ENOSYS);
  }

  default void makeDirectory(Request request, long parentId, byte[] name, int mode) {
    request.error(ENOSYS);
  }

  default void unlink(Request request, long parentId, byte[] name) {
    request.error(ENOSYS);
  }

  default void removeDirectory(Request request, long parentId, byte[] name) {
    request.error(ENOSYS);
  }

  default void symbolicLink(Request request, long parentId, byte[] name, byte[] target) {
    request.error(ENOSYS);
  }

  default void rename(
      Request request, long parentId, byte[] name, long newParentId, byte[] newName, int flags) {
    request.error(ENOSYS);
  }

  default void link(Request request, long nodeId, long newParentId, byte[] newName) {
    request.error(ENOSYS);
  }

  default void open(Request request, long nodeId, int flags) {
    request.error(ENOSYS);
  }

  default void create(Request request, long parentId, byte[] name, int flags, int mode) {
    request.error(ENOSYS);
  }

  /** TMPFILE: makes and opens a file without a name; answered as CREATE. */
  default void createUnnamed(Request request, long parentId, int flags, int mode) {
    request.error(ENOSYS);
  }

  /** READ; the answer's bytes go into {@link Request#out()}. */
  default void read(Request request, long nodeId, long handle, long offset, int length) {
    request.error(ENOSYS);
  }

  /**
   * WRITE of {@link Request#in()}.
   *
   * @param killSetId whether set-id bits are to be cleared
   * @param fromPages whether the kernel writes its own pages back (of a mapping): then the offset
   *     counts, also where the file was opened to append
   */
  default void write(
      Request request,
      long nodeId,
      long handle,
      long offset,
      boolean killSetId,
      boolean fromPages) {
    request.error(ENOSYS);
  }

  default void flush(Request request, long nodeId, long handle) {
    request.error(ENOSYS);
  }

  default void release(Request request, long nodeId, long handle) {
    request.error(ENOSYS);
  }

  default void sync(Request request, long nodeId, long handle, boolean dataOnly) {
    request.error(ENOSYS);
  }

  default void openDirectory(Request request, long nodeId, int flags) {
    request.error(ENOSYS);
  }

  /** READDIR from a cookie, or READDIRPLUS. */
  default void readDirectory(Request request, long nodeId, long handle, long cookie, boolean plus) {
    request.error(ENOSYS);
  }

  default void releaseDirectory(Request request, long nodeId, long handle) {
    request.error(ENOSYS);
  }

  default void syncDirectory(Request request, long nodeId, long handle, boolean dataOnly) {
    request.error(ENOSYS);
  }

  default void statistics(Request request, long nodeId) {
    request.error(ENOSYS);
  }

  /** GETXATTR; {@code sizeMax} 0 asks for the size only. */
  default void getExtendedAttribute(Request request, long nodeId, byte[] name, int sizeMax) {
    request.error(ENOSYS);
  }

  /**
   * SETXATTR of {@link Request#in()}.
   *
   * @param killSetGid whether the setgid bit is to be cleared: the attribute is an ACL, set by
   *     somebody who may not keep that bit
   */
  default void setExtendedAttribute(
      Request request, long nodeId, byte[] name, int flags, boolean killSetGid) {
    request.error(ENOSYS);
  }

  /** LISTXATTR; {@code sizeMax} 0 asks for the size only. */
  default void listExtendedAttributes(Request request, long nodeId, int sizeMax) {
    request.error(ENOSYS);
  }

  default void removeExtendedAttribute(Request request, long nodeId, byte[] name) {
    request.error(ENOSYS);
  }

  default void allocate(
      Request request, long nodeId, long handle, int mode, long offset, long length) {
    request.error(ENOSYS);
  }

  default void seek(Request request, long nodeId, long handle, long offset, int whence) {
    request.error(ENOSYS);
  }

  default void copyRange(
      Request request,
      long nodeId,
      long handle,
      long offset,
      long targetNodeId,
      long targetHandle,
      long targetOffset,
      long length) {
    request.error(ENOSYS);
  }

  default void access(Request request, long nodeId, int mask) {
    request.error(ENOSYS);
  }

  /** SYNCFS. */
  default void syncAll(Request request, long nodeId) {
    request.error(ENOSYS);
  }
}
