package io.emberfs.engine.ram;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Codec;
import io.emberfs.core.Meters;
import io.emberfs.engine.codec.BlockChecksum;
import io.emberfs.engine.codec.Codecs;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Reads blocks without a lock: notes a record's stamp, copies, and believes the copy if the stamp
 * is still the same. Pages may be filled anew while they are copied; then the stamp has changed,
 * and the copy is thrown away. Any thread.
 */
final class BlockReader {
  private static final int MISS = RamTier.MISS;

  /** The block changed while it was read. */
  private static final int CHANGED = -2;

  private static final int ATTEMPTS_MAX = 8;

  private final BlockGeometry geometry;
  private final int granuleSize;

  /** A division by a size that the compiler does not know would cost a hit several look-ups. */
  private final int granuleShift;

  private final EntryTable table;
  private final PageStore pages;
  private final BlockPlacement placement;
  private final HitReplay hits;
  private final BlockShelf shelf;
  private final BufferPool scratch;
  private final Codecs codecs;
  private final BlockChecksum pageChecksums;
  private final RamTier.Observer observer;
  private final Meters.Counter checksumFailures;

  BlockReader(
      BlockGeometry geometry,
      BlockShelf.Parts parts,
      BlockShelf shelf,
      BufferPool scratch,
      Codecs codecs,
      RamTier.Observer observer,
      Meters meters) {
    this.geometry = geometry;
    granuleSize = geometry.granuleSize();
    granuleShift = Integer.numberOfTrailingZeros(granuleSize);
    table = parts.table();
    pages = parts.pages();
    placement = parts.placement();
    hits = parts.hits();
    this.shelf = shelf;
    this.scratch = scratch;
    this.codecs = codecs;
    this.observer = observer;
    pageChecksums = new BlockChecksum(granuleSize);
    checksumFailures = meters.counter("integrity.checksumFailures");
  }

