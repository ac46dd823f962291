package io.emberfs.testkit;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockLease;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Lookup;
import io.emberfs.core.Tier;
import io.emberfs.core.TierClosedException;
import io.emberfs.core.WriteFence;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;

/**
 * A tier in ordinary memory: first in, first out; an offer of the same generation that does not
 * cover what is there is declined. Remembers where each open lease was taken, and fails a second
 * close. One lock for everything.
 */
public final class FakeTier implements Tier {
  private static final int OVERHEAD_BYTES = 64;

  private record Block(BlockMeta meta, MemorySegment stored) {}

  private final String name;
  private final BlockGeometry geometry;
  private final WriteFence fence;
  private final LinkedHashMap<BlockKey, Block> blocks = new LinkedHashMap<>();
  private final Set<Lease> openLeases = new HashSet<>();
  private final Queue<BlockKey> scrubRound = new ArrayDeque<>();
  private boolean scrubbing;
  private long capacityBytes;
  private long usedBytes;
  private long logicalBytes;
  private long evictionCount;
  private Runnable onNextIndexLook = () -> {};
  private boolean closed;

  public FakeTier(String name, BlockGeometry geometry, long capacityBytes, WriteFence fence) {
    this.name = name;
    this.geometry = geometry;
    this.capacityBytes = capacityBytes;
    this.fence = fence;
  }

  /** Runs this when somebody asks next which granules of a block are here. */
  public synchronized void onNextIndexLook(Runnable action) {
    onNextIndexLook = action;
  }

  /** Turns one bit of a block where it lies; fails if it is not here. */
  public synchronized void damage(long fileId, long blockIndex) {
    BlockKey key = new BlockKey(fileId, blockIndex);
    Block block = Objects.requireNonNull(blocks.get(key), "no such block");
    MemorySegment turned =
        Arena.ofAuto().allocate(block.stored().byteSize(), Long.BYTES).copyFrom(block.stored());
    byte last = turned.get(ValueLayout.JAVA_BYTE, turned.byteSize() - 1);
    turned.set(ValueLayout.JAVA_BYTE, turned.byteSize() - 1, (byte) (last ^ 1));
    blocks.put(key, new Block(block.meta(), turned.asReadOnly()));
  }

