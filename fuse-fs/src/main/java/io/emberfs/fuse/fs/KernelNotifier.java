package io.emberfs.fuse.fs;

import com.google.errorprone.annotations.ThreadSafe;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BlockCache;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.Workers;
import io.emberfs.fuse.node.NodeTable;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Tells the kernel to drop its pages and attributes of files that changed behind the mount, and to
 * forget nodes that nobody uses when it knows too many: memory is bounded here, and the kernel's
 * own is seldom short.
 *
 * <p>The kernel takes a notification only when nobody reads the pages in question, so it leaves
 * from a thread of its own that holds nothing; who reports a change only leaves a note. When the
 * notes run over, every node is notified: none is lost.
 */
@ThreadSafe
public final class KernelNotifier implements BlockCache.ChangeListener {
  private static final int NOTES_MAX = 1024;
  private static final int NOTES_PER_STEP = 64;
  private static final long IDLE_MILLIS = 10;
  private static final int PRUNED_PER_STEP = 512;

  /** What is in use now can be forgotten later: a round over all nodes is followed by a pause. */
  private static final int STEPS_BETWEEN_ROUNDS = 100;

  /** A negative offset leaves the pages alone. */
  private static final long ATTRIBUTES_ONLY = -1;

  private final NodeTable nodes;
  private final FuseTransport transport;

  @GuardedBy("this")
  private final long[] notes = new long[NOTES_MAX];

  @GuardedBy("this")
  private int first;

  @GuardedBy("this")
  private int count;

  @GuardedBy("this")
  private boolean isOverrun;

  /**
   * What is done about pages and after; not many more than requests are in flight, as each is left
   * by one of them.
   */
  private final Queue<Runnable> drops = new ConcurrentLinkedQueue<>();

  // Of the notifier's own thread.
  private final long[] pruned = new long[PRUNED_PER_STEP];
  private boolean isPruning;
  private boolean isPruneRefused;
  private long prunedUpTo;
  private int stepsToWait;

  /** Of the workers, once there are any. */
  private volatile Runnable wake = () -> {};

  public KernelNotifier(NodeTable nodes, FuseTransport transport) {
    this.nodes = nodes;
    this.transport = transport;
  }

  /** Begins to pass the notes on. */
  public void start(Workers workers) {
    wake = workers::wake;
    workers.restingLoop("emberfs-notifier", IDLE_MILLIS, this::step);
  }

  @Override
  public void changedBehind(BackingNode node) {
    long nodeId = nodes.idOf(node);
    if (nodeId == 0) {
      return;
    }
    synchronized (this) {
      if (count == NOTES_MAX) {
        isOverrun = true;
        return;
      }
      notes[(first + count) % NOTES_MAX] = nodeId;
      count++;
    }
    wake.run();
  }

  /**
   * Tells the kernel at once to drop a node's attributes, and nothing else: that waits for nobody,
   * so it may be done while a request on the node is in progress, and comes before that request's
   * answer.
   */
  void attributesChanged(long nodeId) {
    transport.notifyInvalidInode(nodeId, ATTRIBUTES_ONLY, 0);
  }

  /**
   * Has the kernel drop its pages of a part of a file, then runs {@code then}; both on the
   * notifier's thread. The kernel waits for who fills or writes back such a page.
   *
   * @param length bytes; 0 up to the end of the file
   */
  void dropPages(long nodeId, long offset, long length, Runnable then) {
    drops.add(() -> {
      try {
        transport.notifyInvalidInode(nodeId, offset, length);
      } finally {
        then.run();
      }
    });
    wake.run();
  }

  /**
   * Tells the kernel to look a name up anew. From a thread that holds nothing: the kernel waits for
   * the directory's lock, which the caller of a request may hold.
   */
  void nameChanged(long directoryId, byte[] name) {
    if (directoryId != 0) {
      transport.notifyInvalidEntry(directoryId, name);
    }
  }

  /** Every node is to be told of; names are left to their time-to-live. */
  void everythingChanged() {
    synchronized (this) {
      isOverrun = true;
    }
    wake.run();
  }

  /** Passes some notes on; returns how many. Somebody waits for those about pages. */
  int step() {
    int done = 0;
    for (Runnable drop = drops.poll(); drop != null; drop = drops.poll()) {
      drop.run();
      done++;
    }
    if (takeOverrun()) {
      nodes.forEachId(this::tell);
      return done + 1;
    }
    long nodeId = take();
    while (nodeId != 0) {
      tell(nodeId);
      done++;
      nodeId = done < NOTES_PER_STEP ? take() : 0;
    }
    return done + prune();
  }

  /**
   * Goes on asking the kernel to forget, node after node: the entries of a directory hold it, so it
   * goes in a later round.
   */
  private int prune() {
    if (isPruneRefused) {
      return 0;
    }
    if (stepsToWait > 0) {
      stepsToWait--;
      return 0;
    }
    isPruning = isPruning ? !nodes.isRelieved() : nodes.isCrowded();
    if (!isPruning) {
      return 0;
    }
    int found = nodes.idsAfter(prunedUpTo, pruned);
    if (found > 0 && !transport.notifyPrune(pruned, found)) {
      isPruneRefused = true;
      return 0;
    }
    if (found < PRUNED_PER_STEP) {
      prunedUpTo = 0;
      stepsToWait = STEPS_BETWEEN_ROUNDS;
    } else {
      prunedUpTo = pruned[found - 1];
    }
    return found;
  }

  private void tell(long nodeId) {
    transport.notifyInvalidInode(nodeId, 0, 0);
  }

  private synchronized boolean takeOverrun() {
    boolean wasOverrun = isOverrun;
    if (wasOverrun) {
      isOverrun = false;
      count = 0;
    }
    return wasOverrun;
  }

  private synchronized long take() {
    if (count == 0) {
      return 0;
    }
    long nodeId = notes[first];
    first = (first + 1) % NOTES_MAX;
    count--;
    return nodeId;
  }
}