  /** As {@link RamTier#read}. */
  int read(
      long fileId,
      long blockIndex,
      long fileGeneration,
      int offsetInBlock,
      int length,
      MemorySegment target,
      long targetOffset) {
    long wanted = geometry.touchedMask(offsetInBlock, length);
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      int slot = table.find(fileId, blockIndex);
      if (slot == EntryTable.NONE) {
        return MISS;
      }
      long stamp = table.stamp(slot);
      if (!EntryTable.isStable(stamp) || !table.isOf(slot, fileId, blockIndex)) {
        Thread.onSpinWait();
        continue;
      }
      long flags = table.flags(slot);
      int outcome = MISS;
      if (table.fileGeneration(slot) == fileGeneration
          && (wanted & ~table.validGranules(slot)) == 0) {
        if (placement.isPlain(slot)) {
          copyPlain(slot, offsetInBlock, length, target, targetOffset);
          outcome = length;
        } else {
          outcome = expand(slot, stamp, offsetInBlock, length, target, targetOffset);
        }
      }
      if (outcome == CHANGED || !table.isUnchanged(slot, stamp)) {
        continue;
      }
      if (outcome != MISS) {
        noteHit(slot, flags, fileId, blockIndex);
      }
      return outcome;
    }
    return MISS;
  }

  /** The valid granules of a block of this generation, 0 if there is none. */
  long validGranules(long fileId, long blockIndex, long fileGeneration) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      int slot = table.find(fileId, blockIndex);
      if (slot == EntryTable.NONE) {
        return 0;
      }
      long stamp = table.stamp(slot);
      boolean isIt =
          table.isOf(slot, fileId, blockIndex) && table.fileGeneration(slot) == fileGeneration;
      long granules = isIt ? table.validGranules(slot) : 0;
      if (EntryTable.isStable(stamp) && table.isUnchanged(slot, stamp)) {
        return granules;
      }
      Thread.onSpinWait();
    }
    return 0;
  }

  /** The block of a key as it is now, to be read under its stamp; null if there is none. */
  @Nullable Chosen find(long fileId, long blockIndex) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      int slot = table.find(fileId, blockIndex);
      if (slot == EntryTable.NONE) {
        return null;
      }
      long stamp = table.stamp(slot);
      if (EntryTable.isStable(stamp)
          && table.isOf(slot, fileId, blockIndex)
          && table.isUnchanged(slot, stamp)) {
        return new Chosen(slot, stamp);
      }
      Thread.onSpinWait();
    }
    return null;
  }

  /** What is known of a block; null if it is not the one that was chosen any more. */
  @Nullable BlockMeta meta(Chosen chosen) {
    int slot = chosen.slot();
    if (!EntryTable.isStable(chosen.stamp())) {
      return null;
    }
    long fileId = table.fileId(slot);
    long blockIndex = table.blockIndex(slot);
    long fileGeneration = table.fileGeneration(slot);
    int codecId = table.codecId(slot);
    int storedSize = table.storedSize(slot);
    long granules = table.validGranules(slot);
    long writeSequence = table.writeSequence(slot);
    int checksum = placement.isPlain(slot) ? joinedChecksum(slot, granules) : table.checksum(slot);
    if (!table.isUnchanged(slot, chosen.stamp())) {
      return null;
    }
    return new BlockMeta(
        fileId,
        blockIndex,
        fileGeneration,
        codecId,
        geometry.rawSize(granules),
        storedSize,
        checksum,
        granules,
        writeSequence);
  }

  /**
   * Copies the stored bytes of a block to the start of {@code target}.
   *
   * @return what they are; null if it is not the one that was chosen any more
   */
  @Nullable BlockMeta copyStored(Chosen chosen, MemorySegment target) {
    BlockMeta meta = meta(chosen);
    if (meta == null) {
      return null;
    }
    gather(chosen.slot(), meta.validGranules(), meta.storedSize(), target);
    return table.isUnchanged(chosen.slot(), chosen.stamp()) ? meta : null;
  }

  /** Whether stored bytes are those that came in; if not, drops the block and counts it. */
  boolean verify(Chosen chosen, BlockMeta meta, MemorySegment stored) {
    if (BlockChecksum.of(stored.asSlice(0, meta.storedSize())) == meta.checksum()) {
      return true;
    }
    boolean _ = dropDamaged(chosen);
    return false;
  }

  /**
   * Drops and counts a block whose bytes proved wrong, if it is still the one that was chosen.
   *
   * @return whether it was
   */
  boolean dropDamaged(Chosen chosen) {
    boolean isDropped = shelf.removeIfUnchanged(chosen);
    if (isDropped) {
      checksumFailures.increment();
    }
    return isDropped;
  }

  /** Notes a hit of a block whose flags were read while the stamp proved it. */
  void noteHit(int slot, long flags, long fileId, long blockIndex) {
    if ((flags & EntryTable.PREFETCHED) != 0
        && table.clearFlagOf(slot, flags, EntryTable.PREFETCHED)) {
      observer.firstUse(fileId, blockIndex);
    }
    hits.record(slot);
  }

  private void copyPlain(
      int slot, int offsetInBlock, int length, MemorySegment target, long targetOffset) {
    int end = offsetInBlock + length;
    int position = offsetInBlock;
    while (position < end) {
      int granule = position >>> granuleShift;
      int page = table.page(slot, granule);
      int runEnd = (granule + 1) << granuleShift;
      for (int next = page + 1;
          runEnd < end && table.page(slot, runEnd >>> granuleShift) == next;
          next++) {
        runEnd += granuleSize;
      }
      int runLength = Math.min(runEnd, end) - position;
      int offsetInPage = position & (granuleSize - 1);
      pages.copyOut(page, offsetInPage, target, targetOffset + position - offsetInBlock, runLength);
      position += runLength;
    }
  }

  private int expand(
      int slot,
      long stamp,
      int offsetInBlock,
      int length,
      MemorySegment target,
      long targetOffset) {
    int number = scratch.claimSoon();
    if (number == BufferPool.NONE) {
      return MISS;
    }
    try {
      MemorySegment buffer = scratch.buffer(number);
      Chosen chosen = new Chosen(slot, stamp);
      BlockMeta meta = copyStored(chosen, buffer);
      if (meta == null) {
        return CHANGED;
      }
      MemorySegment stored = buffer.asSlice(0, meta.storedSize());
      boolean isWhole = offsetInBlock == 0 && length == meta.rawSize() && isRun(meta);
      MemorySegment raw =
          isWhole
              ? target.asSlice(targetOffset, length)
              : buffer.asSlice(geometry.blockSize(), meta.rawSize());
      if (!verify(chosen, meta, stored)) {
        return CHANGED;
      }
      Codec codec = codecs.get(meta.codecId());
      if (!codec.expand(stored, raw)) {
        boolean _ = dropDamaged(chosen);
        return CHANGED;
      }
      if (!isWhole) {
        copyGranules(meta, raw, offsetInBlock, length, target, targetOffset);
      }
      return length;
    } finally {
      scratch.giveBack(number);
    }
  }

  /** Whether the valid granules are the first ones, so that raw bytes lie as in the file. */
  private static boolean isRun(BlockMeta meta) {
    return (meta.validGranules() & (meta.validGranules() + 1)) == 0;
  }

  private void copyGranules(
      BlockMeta meta,
      MemorySegment raw,
      int offsetInBlock,
      int length,
      MemorySegment target,
      long targetOffset) {
    int end = offsetInBlock + length;
    int position = offsetInBlock;
    while (position < end) {
      int granule = position / granuleSize;
      int pieceEnd = Math.min((granule + 1) * granuleSize, end);
      long before = meta.validGranules() & ((1L << granule) - 1);
      long rawOffset = geometry.rawSize(before) + position % granuleSize;
      MemorySegment.copy(
          raw, rawOffset, target, targetOffset + position - offsetInBlock, pieceEnd - position);
      position = pieceEnd;
    }
  }

  private void gather(int slot, long granules, int storedSize, MemorySegment target) {
    if (placement.isPlain(slot)) {
      long position = 0;
      for (long rest = granules; rest != 0; rest &= rest - 1) {
        int page = table.page(slot, Long.numberOfTrailingZeros(rest));
        pages.copyOut(page, 0, target, position, granuleSize);
        position += granuleSize;
      }
      return;
    }
    for (int position = 0; position < storedSize; position += granuleSize) {
      int page = table.page(slot, position / granuleSize);
      int length = Math.min(granuleSize, storedSize - position);
      pages.copyOut(page, 0, target, position, length);
    }
  }

  private int joinedChecksum(int slot, long granules) {
    int checksum = 0;
    for (long rest = granules; rest != 0; rest &= rest - 1) {
      int page = table.page(slot, Long.numberOfTrailingZeros(rest));
      checksum = pageChecksums.join(checksum, pages.checksum(page));
    }
    return checksum;
  }
}
