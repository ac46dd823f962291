package io.emberfs.engine.tiers;

import io.emberfs.core.AdmissionPolicy;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Clock;
import io.emberfs.core.Lookup;
import io.emberfs.core.Meters;
import io.emberfs.core.Tier;
import io.emberfs.core.WriteFence;
import io.emberfs.engine.codec.NoneCodec;
import io.emberfs.engine.file.FileState;
import io.emberfs.engine.file.FileTable;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The role that copies blocks from RAM to the first tier below it, soon after they came, so that a
 * killed mount is warm too.
 *
 * <p>What that tier does not admit gets a second chance: a block that is still in RAM some seconds
 * later is handed down then, and everything in RAM is when the engine closes.
 *
 * <p>One thread calls {@link #step}; {@link #offer} may be called by any. The fence's sequence is
 * noted before a block is taken from RAM: a write that comes between makes the tier decline.
 */
public final class HandDown {
  private static final int BLOCKS_PER_STEP = 64;
  private static final int RECALLS_PER_STEP = 1024;
  private static final long FLUSH_INTERVAL_NANOS = 2_000_000_000L;
  private static final int SCRATCH_BUFFERS = 4;

  /** With the flush that follows, what RAM holds for ten seconds survives a kill. */
  private static final long SECOND_CHANCE_NANOS = 5_000_000_000L;

  private static final int POSTPONED_MAX = 1 << 16;

  /** Blocks that are being rewritten change many times in this while and are handed down once. */
  private static final long REST_NANOS = 1_000_000_000L;

  /** For so long after RAM let go of a block that was not handed down there is no such rest. */
  private static final long HURRY_NANOS = 5_000_000_000L;

  private final TierChain chain;
  private final @Nullable Tier below;
  private final FileTable files;
  private final WriteFence fence;
  private final BlockGeometry geometry;
  private final BlockTransfer transfer;
  private final AdmissionPolicy admission;
  private final ScratchPool scratch;
  private final Clock clock;
  private final Meters.Counter handedDown;
  private final Meters.Counter declined;
  private final Meters.Counter postponements;

  // Touched by the role's thread alone, as the fields below.
  private final PostponedBlocks postponed = new PostponedBlocks(POSTPONED_MAX);
  private boolean isLastChance;
  private long restedSinceNanos;
  private long hurryUntilNanos;
  private long evictedUnsavedSeen;

  private long firstUnflushedNanos;
  private boolean unflushed;

  /** When a flush last did not make a tier take a block; touched by the role's thread alone. */
  private long flushedInVainNanos;

  /**
   * @param scratch buffers of four blocks each
   */
  public HandDown(
      TierChain chain,
      FileTable files,
      WriteFence fence,
      BlockGeometry geometry,
      BlockTransfer transfer,
      AdmissionPolicy admission,
      ScratchPool scratch,
      Clock clock,
      Meters meters) {
    this.chain = chain;
    this.below = chain.lower().isEmpty() ? null : chain.lower().getFirst();
    this.files = files;
    this.fence = fence;
    this.geometry = geometry;
    this.transfer = transfer;
    this.admission = admission;
    this.scratch = scratch;
    this.clock = clock;
    long now = clock.nanoTime();
    flushedInVainNanos = now - FLUSH_INTERVAL_NANOS;
    restedSinceNanos = now - REST_NANOS;
    hurryUntilNanos = now;
    handedDown = meters.counter("handDown.blocks");
    declined = meters.counter("handDown.declined");
    postponements = meters.counter("handDown.postponed");
  }

  /** Scratch memory that {@link HandDown} needs, for the pool given to it. */
  public static ScratchPool scratchFor(BlockGeometry geometry) {
    return new ScratchPool(SCRATCH_BUFFERS, 4L * geometry.blockSize());
  }

  /**
   * As {@link #step}, with a rest after the last block, unless RAM has shown that it does not keep
   * what comes for so long.
   */
  public int stepIfDue() {
    long now = clock.nanoTime();
    long evictedUnsaved = chain.ram().evictedUnsavedCount();
    if (evictedUnsaved != evictedUnsavedSeen) {
      evictedUnsavedSeen = evictedUnsaved;
      hurryUntilNanos = now + HURRY_NANOS;
    }
    if (now - restedSinceNanos < REST_NANOS && now - hurryUntilNanos >= 0) {
      return 0;
    }
    int count = step();
    if (count == 0) {
      restedSinceNanos = now;
    }
    return count;
  }

  /**
   * Copies some blocks down and makes them survive a kill from time to time; returns how many were
   * looked at, 0 if there is nothing to do now.
   */
  public int step() {
    Tier tier = below;
    if (tier == null) {
      return 0;
    }
    int count = recallDue();
    MemorySegment buffer = scratch.take();
    try {
      MemorySegment stored = buffer.asSlice(0, geometry.blockSize());
      for (int taken = 0; taken < BLOCKS_PER_STEP; taken++) {
        long sequence = fence.sequence();
        BlockMeta meta = chain.ram().takeUnsaved(stored);
        if (meta == null) {
          break;
        }
        handDown(tier, withSequence(meta, sequence), buffer);
        count++;
      }
    } finally {
      scratch.give(buffer);
    }
    files.persistRecords();
    flushIfDue(tier);
    return count;
  }

  /** Copies everything down that is not there yet, and flushes. */
  public void drain() {
    Tier tier = below;
    if (tier == null) {
      return;
    }
    isLastChance = true;
    while (step() > 0) {
      // Until RAM has nothing that the tier below lacks.
    }
    tier.flush();
    unflushed = false;
  }

  /** Offers a block that RAM has no room for. {@code raw} stays the caller's. */
  public void offer(BlockMeta plain, MemorySegment raw) {
    Tier tier = below;
    if (tier == null) {
      return;
    }
    MemorySegment buffer = scratch.take();
    try {
      if (isOutdated(plain) || !isWanted(tier, plain) || !isRecorded(plain)) {
        declined.increment();
        return;
      }
      MemorySegment.copy(raw, 0, buffer, 0, plain.rawSize());
      Encoded block = encode(tier, plain, buffer);
      count(tier.offer(block.meta(), block.stored()));
    } finally {
      scratch.give(buffer);
    }
  }

  private void handDown(Tier tier, BlockMeta meta, MemorySegment buffer) {
    if (isOutdated(meta)) {
      return;
    }
    if (!isRecorded(meta)) {
      if (!postponed.isFull()) {
        postponed.add(meta.fileId(), meta.blockIndex(), clock.nanoTime() + SECOND_CHANCE_NANOS);
      }
      return;
    }
    // Where no more can be postponed the device is not spared, but nothing is forgotten.
    if (isLastChance || isWanted(tier, meta) || postponed.isFull()) {
      count(offerPatiently(tier, encode(tier, meta, buffer)));
    } else {
      postponed.add(meta.fileId(), meta.blockIndex(), clock.nanoTime() + SECOND_CHANCE_NANOS);
      postponements.increment();
    }
  }

  /** Whether the tier has some of the block already, is asked to keep it, or admits it. */
  private boolean isWanted(Tier tier, BlockMeta meta) {
    return tier.pins().contains(meta.fileId())
        || tier.validGranules(meta.fileId(), meta.blockIndex(), meta.fileGeneration()) != 0
        || admission.admit(meta, tier);
  }

  private boolean isOutdated(BlockMeta meta) {
    FileState state = files.inMemory(meta.fileId());
    return state != null && state.fileGeneration() != meta.fileGeneration();
  }

  /** Whether the persisted record of the block's file is that of its content. */
  private boolean isRecorded(BlockMeta meta) {
    FileState state = files.inMemory(meta.fileId());
    return state == null || files.persistRecord(state);
  }

  /**
   * Some of those whose second chance has come stand among the unsaved again, if they are in RAM.
   *
   * @return how many were looked at
   */
  private int recallDue() {
    long now = clock.nanoTime();
    int count = 0;
    while (count < RECALLS_PER_STEP
        && (postponed.isDue(now) || isLastChance && !postponed.isEmpty())) {
      boolean _ = chain.ram().handDownAgain(postponed.firstFileId(), postponed.firstBlockIndex());
      postponed.removeFirst();
      count++;
    }
    return count;
  }

  /**
   * Offers a block whose note in RAM is already taken off, so that nobody would offer it again. A
   * tier whose write buffers are full has room after a flush, and this role can wait for one; where
   * that did not help, none is tried for a while.
   */
  private boolean offerPatiently(Tier tier, Encoded block) {
    BlockMeta meta = block.meta();
    if (tier.offer(meta, block.stored())) {
      return true;
    }
    boolean isOutdated = !fence.isCurrent(meta.fileId(), meta.blockIndex(), meta.writeSequence());
    if (isOutdated || clock.nanoTime() - flushedInVainNanos < FLUSH_INTERVAL_NANOS) {
      return false;
    }
    tier.flush();
    if (tier.offer(meta, block.stored())) {
      return true;
    }
    flushedInVainNanos = clock.nanoTime();
    return false;
  }

  private void count(boolean taken) {
    if (taken) {
      handedDown.increment();
      noteUnflushed();
    } else {
      declined.increment();
    }
  }

  /**
   * Makes of a block what the tier is to store. The block stands in the buffer's first quarter; the
   * other three are for expanding, uniting and encoding.
   */
  private Encoded encode(Tier tier, BlockMeta meta, MemorySegment buffer) {
    BlockMeta offered = meta;
    MemorySegment stored = quarter(buffer, 0).asSlice(0, meta.storedSize());
    long present = tier.validGranules(meta.fileId(), meta.blockIndex(), meta.fileGeneration());
    if ((present & ~meta.validGranules()) != 0) {
      BlockMeta united = uniteWithPresent(tier, meta, buffer);
      if (united != null) {
        offered = united;
        stored = quarter(buffer, 0).asSlice(0, united.storedSize());
      }
    }
    if (offered.codecId() == NoneCodec.ID) {
      BlockMeta encoded = transfer.encode(offered, stored, quarter(buffer, 3));
      if (encoded.codecId() != NoneCodec.ID) {
        offered = encoded;
        stored = quarter(buffer, 3).asSlice(0, encoded.storedSize());
      }
    }
    return new Encoded(offered, stored);
  }

  /**
   * Adds the granules that the tier has and this block lacks; the result is plain, in the first
   * quarter. Null if it cannot.
   */
  private @Nullable BlockMeta uniteWithPresent(Tier tier, BlockMeta meta, MemorySegment buffer) {
    if (!(tier.lookup(meta.fileId(), meta.blockIndex(), 0) instanceof Lookup.Hit(var lease))) {
      return null;
    }
    BlockMeta other;
    try (lease) {
      other = lease.meta();
      if (other.fileGeneration() != meta.fileGeneration()
          || !transfer.expand(other, lease.stored(), quarter(buffer, 1))) {
        return null;
      }
    }
    MemorySegment stored = quarter(buffer, 0).asSlice(0, meta.storedSize());
    if (!transfer.expand(meta, stored, quarter(buffer, 2))) {
      return null;
    }
    long granules = meta.validGranules() | other.validGranules();
    MemorySegment raw = quarter(buffer, 0).asSlice(0, geometry.rawSize(granules));
    transfer.unite(
        meta.validGranules(), quarter(buffer, 2), other.validGranules(), quarter(buffer, 1), raw);
    return transfer.plain(
        meta.fileId(),
        meta.blockIndex(),
        meta.fileGeneration(),
        granules,
        meta.writeSequence(),
        raw);
  }

  private MemorySegment quarter(MemorySegment buffer, int index) {
    return buffer.asSlice((long) index * geometry.blockSize(), geometry.blockSize());
  }

  private synchronized void noteUnflushed() {
    if (!unflushed) {
      unflushed = true;
      firstUnflushedNanos = clock.nanoTime();
    }
  }

  private void flushIfDue(Tier tier) {
    synchronized (this) {
      if (!unflushed || clock.nanoTime() - firstUnflushedNanos < FLUSH_INTERVAL_NANOS) {
        return;
      }
      unflushed = false;
    }
    tier.flush();
  }

  private static BlockMeta withSequence(BlockMeta meta, long sequence) {
    return new BlockMeta(
        meta.fileId(),
        meta.blockIndex(),
        meta.fileGeneration(),
        meta.codecId(),
        meta.rawSize(),
        meta.storedSize(),
        meta.checksum(),
        meta.validGranules(),
        sequence);
  }

  /**
   * A block as it is offered.
   *
   * @param stored in a scratch buffer
   */
  private record Encoded(BlockMeta meta, MemorySegment stored) {}
}
