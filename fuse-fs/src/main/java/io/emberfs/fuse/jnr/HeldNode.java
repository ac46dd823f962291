package io.emberfs.fuse.jnr;

/**
 * A node that the handler was asked for and that is not given back yet. Identity counts: as long as
 * this object is used its id means the same node, so it may be part of a key.
 *
 * <p>The counts are of {@link NodeReferences} and guarded by it.
 */
final class HeldNode {
  private final long nodeId;

  /** References that the handler counts. */
  long references;

  /** Who needs it here: names remembered, open handles, calls under way. */
  int uses;

  HeldNode(long nodeId) {
    this.nodeId = nodeId;
  }

  /** The handler's id of the node. */
  long nodeId() {
    return nodeId;
  }
}
