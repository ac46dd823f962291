package io.emberfs.fuse.node;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.BackingNode;
import java.util.concurrent.TimeUnit;

/**
 * A node that the kernel knows, from its first lookup to its last forget.
 *
 * <p>The lookup count belongs to {@link NodeTable}; the rest to the file system.
 */
public final class KnownNode {
  private static final int SET_ID_BITS = 06000;

  private final long nodeId;
  private final long nodeGeneration;
  private final BackingNode backing;

  /** Guarded by the table's monitor. */
  long lookupCount;

  /** Whether the mode that was seen last has set-id bits. Racy by nature: the mode itself is. */
  private volatile boolean setIdSeen;

  /** Whether a link count other than 0 was seen: some file systems count none. */
  private volatile boolean namesSeen;

  @GuardedBy("this")
  private int openCount;

  @GuardedBy("this")
  private boolean nameless;

  /** Whether a wait for its last close was in vain; it ends with that close. */
  @GuardedBy("this")
  private boolean held;

  private volatile boolean watched;

  /** Whether bytes went into the kernel's pages since the file was last opened by the first. */
  private volatile boolean pagesRead;

  KnownNode(long nodeId, long nodeGeneration, BackingNode backing) {
    this.nodeId = nodeId;
    this.nodeGeneration = nodeGeneration;
    this.backing = backing;
  }

  /** The number that the kernel uses. */
  public long nodeId() {
    return nodeId;
  }

  /** Tells apart two nodes that had the same number one after the other. */
  public long nodeGeneration() {
    return nodeGeneration;
  }

  /**
   * The node of the backing; the table holds a reference to it for as long as the kernel knows the
   * node.
   */
  public BackingNode backing() {
    return backing;
  }

  /** Takes note of a mode that came from the backing or goes there. */
  public void seeMode(int mode) {
    boolean setId = (mode & SET_ID_BITS) != 0;
    if (setId != setIdSeen) {
      setIdSeen = setId;
    }
  }

  /** Whether a write must look for set-id bits to clear. */
  public boolean maySetId() {
    return setIdSeen;
  }

  /** True for the first call only: the caller has this directory watched. */
  public synchronized boolean beginWatch() {
    boolean isFirst = !watched;
    watched = true;
    return isFirst;
  }

  /** Whether anybody was to have it watched. */
  public boolean isWatched() {
    return watched;
  }

  /** Takes note, before the bytes are read, that they go into the kernel's pages. */
  public void readPages() {
    if (!pagesRead) {
      pagesRead = true;
    }
  }

  /**
   * Whether a write past the kernel's pages, which has reached the file, may have left old bytes in
   * them: somebody has read pages since the first of those opened the file who have it open now.
   */
  public boolean mayHaveStalePages() {
    return pagesRead;
  }

  /** One more handle is open. */
  public synchronized void opened() {
    openCount++;
  }

  /**
   * One handle less is open; returns whether the file is gone with it: no name and no handle is
   * left.
   */
  public synchronized boolean closed() {
    openCount--;
    if (openCount == 0) {
      held = false;
      pagesRead = false;
      notifyAll();
    }
    return openCount == 0 && nameless;
  }

  /** Takes note of a number of names that the backing told. */
  public void seeLinkCount(int linkCount) {
    if (linkCount > 0 && !namesSeen) {
      namesSeen = true;
    }
  }

  /**
   * Whether a link count of 0 says that somebody else took the last name: it was not taken through
   * this mount, and the backing is one that counts.
   */
  public synchronized boolean countsNames() {
    return namesSeen && !nameless;
  }

  /**
   * Whether somebody has it open. The kernel tells of a last close only when close has returned, so
   * a close that is on its way is waited for; once only while the file stays open.
   *
   * @param waitMillis how long to wait for the close; a holder makes the first caller wait this
   *     long
   */
  public synchronized boolean staysOpen(long waitMillis) {
    long begin = System.nanoTime();
    long leftMillis = waitMillis;
    try {
      while (openCount > 0 && !held && leftMillis > 0) {
        wait(leftMillis);
        leftMillis = waitMillis - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    held = openCount > 0;
    return held;
  }

  /** A file that had no name has one. */
  public synchronized void gotName() {
    nameless = false;
  }

  /** The last name was removed; returns whether the file is gone with it: no handle is open. */
  public synchronized boolean lostLastName() {
    nameless = true;
    return openCount == 0;
  }
}
