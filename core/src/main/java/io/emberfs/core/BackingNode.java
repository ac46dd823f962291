package io.emberfs.core;

/**
 * One known inode of the backing. There is at most one object for an inode at a time, so nodes are
 * compared by {@code ==}.
 *
 * <p>It is counted: every method that returns a node gives the caller one reference, and {@link
 * #release} gives references back. Whether a descriptor is open behind it is the store's business:
 * one that is closed for want of descriptors is opened again from parent and name, and the identity
 * is compared.
 */
public interface BackingNode {
  /** Which inode this is. */
  NodeIdentity identity();

  /** Type bits of the mode (S_IFMT); an inode never changes its type. */
  int type();

  /** Takes one more reference. The caller already holds one. */
  void retain();

  /** Gives references back. The node is not used after the last one. */
  void release(long references);
}
