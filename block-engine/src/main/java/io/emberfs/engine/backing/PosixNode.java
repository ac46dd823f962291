package io.emberfs.engine.backing;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.Errno;
import io.emberfs.core.NodeIdentity;
import io.emberfs.ffi.FileCalls;
import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One inode of the backing, with an O_PATH descriptor that may be closed while nobody uses it.
 *
 * <p>The descriptor is used between {@link #acquire} and {@link #done}. One that was closed is
 * opened again from the place where the inode was last seen, and is the node's only if it leads to
 * the same inode; otherwise the call fails with ESTALE.
 *
 * <table>
 * <caption>Synchronization</caption>
 * <tr><td>{@code word}</td><td>descriptor + 1 above, users below; 0 is closed; changed by compare-and-set only</td></tr>
 * <tr><td>{@code references}</td><td>never rises from 0: a dead node stays dead, and the table makes another</td></tr>
 * <tr><td>{@code place}</td><td>holds one reference to the parent; a directory's is set under the table's lock</td></tr>
 * </table>
 */
final class PosixNode implements BackingNode {
  /** Deeper trees are looked through for their files. */
  private static final int PATH_BYTES_MAX = 64 << 10;

  private static final VarHandle WORD;
  private static final VarHandle REFERENCES;
  private static final VarHandle PLACE;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      WORD = lookup.findVarHandle(PosixNode.class, "word", long.class);
      REFERENCES = lookup.findVarHandle(PosixNode.class, "references", long.class);
      PLACE = lookup.findVarHandle(PosixNode.class, "place", Place.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final InodeTable table;
  private final InodeKey key;
  private final NodeIdentity identity;
  private final int type;
  private final boolean reopenable;

  private volatile long word;
  private volatile long references = 1;
  private volatile @Nullable Place place;

  /**
   * Set by each use, taken away by the table's clock. Lost updates only make the clock less exact.
   */
  private boolean recentlyUsed = true;

  /** Where an inode was last seen. */
  static final class Place {
    private final PosixNode parent;
    private final byte[] name;

    /** With a reference to the parent of its own; {@code name} is not changed by anybody. */
    Place(PosixNode parent, byte[] name) {
      this.parent = parent;
      this.name = name;
    }

    PosixNode parent() {
      return parent;
    }

    byte[] name() {
      return name;
    }

    boolean isAt(PosixNode otherParent, byte[] otherName) {
      return parent == otherParent && Arrays.equals(name, otherName);
    }
  }

  /** With one reference and an open descriptor, which is the node's from here on. */
  PosixNode(
      InodeTable table,
      InodeKey key,
      NodeIdentity identity,
      int type,
      boolean reopenable,
      int descriptor) {
    this.table = table;
    this.key = key;
    this.identity = identity;
    this.type = type;
    this.reopenable = reopenable;
    this.word = wordOf(descriptor);
  }

  /** With one reference and without descriptor; the reference in {@code place} is the node's. */
  PosixNode(InodeTable table, InodeKey key, NodeIdentity identity, int type, Place place) {
    this.table = table;
    this.key = key;
    this.identity = identity;
    this.type = type;
    this.place = place;
    reopenable = true;
  }

  @Override
  public NodeIdentity identity() {
    return identity;
  }

  @Override
  public int type() {
    return type;
  }

  InodeKey key() {
    return key;
  }

  @Override
  public void retain() {
    if (!tryRetain()) {
      throw new IllegalStateException("retain of " + this + " without a reference");
    }
  }

  @Override
  public void release(long count) {
    table.release(this, count);
  }

  /** Takes a reference unless the last one is gone. */
  boolean tryRetain() {
    while (true) {
      long present = references;
      if (present <= 0) {
        return false;
      }
      if (REFERENCES.compareAndSet(this, present, present + 1)) {
        return true;
      }
    }
  }

  /** Gives references back; true if they were the last. */
  boolean drop(long count) {
    long left = (long) REFERENCES.getAndAdd(this, -count) - count;
    if (left < 0) {
      throw new IllegalStateException("released " + -left + " references too many to " + this);
    }
    return left == 0;
  }

  /**
   * The descriptor, opened if need be, in use until {@link #done}.
   *
   * @throws BackingException ESTALE if the inode is no longer where it was last seen
   */
  int acquire() {
    recentlyUsed = true;
    while (true) {
      long present = word;
      if (present == 0) {
        reopen();
      } else if (WORD.compareAndSet(this, present, present + 1)) {
        return descriptorOf(present);
      }
    }
  }

  /** Ends the use of the descriptor. */
  void done() {
    WORD.getAndAdd(this, -1L);
  }

  /**
   * Makes one call with the descriptor in use; returns its result, which may be a negated errno.
   */
  int with(IntUnaryOperator call) {
    int descriptor = acquire();
    try {
      return call.applyAsInt(descriptor);
    } finally {
      done();
    }
  }

  /**
   * Gives a closed node a descriptor of its inode; false if it has one, and then the caller keeps
   * this one.
   */
  boolean offer(int descriptor) {
    boolean taken = WORD.compareAndSet(this, 0L, wordOf(descriptor));
    if (taken) {
      table.countReopened();
    }
    return taken;
  }

  /** Closes the descriptor unless it is in use; true if this call did. */
  boolean closeUnused() {
    long present = word;
    boolean unused = present != 0 && (int) present == 0;
    if (unused && WORD.compareAndSet(this, present, 0L)) {
      FileCalls.close(descriptorOf(present));
      return true;
    }
    return false;
  }

  /** As {@link #closeUnused}, for a node that nobody may use any more. */
  boolean closeDead() {
    long present = (long) WORD.getAndSet(this, 0L);
    if (present != 0) {
      FileCalls.close(descriptorOf(present));
    }
    return present != 0;
  }

  @Nullable Place place() {
    return place;
  }

  /** Names from {@code root} down to where this was seen last; empty where that is not known. */
  byte[] pathBelow(PosixNode root) {
    ByteArrayOutputStream reversed = new ByteArrayOutputStream();
    for (PosixNode at = this; at != root; ) {
      Place last = at.place;
      if (last == null || reversed.size() > PATH_BYTES_MAX) {
        return new byte[0];
      }
      for (int i = last.name.length - 1; i >= 0; i--) {
        reversed.write(last.name[i]);
      }
      reversed.write('/');
      at = last.parent;
    }
    byte[] bytes = reversed.toByteArray();
    byte[] path = new byte[Math.max(0, bytes.length - 1)];
    for (int i = 0; i < path.length; i++) {
      path[i] = bytes[path.length - 1 - i];
    }
    return path;
  }

  /**
   * Sets the place and returns the one before, whose reference to the parent is the caller's now.
   */
  @Nullable Place exchangePlace(@Nullable Place newPlace) {
    return (Place) PLACE.getAndSet(this, newPlace);
  }

  /**
   * One turn of the clock: true if the node was not used since the last turn and might be closed.
   */
  boolean isCold() {
    if (recentlyUsed) {
      recentlyUsed = false;
      return false;
    }
    return reopenable && word != 0 && place != null;
  }

  /** Opens the inode at its place: the descriptor is the caller's, or the negated errno. */
  int openAtPlace() {
    while (true) {
      Place last = place;
      if (last == null || references <= 0) {
        return -Errno.ESTALE;
      }
      if (last.parent().tryRetain()) {
        try {
          return table.openExpected(last, key);
        } finally {
          last.parent().release(1);
        }
      }
      // The parent died, so the place has changed meanwhile: its reference was ours.
    }
  }

  private void reopen() {
    int descriptor = openAtPlace();
    if (descriptor < 0) {
      throw new BackingException(-descriptor, "openat", toString());
    }
    if (!offer(descriptor)) {
      FileCalls.close(descriptor);
    }
  }

  private static long wordOf(int descriptor) {
    return (descriptor + 1L) << Integer.SIZE;
  }

  private static int descriptorOf(long word) {
    return (int) (word >>> Integer.SIZE) - 1;
  }

  @Override
  public String toString() {
    return "inode " + identity.inode();
  }
}
