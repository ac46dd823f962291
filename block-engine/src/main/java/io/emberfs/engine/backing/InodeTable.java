package io.emberfs.engine.backing;

import io.emberfs.core.BackingException;
import io.emberfs.core.Errno;
import io.emberfs.core.NodeIdentity;
import io.emberfs.ffi.FileCalls;
import io.emberfs.ffi.FileSystemCalls;
import io.emberfs.ffi.Statx;
import java.util.Iterator;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * The known inodes, one {@link PosixNode} each, and the bound on their descriptors.
 *
 * <p>Nodes live as long as somebody holds a reference; a node's place holds one to its parent. When
 * more than {@code descriptorsMax} descriptors are open, a clock hand goes over the nodes and
 * closes those that were not used since its last turn and that can be found again at their place:
 * this is tried before closing. What cannot be found again (removed, moved by somebody else) keeps
 * its descriptor, so the bound gives way to it.
 *
 * <table>
 * <caption>Synchronization</caption>
 * <tr><td>{@code nodes}</td><td>a dead node may still be found; whoever meets one replaces it</td></tr>
 * <tr><td>{@code closing}</td><td>write: the clock closes descriptors; read: a name is removed or moved. So no descriptor is
 * closed between the moment a node is seen open and the moment its name is gone</td></tr>
 * <tr><td>{@code directoryPlaces}</td><td>every new place of a directory, so that places never form a circle</td></tr>
 * </table>
 */
final class InodeTable implements AutoCloseable {
  private static final int S_IFMT = 0170000;
  private static final int S_IFREG = 0100000;
  private static final int S_IFDIR = 0040000;

  /** No more are closed at once: a removal never waits long for the clock. */
  private static final int SWEEP_BATCH_MAX = 64;

  /** This share of the bound is closed at once: an open seldom pays for the clock. */
  private static final int SWEEP_SHARE = 16;

  private final ConcurrentHashMap<InodeKey, PosixNode> nodes = new ConcurrentHashMap<>();
  private final FileSystems fileSystems = new FileSystems();
  private final ReentrantReadWriteLock closing = new ReentrantReadWriteLock();
  private final Object directoryPlaces = new Object();
  private final AtomicBoolean sweeping = new AtomicBoolean();
  private final AtomicLong openCount = new AtomicLong();
  private final AtomicLong closedCount = new AtomicLong();
  private final int descriptorsMax;
  private final int sweepBatch;
  private volatile long sweepAbove;
  private Iterator<PosixNode> hand = nodes.values().iterator();

  InodeTable(int descriptorsMax) {
    this.descriptorsMax = descriptorsMax;
    sweepBatch = Math.clamp(descriptorsMax / SWEEP_SHARE, 1, SWEEP_BATCH_MAX);
    sweepAbove = descriptorsMax;
  }

  /** Descriptors of nodes that are open. */
  long openDescriptorCount() {
    return openCount.get();
  }

  /** Nodes known. */
  int nodeCount() {
    return nodes.size();
  }

  /** Begins the removal or move of a name; ended by unlocking what this returns. */
  ReentrantReadWriteLock.ReadLock beginRemoval() {
    makeRoom();
    ReentrantReadWriteLock.ReadLock removal = closing.readLock();
    removal.lock();
    return removal;
  }

  /** Whether any known node has no descriptor: then a removal must look which one it concerns. */
  boolean hasClosedNodes() {
    return closedCount.get() > 0;
  }

  /** The node of an entry, with a reference. */
  PosixNode lookup(PosixNode parent, byte[] name) {
    int descriptor = openInode(parent, name);
    if (descriptor < 0) {
      throw new BackingException(-descriptor, "openat", Failures.text(name));
    }
    return adopt(descriptor, parent, name);
  }

  /**
   * The node of an entry, with a reference and an open descriptor, if it is known; never makes one.
   */
  @Nullable PosixNode find(PosixNode parent, byte[] name) {
    int descriptor = openInode(parent, name);
    if (descriptor < 0) {
      return null;
    }
    boolean taken = false;
    try {
      Statx stat = Statx.ofThread();
      Failures.check(stat.read(descriptor, Statx.AS_STAT), "statx", name);
      PosixNode known = nodes.get(keyOf(stat, descriptor));
      if (known == null || !known.tryRetain()) {
        return null;
      }
      taken = known.offer(descriptor);
      return known;
    } finally {
      if (!taken) {
        FileCalls.close(descriptor);
      }
    }
  }

