package io.emberfs.fuse.jnr;

import com.google.errorprone.annotations.ThreadSafe;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.FsHandler;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts the references to nodes, in the place of a kernel that forgets them: libfuse 2 does not
 * hand FORGET on. A node's references are given back together when its last use here ends.
 *
 * <p>Counts of the handler add up, so it does no harm that one thread gives references back while
 * another is answered with a new one to the same node. The handler is called with no lock held.
 */
@ThreadSafe
final class NodeReferences {
  private static final long ROOT_ID = 1;

  private final FsHandler handler;
  private final HeldNode root = new HeldNode(ROOT_ID);

  @GuardedBy("this")
  private final Map<Long, HeldNode> held = new HashMap<>();

  NodeReferences(FsHandler handler) {
    this.handler = handler;
  }

  /** Takes the one reference over that came with an answer; the caller has one use of the node. */
  synchronized HeldNode learn(long nodeId) {
    if (nodeId == ROOT_ID) {
      throw new IllegalStateException("the root came as the entry of a directory");
    }
    HeldNode node = held.computeIfAbsent(nodeId, HeldNode::new);
    node.references++;
    node.uses++;
    return node;
  }

  /** The root; it has no references and needs none, but its uses may be ended like others. */
  HeldNode root() {
    return root;
  }

  /** Adds a use of a node that is in use. */
  synchronized void retain(HeldNode node) {
    node.uses++;
  }

  /** Ends a use; with the last one the references go back to the handler. */
  void release(HeldNode node) {
    if (node == root) {
      return;
    }
    long references;
    synchronized (this) {
      if (node.uses <= 0) {
        throw new IllegalStateException("node " + node.nodeId() + " is not in use");
      }
      node.uses--;
      if (node.uses > 0) {
        return;
      }
      held.remove(node.nodeId());
      references = node.references;
    }
    handler.forget(node.nodeId(), references);
  }

  /** Nodes that are held. */
  synchronized int count() {
    return held.size();
  }
}
