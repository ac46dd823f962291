package io.emberfs.engine.namespace;

import io.emberfs.core.NodeIdentity;

/**
 * What a name stands for.
 *
 * @param type type bits of its mode (S_IFMT)
 */
record Child(NodeIdentity identity, int type) {
  /** There is nothing of that name. */
  static final Child NONE = new Child(new NodeIdentity(0, 0, 0), 0);
}
