package io.emberfs.engine.file;

import io.emberfs.core.Attributes;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.Clock;
import io.emberfs.core.FileVersion;
import io.emberfs.core.Meters;
import java.util.function.LongConsumer;

/**
 * Compares files with the backing and makes the cached blocks of a changed one dead: in the tiers,
 * and in whatever lies above the mount.
 */
public final class VersionCheck {
  private final BackingStore store;
  private final Clock clock;
  private final LongConsumer dropBlocks;
  private final BlockCache.ChangeListener listener;
  private final Meters.Counter versionDrops;

  /**
   * @param dropBlocks removes all blocks of a fileId from every tier
   */
  public VersionCheck(
      BackingStore store,
      Clock clock,
      LongConsumer dropBlocks,
      BlockCache.ChangeListener listener,
      Meters meters) {
    this.store = store;
    this.clock = clock;
    this.dropBlocks = dropBlocks;
    this.listener = listener;
    versionDrops = meters.counter("integrity.versionDrops");
  }

  /**
   * Checks a file unless that was done lately; waits while an own write to it, or another check, is
   * in flight.
   *
   * @param ageMaxNanos how long ago the last check may be
   */
  public void check(FileState state, BackingNode node, long ageMaxNanos) {
    state.lock();
    try {
      if (clock.nanoTime() - state.checkedNanos() > ageMaxNanos) {
        checkLocked(state, node);
      }
    } finally {
      state.unlock();
    }
  }

  /** Checks a file now, with the version lock already held. */
  public void checkLocked(FileState state, BackingNode node) {
    // The time before the look: a slow one shows the file as it was when it began, at worst.
    long nanos = clock.nanoTime();
    if (state.check(store.version(node), nanos)) {
      dropDead(state);
    }
  }

  /**
   * The generation was raised, under the version lock that is still held: the blocks of the old one
   * go.
   */
  public void dropDead(FileState state) {
    versionDrops.increment();
    dropBlocks.accept(state.fileId());
    BackingNode node = state.openNode();
    if (node != null) {
      listener.changedBehind(node);
    }
  }

  /**
   * Uses attributes that were fetched anyway to see whether a known file changed. While an own
   * write is in flight nothing can be concluded and nothing is done.
   */
  public void notice(FileState state, BackingNode node, Attributes attributes) {
    FileVersion known = state.version();
    boolean same =
        known.size() == attributes.size()
            && known.mtimeNanos() == attributes.mtimeNanos()
            && known.ctimeNanos() == attributes.ctimeNanos();
    if (same || !state.tryLock()) {
      return;
    }
    try {
      checkLocked(state, node);
    } finally {
      state.unlock();
    }
  }
}
