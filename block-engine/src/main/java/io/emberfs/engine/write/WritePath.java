package io.emberfs.engine.write;

import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Clock;
import io.emberfs.core.FileVersion;
import io.emberfs.engine.file.FileState;
import io.emberfs.engine.file.FileTable;
import io.emberfs.engine.file.OpenFile;
import io.emberfs.engine.file.StripedWriteFence;
import io.emberfs.engine.file.VersionCheck;
import io.emberfs.engine.tiers.BlockTransfer;
import io.emberfs.engine.tiers.TierChain;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/**
 * Write-through: the backing has the bytes before anybody is told that they are written.
 *
 * <p>Every change runs under the file's version lock, between two looks at its version, and inside
 * a window of the write fence:
 *
 * <ol>
 *   <li>the fence closes over the blocks concerned;
 *   <li>the version before; if it is not the recorded one, somebody else changed the file;
 *   <li>the backing changes, and at once the version after is taken;
 *   <li>the blocks leave every tier, also when the change failed half-way;
 *   <li>the fence opens with a new sequence;
 *   <li>the version after becomes the recorded one, and the generation stays if the change was ours
 *       alone.
 * </ol>
 *
 * Granules that a write covered wholly are then offered to RAM: their bytes are known.
 */
public final class WritePath {
  /**
   * Beyond this many blocks everything behind the first one goes: a write far behind the end spans
   * blocks without number.
   */
  private static final long DROPPED_ONE_BY_ONE_MAX = 1024;

  private final BlockGeometry geometry;
  private final BackingStore store;
  private final FileTable files;
  private final VersionCheck versions;
  private final TierChain chain;
  private final BlockTransfer transfer;
  private final StripedWriteFence fence;
  private final Clock clock;

  public WritePath(
      BlockGeometry geometry,
      BackingStore store,
      FileTable files,
      VersionCheck versions,
      TierChain chain,
      BlockTransfer transfer,
      StripedWriteFence fence,
      Clock clock) {
    this.geometry = geometry;
    this.store = store;
    this.files = files;
    this.versions = versions;
    this.chain = chain;
    this.transfer = transfer;
    this.fence = fence;
    this.clock = clock;
  }

  /** {@code BlockCache.write}. */
  public int write(OpenFile file, long offset, MemorySegment source) {
    FileState state = file.state();
    BackingFile target = file.writer();
    state.lock();
    try {
      return writeLocked(state, target, offset, source);
    } finally {
      state.unlock();
    }
  }

  /** {@code BlockCache.writeNow}. A tier below RAM would have to be asked, and may wait. */
  public int writeNow(OpenFile file, long offset, MemorySegment source) {
    FileState state = file.state();
    BackingFile target = file.writer();
    if (!chain.lower().isEmpty() || !target.isInMemory() || !state.tryLock()) {
      return BlockCache.WOULD_WAIT;
    }
    try {
      return writeLocked(state, target, offset, source);
    } finally {
      state.unlock();
    }
  }

  /** {@code BlockCache.append}. The end of the file is looked up under the version lock. */
  public int append(OpenFile file, MemorySegment source) {
    FileState state = file.state();
    BackingFile target = file.writer();
    state.lock();
    try {
      return writeLocked(state, target, target.version().size(), source);
    } finally {
      state.unlock();
    }
  }

  private int writeLocked(FileState state, BackingFile target, long offset, MemorySegment source) {
    if (source.byteSize() == 0) {
      return 0;
    }
    long end = offset + source.byteSize();
    // A write behind the old end gives the rest of the old last granule its first bytes: zeros.
    long from = Math.min(offset, state.size());
    Change<Integer> change = change(state, target, from, end, () -> target.write(offset, source));
    int written = change.result();
    if (change.isOursAlone()) {
      offerCovered(state, offset, source.asSlice(0, written));
    }
    return written;
  }

  /** {@code BlockCache.truncate}. */
  public void truncate(BackingNode node, long size) {
    FileState state = files.lockOf(node);
    try (BackingFile target = store.open(node, BackingStore.OpenMode.READ_WRITE)) {
      truncateLocked(state, target, size);
    } finally {
      state.unlock();
    }
  }

  /** Cuts or extends a file whose version lock is held. */
  public void truncateLocked(FileState state, BackingFile target, long size) {
    changeFrom(
        state,
        target,
        Math.min(size, state.size()),
        () -> {
          target.truncate(size);
          return 0;
        });
  }

