package io.emberfs.fuse.node;

import com.google.errorprone.annotations.ThreadSafe;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.BackingNode;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The nodes that the kernel knows, by the number that it uses for them, each with the exact count
 * of the references that it holds. Number 1 is the mounted directory, which is never forgotten.
 *
 * <p>Finding by number takes no lock; everything else takes the table's monitor, under which no
 * foreign code is called. So any thread may call, whatever it holds. The array grows up to the
 * bound and never shrinks.
 */
@ThreadSafe
public final class NodeTable {
  /** The kernel's number of the mounted directory. */
  public static final long ROOT_ID = 1;

  private static final int INITIAL_CAPACITY = 1024;

  private final int nodesMax;
  private final KnownNode root;
  private volatile Consumer<KnownNode> forgetListener = _ -> {};

  /** Index is the node id; 0 stays empty. Replaced when it grows. */
  private volatile AtomicReferenceArray<@Nullable KnownNode> byId;

  @GuardedBy("this")
  private final Map<BackingNode, KnownNode> byBacking = new IdentityHashMap<>();

  @GuardedBy("this")
  private int[] freeIds;

  @GuardedBy("this")
  private int freeCount;

  @GuardedBy("this")
  private int nextId;

  @GuardedBy("this")
  private long generations;

  /**
   * @param rootNode the mounted directory; stays the caller's
   * @param nodesMax nodes that the kernel may know at a time
   */
  public NodeTable(BackingNode rootNode, int nodesMax) {
    if (nodesMax < 1) {
      throw new IllegalArgumentException("nodesMax " + nodesMax + " is less than 1");
    }
    this.nodesMax = nodesMax;
    this.root = new KnownNode(ROOT_ID, 0, rootNode);
    this.byId = new AtomicReferenceArray<>(INITIAL_CAPACITY);
    this.freeIds = new int[INITIAL_CAPACITY];
    this.nextId = (int) ROOT_ID + 1;
    byId.set((int) ROOT_ID, root);
    byBacking.put(rootNode, root);
  }

  /**
   * Sets who hears of each node that the kernel forgets, while its backing node is still held.
   * Once, before the first node is learned.
   */
  public void onForget(Consumer<KnownNode> listener) {
    forgetListener = listener;
  }

  /** The mounted directory. */
  public KnownNode root() {
    return root;
  }

  /** The node of a number; null if the kernel does not know it. */
  public @Nullable KnownNode get(long nodeId) {
    AtomicReferenceArray<@Nullable KnownNode> present = byId;
    return nodeId > 0 && nodeId < present.length() ? present.get((int) nodeId) : null;
  }

  /**
   * Counts one more reference of the kernel's to a node that is about to be told to it.
   *
   * @param backing with one reference of the caller's, which the table takes over unless it returns
   *     null
   * @return the node as the kernel knows it; null if the bound is reached
   */
  public @Nullable KnownNode learn(BackingNode backing) {
    KnownNode known;
    synchronized (this) {
      known = byBacking.get(backing);
      if (known == null) {
        return add(backing);
      }
      known.lookupCount++;
    }
    backing.release(1);
    return known;
  }

  /**
   * Takes references of the kernel's back; the node goes with the last. More than were given out
   * are a kernel's error: ignored.
   */
  public void forget(long nodeId, long references) {
    KnownNode known;
    synchronized (this) {
      known = get(nodeId);
      if (known == null || known == root || references <= 0) {
        return;
      }
      known.lookupCount -= references;
      if (known.lookupCount > 0) {
        return;
      }
      remove(known);
    }
    forgetListener.accept(known);
    known.backing().release(1);
  }

  /** The number of a node; 0 if the kernel does not know it. */
  public synchronized long idOf(BackingNode backing) {
    KnownNode known = byBacking.get(backing);
    return known == null ? 0 : known.nodeId();
  }

  /** The kernel's knowledge of a node; null if it has none. */
  public synchronized @Nullable KnownNode known(BackingNode backing) {
    return byBacking.get(backing);
  }

  /** Visits the numbers in use; nodes that come or go meanwhile may be missed. */
  public void forEachId(LongConsumer visitor) {
    AtomicReferenceArray<@Nullable KnownNode> present = byId;
    for (int i = 0; i < present.length(); i++) {
      if (present.get(i) != null) {
        visitor.accept(i);
      }
    }
  }

  /** Nodes that the kernel knows, the mounted directory included. */
  public synchronized int count() {
    return byBacking.size();
  }

  /** Whether so many nodes are known that the kernel should be asked to forget some. */
  public boolean isCrowded() {
    return count() > nodesMax / 2;
  }

  /** Whether enough were forgotten after a crowd. */
  public boolean isRelieved() {
    return count() <= nodesMax / 2 - nodesMax / 8;
  }

  /**
   * Puts the next numbers in use into {@code target}, ascending, without the mounted directory's.
   *
   * @param after the number to begin behind
   * @return how many; fewer than there is room for when there are no more
   */
  public int idsAfter(long after, long[] target) {
    AtomicReferenceArray<@Nullable KnownNode> present = byId;
    int found = 0;
    for (int id = (int) Math.max(after, ROOT_ID) + 1;
        id < present.length() && found < target.length;
        id++) {
      if (present.get(id) != null) {
        target[found] = id;
        found++;
      }
    }
    return found;
  }

  /** The connection has ended and the kernel knows nothing any more: gives every reference back. */
  public void forgetAll() {
    forEachId(nodeId -> forget(nodeId, Long.MAX_VALUE));
  }

  @GuardedBy("this")
  private @Nullable KnownNode add(BackingNode backing) {
    if (byBacking.size() >= nodesMax) {
      return null;
    }
    int id;
    if (freeCount > 0) {
      freeCount--;
      id = freeIds[freeCount];
    } else {
      id = nextId;
      nextId++;
      if (id == byId.length()) {
        grow();
      }
    }
    generations++;
    KnownNode known = new KnownNode(id, generations, backing);
    known.lookupCount = 1;
    byBacking.put(backing, known);
    byId.set(id, known);
    return known;
  }

  @GuardedBy("this")
  private void remove(KnownNode known) {
    int id = (int) known.nodeId();
    byId.set(id, null);
    byBacking.remove(known.backing());
    freeIds[freeCount] = id;
    freeCount++;
  }

  @GuardedBy("this")
  private void grow() {
    AtomicReferenceArray<@Nullable KnownNode> larger =
        new AtomicReferenceArray<>(2 * byId.length());
    for (int i = 0; i < byId.length(); i++) {
      larger.setPlain(i, byId.get(i));
    }
    byId = larger;
    freeIds = Arrays.copyOf(freeIds, larger.length());
  }
}
