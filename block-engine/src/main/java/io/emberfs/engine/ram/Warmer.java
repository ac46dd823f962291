package io.emberfs.engine.ram;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Meters;
import io.emberfs.engine.codec.BlockChecksum;
import io.emberfs.engine.codec.BlockEncoder;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.NoneCodec;
import java.lang.foreign.MemorySegment;

/**
 * Moves the border between hot and warm: keeps some pages free by evicting, lets used blocks stay
 * compressed instead where that pays, and makes compressed blocks plain again that are used. Works
 * on copies outside the lock; what changed meanwhile is left alone. Any thread.
 */
final class Warmer {
  private static final int EXPANSIONS_PER_STEP = 8;
  private static final int VICTIMS_PER_STEP = 32;

  private final BlockGeometry geometry;
  private final BlockShelf shelf;
  private final HitReplay hits;
  private final BlockReader reader;
  private final BlockWriter writer;
  private final BufferPool scratch;
  private final Codecs codecs;
  private final BlockEncoder encoder;
  private final Meters.Counter warmed;
  private final Meters.Counter expanded;

  Warmer(
      RamTierSpec spec,
      BlockShelf shelf,
      HitReplay hits,
      BlockReader reader,
      BlockWriter writer,
      BufferPool scratch,
      Codecs codecs,
      Meters meters) {
    geometry = spec.geometry();
    this.shelf = shelf;
    this.hits = hits;
    this.reader = reader;
    this.writer = writer;
    this.scratch = scratch;
    this.codecs = codecs;
    encoder = new BlockEncoder(spec.warm(), codecs, meters);
    warmed = meters.counter("ram.warmed");
    expanded = meters.counter("ram.expanded");
  }

  /** One bounded step; returns how many blocks it moved or evicted. */
  int step() {
    hits.drain();
    int number = scratch.claimSoon();
    if (number == BufferPool.NONE) {
      return 0;
    }
    try {
      MemorySegment buffer = scratch.buffer(number);
      return expandUsed(buffer) + makeRoom(buffer);
    } finally {
      scratch.giveBack(number);
    }
  }

  private int expandUsed(MemorySegment buffer) {
    int count = 0;
    while (count < EXPANSIONS_PER_STEP) {
      Chosen chosen = hits.nextExpansion();
      if (chosen == null || !expand(chosen, buffer)) {
        break; // without spare pages the next one would fare no better
      }
      count++;
    }
    return count;
  }

  private int makeRoom(MemorySegment buffer) {
    int count = 0;
    while (count < VICTIMS_PER_STEP && shelf.isRoomWanted()) {
      Chosen spared = shelf.evictOrSpare(!encoder.isOff());
      if (spared != null && !compress(spared, buffer)) {
        shelf.evictIfUnchanged(spared);
      }
      count++;
    }
    return count;
  }

  /** Compresses a block in place; false if it does not pay, or it is gone. */
  private boolean compress(Chosen chosen, MemorySegment buffer) {
    BlockMeta meta = reader.copyStored(chosen, buffer);
    if (meta == null || !reader.verify(chosen, meta, buffer)) {
      return false;
    }
    // In as many pages as it has now, a block would take time and save nothing.
    long usefulMax = (long) meta.rawSize() - geometry.granuleSize();
    MemorySegment room = buffer.asSlice(geometry.blockSize(), geometry.blockSize());
    int storedSize =
        usefulMax == 0
            ? -1
            : encoder.encode(meta.fileId(), buffer.asSlice(0, meta.rawSize()), room, usefulMax);
    if (storedSize < 0) {
      return false;
    }
    int pageCount = Math.ceilDiv(storedSize, geometry.granuleSize());
    int[] pageNumbers = shelf.takeFreePages(pageCount);
    if (pageNumbers == null) {
      return false;
    }
    MemorySegment stored = room.asSlice(0, storedSize);
    BlockMeta form = form(meta, encoder.codecId(), storedSize, BlockChecksum.of(stored));
    if (writer.reshape(chosen, form, stored, pageNumbers)) {
      warmed.increment();
    }
    return true;
  }

  /** Makes a compressed block plain in place; false if there are no pages to spare for it. */
  private boolean expand(Chosen chosen, MemorySegment buffer) {
    BlockMeta meta = reader.copyStored(chosen, buffer);
    if (meta == null || !reader.verify(chosen, meta, buffer)) {
      return true;
    }
    MemorySegment raw = buffer.asSlice(geometry.blockSize(), meta.rawSize());
    if (!codecs.get(meta.codecId()).expand(buffer.asSlice(0, meta.storedSize()), raw)) {
      boolean _ = reader.dropDamaged(chosen);
      return true;
    }
    int[] pageNumbers = shelf.takeSparePages(Long.bitCount(meta.validGranules()));
    if (pageNumbers == null) {
      return false;
    }
    if (writer.reshape(chosen, form(meta, NoneCodec.ID, meta.rawSize(), 0), raw, pageNumbers)) {
      expanded.increment();
    }
    return true;
  }

  private static BlockMeta form(BlockMeta meta, int codecId, int storedSize, int checksum) {
    return new BlockMeta(
        meta.fileId(),
        meta.blockIndex(),
        meta.fileGeneration(),
        codecId,
        meta.rawSize(),
        storedSize,
        checksum,
        meta.validGranules(),
        meta.writeSequence());
  }
}