  /**
   * The node of an open O_PATH descriptor, with a reference. The descriptor is the table's from
   * here on, also when this fails.
   *
   * @param parent where it was found, null for what is never looked for again: the root, a file
   *     without a name
   */
  PosixNode adopt(int descriptor, @Nullable PosixNode parent, byte[] name) {
    PosixNode node;
    try {
      node = intern(descriptor);
    } catch (BackingException failure) {
      FileCalls.close(descriptor);
      throw failure;
    }
    if (parent != null) {
      setPlace(node, parent, name);
    }
    return node;
  }

  private PosixNode intern(int descriptor) {
    Statx stat = Statx.ofThread();
    Failures.check(stat.read(descriptor, Statx.AS_STAT), "statx", "descriptor " + descriptor);
    FileSystems.FileSystem fileSystem = fileSystemOf(stat, descriptor);
    InodeKey key = keyOf(stat, descriptor);
    @Nullable PosixNode made = null;
    while (true) {
      PosixNode known = nodes.get(key);
      if (known != null && known.tryRetain()) {
        if (!known.offer(descriptor)) {
          FileCalls.close(descriptor);
        }
        return known;
      }
      if (made == null) {
        NodeIdentity identity =
            new NodeIdentity(fileSystem.id(), key.inode(), key.inodeGeneration());
        made =
            new PosixNode(
                this, key, identity, stat.mode() & S_IFMT, fileSystem.lastingInodes(), descriptor);
      }
      // A node that was found without a reference is dead; its owner will remove exactly it, not
      // ours.
      if (known == null ? nodes.putIfAbsent(key, made) == null : nodes.replace(key, known, made)) {
        openCount.incrementAndGet();
        return made;
      }
    }
  }

  /**
   * The node of an inode that was seen at a place before, with a reference; made without descriptor
   * if it is not known.
   *
   * @return null where it could not be opened again from its place
   */
  @Nullable PosixNode recall(PosixNode parent, byte[] name, NodeIdentity identity, int type) {
    Long device = fileSystems.lastingDevice(identity.fileSystemId());
    if (device == null || identity.inodeGeneration() == 0) {
      return null;
    }
    InodeKey key = new InodeKey(device, identity.inode(), identity.inodeGeneration());
    @Nullable PosixNode made = null;
    while (true) {
      PosixNode known = nodes.get(key);
      if (known != null && known.tryRetain()) {
        if (made != null) {
          countClosed(-1);
          parent.release(1);
        }
        setPlace(known, parent, name);
        return known;
      }
      if (made == null) {
        // Its place before anybody sees it; nothing can be below it yet, so that no circle forms.
        made = new PosixNode(this, key, identity, type, newPlace(parent, name));
        // Counted before it can be found: a removal that does not see the one sees the other.
        countClosed(1);
      }
      if (known == null ? nodes.putIfAbsent(key, made) == null : nodes.replace(key, known, made)) {
        return made;
      }
    }
  }

  private void countClosed(int change) {
    closedCount.addAndGet(change);
  }

  private FileSystems.FileSystem fileSystemOf(Statx stat, int descriptor) {
    int type = stat.mode() & S_IFMT;
    return fileSystems.of(stat, descriptor, type == S_IFREG || type == S_IFDIR);
  }

  private InodeKey keyOf(Statx stat, int descriptor) {
    long generation =
        fileSystemOf(stat, descriptor).lastingInodes() ? FileSystemCalls.handleHash(descriptor) : 0;
    return new InodeKey(stat.device(), stat.inode(), generation);
  }

  /** Notes where a node was seen, so that its descriptor can be opened again. */
  void setPlace(PosixNode node, PosixNode parent, byte[] name) {
    PosixNode.Place present = node.place();
    if (present != null && present.isAt(parent, name)) {
      return;
    }
    PosixNode.@Nullable Place before;
    if (node.type() == S_IFDIR) {
      synchronized (directoryPlaces) {
        before = node.exchangePlace(isBelow(parent, node) ? null : newPlace(parent, name));
      }
    } else {
      before = node.exchangePlace(newPlace(parent, name));
    }
    if (before != null) {
      before.parent().release(1);
    }
  }

  private static PosixNode.Place newPlace(PosixNode parent, byte[] name) {
    parent.retain();
    return new PosixNode.Place(parent, name.clone());
  }

