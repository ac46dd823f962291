package io.emberfs.fuse.fs;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BackingWatch;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Errno;
import io.emberfs.core.Meters;
import io.emberfs.core.Workers;
import io.emberfs.fuse.node.KnownNode;
import io.emberfs.fuse.node.NodeTable;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes changes behind the mount visible at once where the backing tells of them: the kernel looks
 * the name up anew, the file's version is compared, its cached blocks go if it differs. Directories
 * are watched from the first time that a name is looked up in them until the kernel forgets them.
 *
 * <p>Only sooner, never instead: whatever is missed is found by the comparison that every
 * time-to-live brings. So a bound that is reached or a lost event costs time, not truth.
 */
public final class DirectoryWatches implements BackingWatch.Listener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DirectoryWatches.class);

  /** How long a wait for changes may hold up the end of the mount. */
  private static final int WAIT_MILLIS = 500;

  /** Changes of one file in this while are one comparison. */
  private static final long PAUSE_MILLIS = 10;

  private final @Nullable BackingWatch watch;
  private final BackingStore store;
  private final BlockCache cache;
  private final NodeTable nodes;
  private final KernelNotifier notifier;

  /** Directories that the kernel has forgotten, each with a reference. */
  private final ConcurrentLinkedQueue<BackingNode> unused = new ConcurrentLinkedQueue<>();

  private final Meters.Counter changes;
  private final Meters.Counter lost;

  /**
   * @param watch closed with this; null where there is none, and then nothing is done
   */
  public DirectoryWatches(
      @Nullable BackingWatch watch,
      BackingStore store,
      BlockCache cache,
      NodeTable nodes,
      KernelNotifier notifier,
      Meters meters) {
    this.watch = watch;
    this.store = store;
    this.cache = cache;
    this.nodes = nodes;
    this.notifier = notifier;
    changes = meters.counter("watches.changes");
    lost = meters.counter("watches.lost");
    if (watch != null) {
      nodes.onForget(this::forgotten);
      meters.gauge("watches.directories", watch::directoryCount);
    }
  }

  /** Begins to pass changes on. */
  public void start(Workers workers) {
    if (watch != null) {
      workers.loop("emberfs-changes", PAUSE_MILLIS, this::step);
    }
  }

  /** A name is about to be looked up in this directory. */
  void use(KnownNode directory) {
    if (watch == null || directory.isWatched() || !watch.hasRoom()) {
      return;
    }
    synchronized (this) {
      if (directory.beginWatch() && !watch.add(directory.backing())) {
        LOG.debug("directory {} cannot be watched", directory.nodeId());
      }
    }
  }

  /** On a receiving thread, which must not wait: the rest is done by {@link #step}. */
  private void forgotten(KnownNode node) {
    if (node.isWatched()) {
      node.backing().retain();
      unused.add(node.backing());
    }
  }

  /** Passes on what there is; always 0, for a pause afterwards lets changes gather. */
  int step() {
    if (watch != null) {
      endUnused(watch);
      watch.next(WAIT_MILLIS, this);
    }
    return 0;
  }

  private void endUnused(BackingWatch present) {
    for (BackingNode node = unused.poll(); node != null; node = unused.poll()) {
      synchronized (this) {
        // The kernel may have looked it up again meanwhile.
        KnownNode known = nodes.known(node);
        if (known == null || !known.isWatched()) {
          present.remove(node);
        }
      }
      node.release(1);
    }
  }

  /** Gives the last references back; after the connection and the workers have ended. */
  @Override
  public void close() {
    if (watch != null) {
      endUnused(watch);
      watch.close();
    }
  }

  @Override
  public void nameChanged(BackingNode directory, byte[] name) {
    changes.increment();
    notifier.nameChanged(nodes.idOf(directory), name);
  }

  @Override
  public void directoryChanged(BackingNode directory) {
    tellAttributes(nodes.idOf(directory));
  }

  @Override
  public void contentChanged(BackingNode directory, byte[] name) {
    changes.increment();
    if (nodes.idOf(directory) == 0) {
      return;
    }
    try {
      BackingNode child = store.lookup(directory, name);
      try {
        long nodeId = nodes.idOf(child);
        if (nodeId != 0 && Nodes.isRegular(child)) {
          // Compares, and has dead blocks and the kernel's pages dropped.
          cache.attributes(child);
        }
        tellAttributes(nodeId);
      } finally {
        child.release(1);
      }
    } catch (BackingException failed) {
      if (failed.errno() != Errno.ENOENT && failed.errno() != Errno.ESTALE) {
        LOG.debug("a file that changed cannot be looked at: {}", failed.getMessage());
      }
    }
  }

  @Override
  public void lostChanges() {
    lost.increment();
    notifier.everythingChanged();
  }

  private void tellAttributes(long nodeId) {
    if (nodeId != 0) {
      notifier.attributesChanged(nodeId);
    }
  }
}