  /** Fails if a lease is open, and shows where it was taken. */
  public synchronized void assertNoOpenLease() {
    for (Lease lease : openLeases) {
      throw new AssertionError(
          openLeases.size() + " open leases of " + name + ", one taken here", lease.takenAt);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public synchronized Lookup lookup(long fileId, long blockIndex, long wantedGranules) {
    requireOpen();
    Block block = blocks.get(new BlockKey(fileId, blockIndex));
    if (block == null || !block.meta().covers(wantedGranules)) {
      return Lookup.MISS;
    }
    Lease lease = new Lease(block);
    openLeases.add(lease);
    return new Lookup.Hit(lease);
  }

  @Override
  public synchronized long validGranules(long fileId, long blockIndex, long fileGeneration) {
    requireOpen();
    Runnable action = onNextIndexLook;
    onNextIndexLook = () -> {};
    action.run();
    Block block = blocks.get(new BlockKey(fileId, blockIndex));
    return block == null || block.meta().fileGeneration() != fileGeneration
        ? 0
        : block.meta().validGranules();
  }

  @Override
  public synchronized boolean offer(BlockMeta meta, MemorySegment stored) {
    requireOpen();
    if (meta.storedSize() != stored.byteSize() || stored.byteSize() > geometry.blockSize()) {
      throw new IllegalArgumentException(
          "%d bytes offered as %s".formatted(stored.byteSize(), meta));
    }
    if (meta.storedSize() + OVERHEAD_BYTES > capacityBytes
        || !fence.isCurrent(meta.fileId(), meta.blockIndex(), meta.writeSequence())) {
      return false;
    }
    BlockKey key = new BlockKey(meta.fileId(), meta.blockIndex());
    Block present = blocks.get(key);
    if (present != null && present.meta().fileGeneration() == meta.fileGeneration()) {
      if (present.meta().covers(meta.validGranules())) {
        return true;
      }
      if (!meta.covers(present.meta().validGranules())) {
        return false;
      }
    }
    drop(key);
    evictTo(capacityBytes - meta.storedSize() - OVERHEAD_BYTES);
    MemorySegment own =
        Arena.ofAuto().allocate(stored.byteSize(), Long.BYTES).copyFrom(stored).asReadOnly();
    blocks.put(key, new Block(meta, own));
    usedBytes += meta.storedSize() + OVERHEAD_BYTES;
    logicalBytes += meta.rawSize();
    return true;
  }

  @Override
  public synchronized void remove(long fileId, long blockIndex) {
    requireOpen();
    drop(new BlockKey(fileId, blockIndex));
  }

  @Override
  public synchronized void removeFrom(long fileId, long firstBlockIndex) {
    requireOpen();
    for (BlockKey key : List.copyOf(blocks.keySet())) {
      if (key.fileId() == fileId && key.blockIndex() >= firstBlockIndex) {
        drop(key);
      }
    }
  }

  @Override
  public synchronized long scrub(long byteBudget, ScrubSink sink) {
    requireOpen();
    if (!scrubbing) {
      scrubRound.addAll(blocks.keySet());
      scrubbing = true;
    }
    long verified = 0;
    for (long bytes = 0; bytes < byteBudget && !scrubRound.isEmpty(); ) {
      BlockKey key = scrubRound.remove();
      Block block = blocks.get(key);
      if (block != null) {
        verified++;
        bytes += block.meta().storedSize();
        byte[] stored = block.stored().toArray(ValueLayout.JAVA_BYTE);
        if (TestBlocks.checksum(stored) != block.meta().checksum()) {
          drop(key);
          sink.damaged(key.fileId(), key.blockIndex());
        }
      }
    }
    scrubbing = verified > 0;
    return verified;
  }

  @Override
  public synchronized long capacityBytes() {
    return capacityBytes;
  }

  @Override
  public synchronized long usedBytes() {
    return usedBytes;
  }

  @Override
  public synchronized long logicalBytes() {
    return logicalBytes;
  }

  @Override
  public synchronized long blockCount() {
    return blocks.size();
  }

  @Override
  public synchronized long evictionCount() {
    return evictionCount;
  }

  @Override
  public synchronized void resize(long newCapacityBytes) {
    requireOpen();
    capacityBytes = newCapacityBytes;
    evictTo(newCapacityBytes);
  }

  @Override
  public synchronized void clear() {
    requireOpen();
    blocks.clear();
    usedBytes = 0;
    logicalBytes = 0;
  }

  @Override
  public synchronized void forEachMeta(MetaSink sink) {
    requireOpen();
    List<BlockMeta> metas = new ArrayList<>();
    for (Block block : blocks.sequencedValues().reversed()) {
      metas.add(block.meta());
    }
    for (Iterator<BlockMeta> next = metas.iterator();
        next.hasNext() && sink.accept(next.next()); ) {}
  }

  @Override
  public synchronized void flush() {
    requireOpen();
  }

  @Override
  public synchronized void close() {
    closed = true;
  }

  private void requireOpen() {
    if (closed) {
      throw new TierClosedException(name);
    }
  }

  private void evictTo(long bytesMax) {
    while (usedBytes > bytesMax) {
      Map.Entry<BlockKey, Block> oldest = blocks.firstEntry();
      drop(oldest.getKey());
      evictionCount++;
    }
  }

  private void drop(BlockKey key) {
    Block block = blocks.remove(key);
    if (block != null) {
      usedBytes -= block.meta().storedSize() + OVERHEAD_BYTES;
      logicalBytes -= block.meta().rawSize();
    }
  }

  private final class Lease implements BlockLease {
    private final Block block;
    private final Throwable takenAt = new Throwable("lease taken");

    Lease(Block block) {
      this.block = block;
    }

    @Override
    public BlockMeta meta() {
      return block.meta();
    }

    @Override
    public MemorySegment stored() {
      return block.stored();
    }

    @Override
    public void close() {
      synchronized (FakeTier.this) {
        if (!openLeases.remove(this)) {
          throw new AssertionError("second close of a lease", takenAt);
        }
      }
    }
  }
}