  /**
   * Whether the places of a directory lead up through {@code ancestor}: they do when somebody else
   * moved directories about, and a place that closes the circle would keep all of them alive for
   * ever. A node without place just keeps its descriptor.
   */
  private static boolean isBelow(PosixNode directory, PosixNode ancestor) {
    PosixNode at = directory;
    while (at != ancestor) {
      PosixNode.Place place = at.place();
      if (place == null) {
        return false;
      }
      at = place.parent();
    }
    return true;
  }

  /**
   * Gives references back; a node's last one ends the node, and its own reference to its parent.
   */
  void release(PosixNode node, long count) {
    PosixNode at = node;
    long left = count;
    while (at.drop(left)) {
      nodes.remove(at.key(), at);
      if (at.closeDead()) {
        openCount.decrementAndGet();
      } else {
        closedCount.decrementAndGet();
      }
      PosixNode.Place place = at.exchangePlace(null);
      if (place == null) {
        return;
      }
      at = place.parent();
      left = 1;
    }
  }

  /** A node got a descriptor back. */
  void countReopened() {
    openCount.incrementAndGet();
    closedCount.decrementAndGet();
  }

  /**
   * Opens what is at a place if it is the inode that is expected there: a descriptor, or the
   * negated errno.
   */
  int openExpected(PosixNode.Place place, InodeKey expected) {
    int descriptor = openInode(place.parent(), place.name());
    if (descriptor == -Errno.ENOENT || descriptor == -Errno.ENOTDIR) {
      return -Errno.ESTALE;
    }
    if (descriptor < 0) {
      return descriptor;
    }
    Statx stat = Statx.ofThread();
    int result = stat.read(descriptor, Statx.AS_STAT);
    if (result == 0 && !keyOf(stat, descriptor).equals(expected)) {
      result = -Errno.ESTALE;
    }
    if (result < 0) {
      FileCalls.close(descriptor);
      return result;
    }
    return descriptor;
  }

  private int openInode(PosixNode parent, byte[] name) {
    makeRoom();
    int directory = parent.acquire();
    try {
      int descriptor = FileCalls.openInode(directory, name);
      if (descriptor == -Errno.EMFILE) {
        sweep();
        descriptor = FileCalls.openInode(directory, name);
      }
      return descriptor;
    } finally {
      parent.done();
    }
  }

  private void makeRoom() {
    if (openCount.get() >= sweepAbove) {
      sweep();
    }
  }

  /**
   * Turns the clock until some descriptors are closed, or twice around. One thread does; others go
   * on above the bound, and what they opened meanwhile is closed by the next turns.
   */
  private void sweep() {
    // A thread that is removing a name cannot wait for itself.
    if (closing.getReadHoldCount() > 0 || !sweeping.compareAndSet(false, true)) {
      return;
    }
    closing.writeLock().lock();
    long excess = openCount.get() - descriptorsMax;
    int wanted = (int) Math.clamp(sweepBatch + excess, sweepBatch, SWEEP_BATCH_MAX);
    try {
      for (long visits = 2L * nodes.size(); wanted > 0 && visits > 0; visits--) {
        if (!hand.hasNext()) {
          hand = nodes.values().iterator();
          if (!hand.hasNext()) {
            return;
          }
        }
        PosixNode node = hand.next();
        if (node.isCold() && closeIfFound(node)) {
          wanted--;
        }
      }
    } finally {
      closing.writeLock().unlock();
      // Where too little can be closed, not every open shall look again.
      sweepAbove =
          wanted == 0 ? descriptorsMax : Math.max(descriptorsMax, openCount.get() + sweepBatch);
      sweeping.set(false);
    }
  }

  /**
   * Closes a node's descriptor if it can be had again; one that cannot be found is not asked again
   * until it is looked up.
   */
  private boolean closeIfFound(PosixNode node) {
    int found = node.openAtPlace();
    if (found >= 0) {
      FileCalls.close(found);
      boolean closed = node.closeUnused();
      if (closed) {
        openCount.decrementAndGet();
        closedCount.incrementAndGet();
      }
      return closed;
    }
    if (found == -Errno.ESTALE) {
      PosixNode.Place lost = node.exchangePlace(null);
      if (lost != null) {
        lost.parent().release(1);
      }
    }
    return false;
  }

  /** Closes every descriptor; no call follows. */
  @Override
  public void close() {
    nodes.values().forEach(PosixNode::closeDead);
    nodes.clear();
  }
}
