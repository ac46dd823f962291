package io.emberfs.persistence.ssd;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockLease;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Lookup;
import io.emberfs.core.Meters;
import io.emberfs.core.Tier;
import io.emberfs.core.TierClosedException;
import io.emberfs.core.TierPins;
import io.emberfs.persistence.ssd.IndexedBlocks.Outcome;
import io.emberfs.persistence.ssd.IndexedBlocks.Verdict;
import io.emberfs.persistence.ssd.RocksStore.Reading;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.RocksDBException;

/**
 * The SSD tier: budget, eviction and leases over {@link IndexedBlocks}.
 *
 * <p>A hit is copied from the database into a buffer of a fixed pool, verified, and lent until its
 * lease is closed; no buffer, no answer: busy. Who leaves is up to {@link SsdIndex}.
 *
 * <p><b>Failure.</b> When the database fails, or too many blocks come back damaged, lookups miss
 * and offers are declined; it shows no blocks. Removals go on, in the index and as far as possible
 * on the device ({@link DeviceHealth}), until {@link SsdHealing} takes it back.
 *
 * <p><b>Disk space.</b> Live blocks stay within the budget. Dead values are collected in {@link
 * #flush}, which the engine calls again and again; while the files are above {@link
 * SsdSpec#diskBytesMax}, or the file system has less left than others are to have, offers are
 * declined ({@link DiskRoom}).
 */
final class SsdTier implements Tier {
  private static final String NAME = "ssd";
  private static final int EVICTIONS_PER_OFFER_MAX = 64;

  private final SsdIndex index;
  private final IndexedBlocks indexed;
  private final RocksStore store;
  private final BlockGeometry geometry;
  private final BufferPool lookupBuffers;
  private final BufferPool offerBuffers;
  private final DamageWatch damage;
  private final SsdScrub scrub;
  private final DiskRoom room;
  private final WriteBudget written;
  private final SsdPins pins;
  private final Meters.Counter offers;
  private final Meters.Counter declined;
  private final Meters.Counter bytesWritten;
  private final Meters.Counter lookupErrors;
  private final Meters.Counter leaseErrors;
  private final AtomicLong evictions = new AtomicLong();
  private volatile long capacityBytes;
  private volatile boolean overDiskLimit;
  private volatile boolean closed;

