package io.emberfs.engine.ram;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Lookup;
import io.emberfs.core.Meters;
import io.emberfs.core.Tier;
import io.emberfs.core.TierClosedException;
import io.emberfs.core.TierPins;
import io.emberfs.core.WriteFence;
import io.emberfs.engine.codec.BlockChecksum;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.NoneCodec;
import io.emberfs.engine.policy.PinnedSlots;
import io.emberfs.engine.policy.PolicyFactory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The fastest tier: blocks in memory outside the Java heap, hot ones plain, warm ones compressed,
 * under one budget. A hit takes no lock, allocates nothing while the block is plain, and copies
 * once.
 *
 * <p>Memory is an arena of pages of one granule each, so a block takes what is valid of it, and no
 * size of block can starve another. {@code EntryTable} finds a block's record, {@code PageStore}
 * holds the bytes, {@code BlockShelf} decides who stays, {@code BlockReader} and {@code
 * BlockWriter} carry bytes out and in, {@code Warmer} keeps room. Nothing here has a thread: {@link
 * #maintain} and {@link #scrub} are steps for threads of the caller's.
 *
 * <p>Any thread may call anything at any time; the locking stands in the classes named. The owner
 * closes the tier after the last call: one that is still under way then throws {@link
 * IllegalStateException}, its memory being gone.
 */
public final class RamTier implements Tier {
  /** {@link #read} cannot answer. */
  public static final int MISS = -1;

  /** Flag of {@link #insert}: a prefetch brings the block. */
  public static final int PREFETCHED = EntryTable.PREFETCHED;

  /**
   * Flag of {@link #insert}: the block is never handed down, and goes as soon as bytes of its
   * generation come that are not transient.
   */
  public static final int TRANSIENT = EntryTable.TRANSIENT;

  /** Flag of {@link #insert}: a lower tier has these granules. */
  public static final int SAVED = EntryTable.SAVED;

  private static final int ATTEMPTS_MAX = 8;

  private final BlockGeometry geometry;
  private final RamLayout layout;
  private final long capacityBytesMax;
  private final Arena arena = Arena.ofShared();
  private final Arena leaseArena = Arena.ofShared();
  final EntryTable table;
  final PageStore pages;
  private final BlockPlacement placement;
  private final UnsavedBlocks unsaved;
  private final BlockShelf shelf;
  private final BufferPool scratch;
  private final BufferPool leases;
  private final BlockReader reader;
  private final BlockWriter writer;
  private final Warmer warmer;
  private final RamScrub scrub;
  private final RamPins pins;
  private final Meters.Counter checksumFailures;
  private final Meters.Counter evictedUnsaved;
  private volatile long capacityBytes;
  private volatile boolean isClosed;

  /**
   * Makes an empty tier with memory reserved, none of it touched.
   *
   * @param fence asked before a block becomes visible
   * @param observer told what becomes of prefetched blocks
   * @param codecs what blocks may come encoded with; closed after the tier
   * @throws IllegalArgumentException if the budget holds no block or the policy or the codec of
   *     warm blocks is unknown
   */
  public RamTier(
      RamTierSpec spec, WriteFence fence, Observer observer, Meters meters, Codecs codecs) {
    geometry = spec.geometry();
    capacityBytesMax = spec.capacityBytes();
    capacityBytes = capacityBytesMax;
    layout = RamLayout.of(geometry, capacityBytesMax, spec.policy());
    checksumFailures = meters.counter("integrity.checksumFailures");
    evictedUnsaved = meters.counter("ram.evictedUnsaved");
    ReentrantLock lock = new ReentrantLock();
    table = new EntryTable(layout, lock, arena);
    int pageSize = geometry.granuleSize();
    var allowance = new PageAllowance(lock, table, layout.slotBytes(), pageSize);
    pages = new PageStore(layout.pageCount(), pageSize, allowance, lock, arena);
    placement = new BlockPlacement(geometry, table, pages);
    unsaved = new UnsavedBlocks(lock, table, layout.slotCount(), arena);
    PinnedPages pinned = new PinnedPages(table, placement, pages);
    var others = PolicyFactory.create(spec.policy(), layout.slotCount(), table);
    var policy = new PinnedSlots(layout.slotCount(), others, pinned);
    pins = new RamPins(lock, table, pinned, policy, pageSize);
    HitReplay hits = new HitReplay(lock, table, placement, policy, meters, arena);
    var parts =
        new BlockShelf.Parts(lock, table, pages, allowance, placement, policy, hits, unsaved);
    shelf = new BlockShelf(parts, fence, observer, meters);
    scratch = new BufferPool(layout.scratchCount(), 2L * geometry.blockSize(), arena);
    leases = new BufferPool(layout.leaseCount(), geometry.blockSize(), leaseArena);
    reader = new BlockReader(geometry, parts, shelf, scratch, codecs, observer, meters);
    writer = new BlockWriter(geometry, shelf, pages, codecs, meters);
    scrub = new RamScrub(table, pages, placement, reader, geometry.granuleSize());
    warmer = new Warmer(spec, shelf, hits, reader, writer, scratch, codecs, meters);
    shelf.setRoom(layout.roomBytes(capacityBytes));
  }

  /** Told what becomes of prefetched blocks, exactly one of both, or nothing if one is removed. */
  public interface Observer {
    /** A prefetched block is asked for. Called on the hit path: must not wait or allocate. */
    void firstUse(long fileId, long blockIndex);

    /** A prefetched block was evicted before anybody asked for it. Called without a lock. */
    void evictedUnused(long fileId, long blockIndex);

    /** Does nothing. */
    Observer NONE =
        new Observer() {
          @Override
          public void firstUse(long fileId, long blockIndex) {}

          @Override
          public void evictedUnused(long fileId, long blockIndex) {}
        };
  }

  @Override
  public String name() {
    return "ram";
  }

  /**
   * Reads from one block if all of the range is here and right. Never waits; takes no lock and, for
   * a plain block, allocates nothing.
   *
   * @param offsetInBlock first byte
   * @param length at least 1, not past the block's end
   * @param target native memory of the caller's; garbage where the answer is a miss
   * @return {@code length}, or {@link #MISS}
   */
  public int read(
      long fileId,
      long blockIndex,
      long fileGeneration,
      int offsetInBlock,
      int length,
      MemorySegment target,
      long targetOffset) {
    checkOpen();
    Objects.checkFromIndexSize(offsetInBlock, length, geometry.blockSize());
    return reader.read(
        fileId, blockIndex, fileGeneration, offsetInBlock, length, target, targetOffset);
  }

  /**
   * Stores raw bytes. As {@link #offer}, except that {@code meta.checksum()} is not looked at: the
   * bytes come straight from the backing.
   *
   * @param meta codec 0
   * @param raw the valid granules one after the other
   * @param flags any of {@link #PREFETCHED}, {@link #TRANSIENT}, {@link #SAVED}
   */
  public boolean insert(BlockMeta meta, MemorySegment raw, int flags) {
    checkOpen();
    if (meta.codecId() != NoneCodec.ID) {
      throw new IllegalArgumentException("insert of a block with codec " + meta.codecId());
    }
    return writer.store(meta, raw, flags);
  }

  @Override
  public boolean offer(BlockMeta meta, MemorySegment stored) {
    checkOpen();
    if (BlockChecksum.of(stored) != meta.checksum()) {
      checksumFailures.increment();
      return writer.decline();
    }
    return writer.store(meta, stored, 0);
  }

  @Override
  public Lookup lookup(long fileId, long blockIndex, long wantedGranules) {
    checkOpen();
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      Chosen chosen = reader.find(fileId, blockIndex);
      if (chosen == null) {
        return Lookup.MISS;
      }
      int buffer = leases.claim();
      if (buffer == BufferPool.NONE) {
        return Lookup.BUSY;
      }
      long flags = table.flags(chosen.slot());
      BlockMeta meta = reader.copyStored(chosen, leases.buffer(buffer));
      if (meta != null && meta.covers(wantedGranules)) {
        reader.noteHit(chosen.slot(), flags, fileId, blockIndex);
        return new Lookup.Hit(new RamLease(meta, leases, buffer));
      }
      leases.giveBack(buffer);
      if (meta != null) {
        return Lookup.MISS;
      }
    }
    return Lookup.BUSY;
  }

  @Override
  public long validGranules(long fileId, long blockIndex, long fileGeneration) {
    checkOpen();
    return reader.validGranules(fileId, blockIndex, fileGeneration);
  }

  /** Whether anything of a block is here; any thread, also after the end. */
  public boolean holds(long fileId, long blockIndex) {
    return !isClosed && reader.find(fileId, blockIndex) != null;
  }

  @Override
  public void remove(long fileId, long blockIndex) {
    removeGranules(fileId, blockIndex, geometry.fullMask());
  }

  /** As {@link #remove}, of some granules; others of the block may go with them. */
  public void removeGranules(long fileId, long blockIndex, long granules) {
    checkOpen();
    shelf.removeGranules(fileId, blockIndex, granules);
  }

  @Override
  public void removeFrom(long fileId, long firstBlockIndex) {
    checkOpen();
    shelf.removeFrom(fileId, firstBlockIndex);
  }

  /**
   * One bounded step of upkeep: tells the policy of hits, keeps some pages free, compresses and
   * expands.
   *
   * @return blocks moved or evicted; 0 if there is nothing to do now
   */
  public int maintain() {
    checkOpen();
    return warmer.step();
  }

  /**
   * Hands down the next block that no lower tier has, as it is stored, and takes it for saved from
   * then on: whether the lower tier wants it is not asked.
   *
   * @param target native memory of at least a block; the stored bytes come to its start
   * @return what they are; null if every block is saved or transient
   */
  public @Nullable BlockMeta takeUnsaved(MemorySegment target) {
    checkOpen();
    for (Chosen chosen = unsaved.take(); chosen != null; chosen = unsaved.take()) {
      BlockMeta meta = copyLatest(chosen, target);
      if (meta != null) {
        return meta;
      }
    }
    return null;
  }

  /**
   * Hands a block down once more ({@link #takeUnsaved}): the lower tier lost what it had of it.
   *
   * @return false if the block is not here, or transient
   */
  public boolean handDownAgain(long fileId, long blockIndex) {
    checkOpen();
    return unsaved.addAgain(fileId, blockIndex);
  }

  @Override
  public long scrub(long byteBudget, ScrubSink sink) {
    checkOpen();
    return scrub.step(byteBudget, sink);
  }

  @Override
  public long capacityBytes() {
    return capacityBytes;
  }

  @Override
  public long usedBytes() {
    return layout.fixedBytes()
        + (long) table.entryCount() * layout.slotBytes()
        + (long) pages.usedCount() * geometry.granuleSize();
  }

  @Override
  public long logicalBytes() {
    return placement.logicalBytes();
  }

  @Override
  public long blockCount() {
    return table.entryCount();
  }

  @Override
  public long evictionCount() {
    return shelf.evictionCount();
  }

  /** Number of blocks evicted that no lower tier was given. */
  public long evictedUnsavedCount() {
    return evictedUnsaved.value();
  }

  /** The budget at construction: all that was reserved. */
  public long capacityBytesMax() {
    return capacityBytesMax;
  }

  /**
   * The smallest budget above 0 that {@link #resize} takes: the index, with every slot that was
   * ever used, and room for a block.
   */
  public long capacityBytesMin() {
    return layout.capacityBytesMin(geometry, table.slotEnd());
  }

  /** Bytes of memory that the tier has now: in use, or free and not given back to the kernel. */
  public long residentBytes() {
    return layout.fixedBytes()
        + (long) table.slotEnd() * layout.slotBytes()
        + (long) (pages.usedCount() + pages.idleCount()) * geometry.granuleSize();
  }

  /**
   * Changes the budget; memory that a smaller one does not allow goes back to the kernel before
   * this returns. 0 switches the tier off: it misses and declines.
   *
   * @throws IllegalArgumentException above the budget at construction, whose memory is all that was
   *     reserved, or below {@link #capacityBytesMin}
   */
  @Override
  public synchronized void resize(long newCapacityBytes) {
    checkOpen();
    boolean tooSmall = newCapacityBytes != 0 && newCapacityBytes < capacityBytesMin();
    if (newCapacityBytes > capacityBytesMax || tooSmall) {
      throw new IllegalArgumentException(
          "capacity %d of the RAM tier is not within %d and %d"
              .formatted(newCapacityBytes, capacityBytesMin(), capacityBytesMax));
    }
    capacityBytes = newCapacityBytes;
    shelf.setRoom(layout.roomBytes(newCapacityBytes));
    pages.releaseAboveLimit();
  }

  @Override
  public void clear() {
    checkOpen();
    shelf.clear();
  }

  @Override
  public void forEachMeta(MetaSink sink) {
    checkOpen();
    for (int slot : shelf.slotsByValue()) {
      BlockMeta meta = reader.meta(new Chosen(slot, table.stamp(slot)));
      if (meta != null && !sink.accept(meta)) {
        return;
      }
    }
  }

  @Override
  public TierPins pins() {
    return pins;
  }

  /** The block indexes of what is here of a file, in no order. */
  public long[] blocksOf(long fileId) {
    checkOpen();
    return pins.blocksOf(fileId);
  }

  @Override
  public void flush() {
    checkOpen();
  }

  @Override
  public synchronized void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    // Checksums are taken behind the back of the arena too.
    scrub.stop();
    // Codecs use scratch memory behind the back of the arena, which would not wait for them.
    scratch.takeAll();
    arena.close();
    if (leases.takeAllIfFree()) {
      leaseArena.close();
    } // else its memory stays: a lease that was never closed must not become a crash
  }

  /** Whether policy, table and pages agree with each other; only while no call is under way. */
  boolean isConsistent() {
    return isClosed || shelf.isConsistent();
  }

  private @Nullable BlockMeta copyLatest(Chosen chosen, MemorySegment target) {
    Chosen latest = chosen;
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      BlockMeta meta = reader.copyStored(latest, target);
      if (meta != null) {
        return reader.verify(latest, meta, target) ? meta : null;
      }
      // Compressed or expanded meanwhile, it still is the block to hand down.
      latest = new Chosen(chosen.slot(), table.stamp(chosen.slot()));
    }
    return null;
  }

  private void checkOpen() {
    if (isClosed) {
      throw new TierClosedException(name());
    }
  }
}