  /** {@code BlockCache.allocate}. Whatever the mode moves or clears lies behind {@code offset}. */
  public void allocate(OpenFile file, int mode, long offset, long length) {
    FileState state = file.state();
    BackingFile target = file.writer();
    state.lock();
    try {
      changeFrom(
          state,
          target,
          Math.min(offset, state.size()),
          () -> {
            target.allocate(mode, offset, length);
            return 0;
          });
    } finally {
      state.unlock();
    }
  }

  /** {@code BlockCache.copyRange}. */
  public long copyRange(
      BackingFile source, long offset, OpenFile file, long targetOffset, long length) {
    FileState state = file.state();
    BackingFile target = file.writer();
    state.lock();
    try {
      return changeFrom(
          state,
          target,
          Math.min(targetOffset, state.size()),
          () -> source.copyRange(offset, target, targetOffset, length));
    } finally {
      state.unlock();
    }
  }

  /** {@code BlockCache.changeInode}. */
  public void changeInode(BackingNode node, Runnable change) {
    FileState state = files.lockIfKnown(node);
    if (state == null) {
      change.run();
      return;
    }
    try {
      FileVersion before = store.version(node);
      try {
        change.run();
      } finally {
        long nanos = clock.nanoTime();
        if (state.changed(before, store.version(node), nanos)) {
          versions.dropDead(state);
        }
      }
    } finally {
      state.unlock();
    }
  }

  /** A change to everything from an offset on. The version lock is held. */
  private <T> T changeFrom(FileState state, BackingFile target, long from, Supplier<T> action) {
    return change(state, target, from, Long.MAX_VALUE, action).result();
  }

  /**
   * The steps of the class comment, for a change of bytes in [from, end). The version lock is held.
   */
  private <T> Change<T> change(
      FileState state, BackingFile target, long from, long end, Supplier<T> action) {
    long firstBlock = geometry.blockIndex(from);
    long lastBlock = geometry.blockIndex(end - 1);
    fence.begin(state.fileId(), firstBlock, lastBlock);
    FileVersion before = null;
    FileVersion after = null;
    long nanos = clock.nanoTime();
    boolean dead = true;
    T result;
    try {
      // Nothing stands between the two looks but the change: what somebody else does there is not
      // seen.
      before = target.version();
      try {
        result = action.get();
      } finally {
        nanos = clock.nanoTime();
        after = target.version();
      }
    } finally {
      drop(state.fileId(), from, end, firstBlock, lastBlock);
      fence.end(state.fileId(), firstBlock, lastBlock);
      if (before != null && after != null) {
        dead = state.changed(before, after, nanos);
        if (dead) {
          versions.dropDead(state);
        }
      } else {
        // The file could not be looked at: nothing is known of it any more.
        state.distrust(nanos);
      }
    }
    return new Change<>(result, !dead);
  }

  private void drop(long fileId, long from, long end, long firstBlock, long lastBlock) {
    if (lastBlock - firstBlock > DROPPED_ONE_BY_ONE_MAX) {
      chain.removeFrom(fileId, firstBlock);
      return;
    }
    for (long block = firstBlock; block <= lastBlock; block++) {
      int first = (int) Math.max(0, from - geometry.blockOffset(block));
      int last = (int) Math.min(geometry.blockSize(), end - geometry.blockOffset(block));
      chain.removeGranules(fileId, block, geometry.touchedMask(first, last - first));
    }
  }

  /**
   * Gives RAM the granules that a write covered wholly. The version lock is held, so no later write
   * can have come between.
   */
  private void offerCovered(FileState state, long offset, MemorySegment source) {
    long sequence = fence.sequence();
    int length = (int) source.byteSize();
    for (int done = 0; done < length; ) {
      int offsetInBlock = geometry.offsetInBlock(offset + done);
      int n = Math.min(length - done, geometry.blockSize() - offsetInBlock);
      long granules = geometry.coveredMask(offsetInBlock, n);
      if (granules != 0) {
        int first = Long.numberOfTrailingZeros(granules) * geometry.granuleSize() - offsetInBlock;
        MemorySegment raw = source.asSlice(done + first, geometry.rawSize(granules));
        long block = geometry.blockIndex(offset + done);
        BlockMeta meta =
            transfer.plain(state.fileId(), block, state.fileGeneration(), granules, sequence, raw);
        chain.ram().insert(meta, raw, 0);
      }
      done += n;
    }
  }

  /** What a change gave back, and whether nobody else changed the file meanwhile. */
  private record Change<T>(T result, boolean isOursAlone) {}
}