  SsdTier(
      SsdSpec spec,
      RocksStore store,
      SsdIndex index,
      IndexedBlocks indexed,
      BufferPool lookupBuffers,
      BufferPool offerBuffers,
      DamageWatch damage,
      SsdScrub scrub,
      DiskRoom room,
      WriteBudget written,
      Meters meters) {
    this.index = index;
    this.indexed = indexed;
    this.store = store;
    this.geometry = spec.geometry();
    this.lookupBuffers = lookupBuffers;
    this.offerBuffers = offerBuffers;
    this.damage = damage;
    this.scrub = scrub;
    this.room = room;
    this.written = written;
    this.capacityBytes = spec.capacityBytes();
    pins = new SsdPins(index, spec);
    offers = meters.counter("ssd.offers");
    declined = meters.counter("ssd.declined");
    bytesWritten = meters.counter("ssd.bytesWritten");
    lookupErrors = meters.counter("ssd.lookupErrors");
    leaseErrors = meters.counter("ssd.leaseErrors");
    meters.gauge("tiers.ssd.quarantined", () -> store.health().hasFailed() ? 1 : 0);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Lookup lookup(long fileId, long blockIndex, long wantedGranules) {
    enter();
    try {
      BlockMeta expected =
          store.health().hasFailed() ? null : indexed.use(fileId, blockIndex, wantedGranules);
      if (expected == null) {
        return Lookup.MISS;
      }
      BufferPool.Buffer buffer = lookupBuffers.take();
      if (buffer == null) {
        return Lookup.BUSY;
      }
      Lookup answer = Lookup.MISS;
      try {
        answer =
            answer(
                indexed.read(expected, wantedGranules, buffer, Reading.LOOKUP), expected, buffer);
      } catch (RocksDBException failure) {
        lookupErrors.increment();
        damage.unreadable(expected, failure);
      } finally {
        if (!(answer instanceof Lookup.Hit)) {
          lookupBuffers.giveBack(buffer);
        }
      }
      return answer;
    } finally {
      store.leave();
    }
  }

  private Lookup answer(Outcome outcome, BlockMeta expected, BufferPool.Buffer buffer) {
    BlockMeta meta = outcome.meta();
    if (meta != null) {
      return new Lookup.Hit(new Lease(meta, buffer));
    }
    return switch (outcome.kind()) {
      case DAMAGED -> {
        damage.damaged();
        yield new Lookup.Corrupt(expected.fileId(), expected.blockIndex());
      }
      case BUSY -> Lookup.BUSY;
      case ABSENT, RIGHT -> Lookup.MISS;
    };
  }

  @Override
  public long validGranules(long fileId, long blockIndex, long fileGeneration) {
    enter();
    try {
      BlockMeta meta = store.health().hasFailed() ? null : indexed.find(fileId, blockIndex);
      if (meta == null || meta.fileGeneration() == fileGeneration) {
        return meta == null ? 0 : meta.validGranules();
      }
      if (meta.fileGeneration() < fileGeneration) {
        indexed.expire(fileId, blockIndex);
      }
      return 0;
    } finally {
      store.leave();
    }
  }

  @Override
  public boolean offer(BlockMeta meta, MemorySegment stored) {
    requireConsistent(meta, stored);
    enter();
    boolean taken = false;
    try {
      offers.increment();
      taken = !store.health().hasFailed() && !overDiskLimit && take(meta, stored);
    } catch (RocksDBException failure) {
      store.health().fail("an offer", failure);
    } finally {
      store.leave();
    }
    if (!taken) {
      declined.increment();
    }
    return taken;
  }

  private boolean take(BlockMeta meta, MemorySegment stored) throws RocksDBException {
    // Asked before room is made: nobody is evicted for an offer that is declined.
    Verdict early = indexed.judge(meta);
    if (early != Verdict.STORE) {
      return early == Verdict.ALREADY_THERE;
    }
    if (!makeWriteRoom() || !reserve(meta.storedSize())) {
      return false;
    }
    BufferPool.Buffer buffer = offerBuffers.take();
    try {
      Verdict verdict = buffer == null ? Verdict.DECLINE : indexed.put(meta, stored, buffer);
      if (verdict == Verdict.STORE) {
        bytesWritten.add(meta.storedSize());
      }
      return verdict != Verdict.DECLINE;
    } finally {
      indexed.release(meta.storedSize());
      if (buffer != null) {
        offerBuffers.giveBack(buffer);
      }
    }
  }

  /**
   * Once for each write buffer also looks at the disk, so that it fills no further than the next
   * look.
   */
  private boolean makeWriteRoom() throws RocksDBException {
    if (!store.isFlushDue()) {
      return true;
    }
    overDiskLimit = isOverDiskLimit();
    return !overDiskLimit && store.makeWriteRoom();
  }

  private boolean isOverDiskLimit() throws RocksDBException {
    return room.isShort()
        || store.diskBytes() + RocksSettings.WAIT_BYTES > SsdSpec.diskBytesMax(capacityBytes);
  }

  private boolean reserve(int storedSize) throws RocksDBException {
    for (int evicted = 0; !indexed.reserve(storedSize, budgetBytes()); evicted++) {
      if (evicted == EVICTIONS_PER_OFFER_MAX || !evictOne()) {
        return false;
      }
    }
    return true;
  }

  private boolean evictOne() throws RocksDBException {
    boolean evicted = indexed.evictOne();
    if (evicted) {
      evictions.incrementAndGet();
    }
    return evicted;
  }

  @Override
  public void remove(long fileId, long blockIndex) {
    removing(() -> indexed.remove(fileId, blockIndex));
  }

  @Override
  public void removeFrom(long fileId, long firstBlockIndex) {
    removing(() -> indexed.removeFrom(fileId, firstBlockIndex));
  }

  @Override
  public void clear() {
    removing(indexed::clear);
  }

  private void removing(Removal removal) {
    enter();
    try {
      removal.run();
      store.relieve();
    } catch (RocksDBException failure) {
      store.health().failRemoval(failure);
    } finally {
      store.leave();
    }
  }

  @Override
  public long scrub(long byteBudget, ScrubSink sink) {
    enter();
    try {
      return store.health().hasFailed() ? 0 : scrub.step(byteBudget, sink);
    } finally {
      store.leave();
    }
  }

  @Override
  public long capacityBytes() {
    return budgetBytes();
  }

  @Override
  public long usedBytes() {
    return store.health().hasFailed() ? 0 : indexed.usedBytes();
  }

  @Override
  public long logicalBytes() {
    synchronized (index) {
      return store.health().hasFailed() ? 0 : index.logicalBytes();
    }
  }

  @Override
  public long blockCount() {
    synchronized (index) {
      return store.health().hasFailed() ? 0 : index.blockCount();
    }
  }

  @Override
  public long evictionCount() {
    return evictions.get();
  }

  @Override
  public void resize(long newCapacityBytes) {
    removing(() -> {
      capacityBytes = newCapacityBytes;
      pins.setCapacity(newCapacityBytes);
    });
    while (indexed.usedBytes() > newCapacityBytes && evicted()) {
      // Until it fits, or there is nothing more to evict.
    }
  }

  /** Evicts one block, from the index at least; false if there is none. */
  private boolean evicted() {
    enter();
    try {
      if (!evictOne()) {
        return false;
      }
      store.relieve();
    } catch (RocksDBException failure) {
      store.health().failRemoval(failure);
    } finally {
      store.leave();
    }
    return true;
  }

  @Override
  public TierPins pins() {
    return pins;
  }

  @Override
  public void setUpper(Presence upper) {
    synchronized (index) {
      index.setUpper(upper);
    }
  }

  @Override
  public void forEachMeta(MetaSink sink) {
    enter();
    try {
      int[] entries;
      synchronized (index) {
        entries = index.byValue();
      }
      for (int entry : entries) {
        BlockMeta meta = null;
        synchronized (index) {
          // An entry that was freed, or freed and taken again, shows what it holds now.
          if (entry < index.entryEnd() && index.isLive(entry)) {
            meta = index.meta(entry);
          }
        }
        if (meta != null && !sink.accept(meta)) {
          return;
        }
      }
    } finally {
      store.leave();
    }
  }

  @Override
  public void flush() {
    enter();
    try {
      if (!store.health().hasFailed()) {
        store.flush();
        keepWithinDisk();
        written.save();
      }
    } catch (RocksDBException failure) {
      store.health().fail("a flush", failure);
    } finally {
      store.leave();
    }
  }

  /**
   * Dead values are collected before they reach the limit; where that is not enough, an eighth of
   * the blocks goes.
   */
  private void keepWithinDisk() throws RocksDBException {
    if (store.diskBytes() > SsdSpec.diskBytesToCollect(budgetBytes())) {
      store.collectGarbage();
    }
    overDiskLimit = isOverDiskLimit();
    if (store.diskBytes() + RocksSettings.WAIT_BYTES > SsdSpec.diskBytesMax(capacityBytes)) {
      for (long left = blockCount() / 8 + 1; left > 0 && evictOne(); left--) {
        store.relieve();
      }
    }
  }

  /**
   * Looks what the file system has left, evicts what is above the budget that follows from it, and
   * collects it.
   */
  void keepRoom() {
    enter();
    try {
      if (store.health().hasFailed()) {
        return;
      }
      room.look(store.diskBytes(), capacityBytes);
      long budget = budgetBytes();
      boolean isShrinking = indexed.usedBytes() > budget;
      while (indexed.usedBytes() > budget && evictOne()) {
        store.relieve();
      }
      overDiskLimit = isOverDiskLimit();
      if (isShrinking) {
        store.flush();
        store.collectGarbage();
      }
    } catch (IOException | RocksDBException failure) {
      store.health().fail("a look at the disk", failure);
    } finally {
      store.leave();
    }
  }

  private long budgetBytes() {
    return room.budgetBytes(capacityBytes);
  }

  @Override
  public void close() {
    if (!closed && store.enter()) {
      closed = true;
      scrub.stop();
      store.leave();
    }
  }

  private void enter() {
    if (closed || !store.enter()) {
      throw new TierClosedException(NAME);
    }
  }

  private void requireConsistent(BlockMeta meta, MemorySegment stored) {
    if (meta.storedSize() != stored.byteSize()
        || meta.storedSize() < 1
        || meta.storedSize() > geometry.blockSize()
        || (meta.validGranules() & ~geometry.fullMask()) != 0
        || meta.rawSize() != geometry.rawSize(meta.validGranules())) {
      throw new IllegalArgumentException(
          "%d stored bytes offered as %s".formatted(stored.byteSize(), meta));
    }
  }

  /** A change of the database that takes blocks out. */
  @FunctionalInterface
  private interface Removal {
    void run() throws RocksDBException;
  }

  /** A pool's buffer with a verified block in it. */
  private final class Lease implements BlockLease {
    private final BlockMeta meta;
    private final BufferPool.Buffer buffer;
    private final MemorySegment stored;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    Lease(BlockMeta meta, BufferPool.Buffer buffer) {
      this.meta = meta;
      this.buffer = buffer;
      this.stored = buffer.stored(meta.storedSize()).asReadOnly();
    }

    @Override
    public BlockMeta meta() {
      return meta;
    }

    @Override
    public MemorySegment stored() {
      return stored;
    }

    @Override
    public void close() {
      if (isClosed.compareAndSet(false, true)) {
        lookupBuffers.giveBack(buffer);
      } else {
        leaseErrors.increment();
        assert false : "second close of the lease of " + meta;
      }
    }
  }
}
