package io.emberfs.core;

/**
 * The tree: names, attributes, links and extended attributes. What answers may remember them,
 * within {@code --attr-ttl}, in front of the {@link BackingStore}, which is the plain
 * implementation.
 *
 * <p>Names are bytes, never decoded; a name with a slash, "." or ".." is refused with EINVAL
 * wherever one entry is meant. Every call is relative to a node's descriptor, may block, and throws
 * {@link BackingException}. Any thread. Returned nodes carry one reference for the caller.
 */
public interface Namespace {
  /** The mounted directory itself; the caller gets no reference and needs none. */
  BackingNode root();

  /** The node of a name in a directory. */
  BackingNode lookup(BackingNode parent, byte[] name);

  /** Attributes at this moment, or as remembered. */
  Attributes attributes(BackingNode node);

  /** Changes owner, mode and times; the size is changed through {@link BlockCache}. */
  void change(BackingNode node, AttributeChange change);

  /**
   * Makes and opens a regular file as the caller.
   *
   * @param flags open(2) flags as the kernel gives them; O_EXCL and O_TRUNC are honoured, O_APPEND
   *     and O_DIRECT are not passed on
   * @param mode permission bits before the umask
   */
  Created create(BackingNode parent, byte[] name, int flags, int mode, Caller caller);

  /**
   * Makes and opens a regular file without a name as the caller (O_TMPFILE); {@link #link} can give
   * it one, unless the flags have O_EXCL. Otherwise as {@link #create}.
   */
  Created createUnnamed(BackingNode parent, int flags, int mode, Caller caller);

  /** Makes a directory as the caller. */
  BackingNode makeDirectory(BackingNode parent, byte[] name, int mode, Caller caller);

  /**
   * Makes a fifo, socket, device node or empty regular file as the caller.
   *
   * @param rdev device number in the kernel's 32-bit encoding of FUSE
   */
  BackingNode makeNode(BackingNode parent, byte[] name, int mode, int rdev, Caller caller);

  /** Makes a symbolic link as the caller. */
  BackingNode makeSymbolicLink(BackingNode parent, byte[] name, byte[] target, Caller caller);

  /** Makes one more name of a node and returns the node, with one more reference. */
  BackingNode link(BackingNode node, BackingNode newParent, byte[] newName);

  /** Bytes of a symbolic link's target. */
  byte[] readLink(BackingNode node);

  /** Removes a name that is not a directory. */
  void unlink(BackingNode parent, byte[] name);

  /** Removes an empty directory. */
  void removeDirectory(BackingNode parent, byte[] name);

  /**
   * renameat2(2).
   *
   * @param flags RENAME_NOREPLACE 1, RENAME_EXCHANGE 2
   */
  void rename(BackingNode parent, byte[] name, BackingNode newParent, byte[] newName, int flags);

  /** Opens a directory for reading. */
  BackingDirectory openDirectory(BackingNode node);

  /** statfs(2) of the backing. */
  FileSystemStatistics statistics(BackingNode node);

  /** The value of an extended attribute. */
  byte[] extendedAttribute(BackingNode node, byte[] name);

  /**
   * Sets an extended attribute.
   *
   * @param flags XATTR_CREATE 1, XATTR_REPLACE 2
   */
  void setExtendedAttribute(BackingNode node, byte[] name, byte[] value, int flags);

  /** Names of the extended attributes, each with its closing zero. */
  byte[] extendedAttributeNames(BackingNode node);

  /** Removes an extended attribute. */
  void removeExtendedAttribute(BackingNode node, byte[] name);

  /**
   * What {@link #create} made.
   *
   * @param node with one reference for the caller
   * @param file open as asked, the caller's to close
   * @param existed whether the name was there before
   */
  record Created(BackingNode node, BackingFile file, boolean existed) {}
}
