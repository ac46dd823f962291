package io.emberfs.engine.tiers;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Codec;
import io.emberfs.engine.codec.BlockChecksum;
import io.emberfs.engine.codec.BlockEncoder;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.NoneCodec;
import java.lang.foreign.MemorySegment;

/**
 * Turns blocks from stored to raw bytes and back, and moves granules between raw bytes and readers.
 * Any thread; all memory is the caller's.
 */
public final class BlockTransfer {
  private final BlockGeometry geometry;
  private final Codecs codecs;
  private final BlockEncoder encoder;

  /**
   * @param codecs what blocks may come encoded with
   * @param encoder what blocks are offered downwards with
   */
  public BlockTransfer(BlockGeometry geometry, Codecs codecs, BlockEncoder encoder) {
    this.geometry = geometry;
    this.codecs = codecs;
    this.encoder = encoder;
  }

  /**
   * Verifies stored bytes and expands them.
   *
   * @param raw at least a block long; gets {@code meta.rawSize()} bytes
   * @return false if meta and bytes do not fit together: they are damaged
   */
  public boolean expand(BlockMeta meta, MemorySegment stored, MemorySegment raw) {
    if (meta.rawSize() != geometry.rawSize(meta.validGranules())
        || (meta.validGranules() & ~geometry.fullMask()) != 0
        || meta.storedSize() != stored.byteSize()
        || BlockChecksum.of(stored) != meta.checksum()) {
      return false;
    }
    Codec codec = codecs.find(meta.codecId());
    return codec != null && codec.expand(stored, raw.asSlice(0, meta.rawSize()));
  }

  /**
   * Encodes a plain block for the next tier, if that makes it smaller by enough.
   *
   * @param plain codec "none"
   * @param raw its {@code rawSize} bytes
   * @param target at least a block long; gets the stored bytes if the result's codec is another
   * @return the meta of what is to be offered: the block as it is, or as it stands in {@code
   *     target}
   */
  public BlockMeta encode(BlockMeta plain, MemorySegment raw, MemorySegment target) {
    int storedSize = encoder.encode(plain.fileId(), raw, target, plain.rawSize());
    if (storedSize < 0) {
      return plain;
    }
    return new BlockMeta(
        plain.fileId(),
        plain.blockIndex(),
        plain.fileGeneration(),
        encoder.codecId(),
        plain.rawSize(),
        storedSize,
        BlockChecksum.of(target.asSlice(0, storedSize)),
        plain.validGranules(),
        plain.writeSequence());
  }

  /** The meta of raw bytes under a mask, with their checksum. */
  public BlockMeta plain(
      long fileId,
      long blockIndex,
      long fileGeneration,
      long granules,
      long writeSequence,
      MemorySegment raw) {
    return new BlockMeta(
        fileId,
        blockIndex,
        fileGeneration,
        NoneCodec.ID,
        (int) raw.byteSize(),
        (int) raw.byteSize(),
        BlockChecksum.of(raw),
        granules,
        writeSequence);
  }

  /**
   * Copies a range of a block out of its raw bytes. Every granule that the range touches is in
   * {@code granules}.
   *
   * @param granules the mask of {@code raw}
   */
  public void copyOut(
      long granules,
      MemorySegment raw,
      int offsetInBlock,
      int length,
      MemorySegment target,
      long targetOffset) {
    int granuleSize = geometry.granuleSize();
    int done = 0;
    while (done < length) {
      int at = offsetInBlock + done;
      int inGranule = at % granuleSize;
      int n = Math.min(length - done, granuleSize - inGranule);
      long source = rawOffset(granules, at / granuleSize) + inGranule;
      MemorySegment.copy(raw, source, target, targetOffset + done, n);
      done += n;
    }
  }

  /**
   * Puts the granules of two versions of a block together; where both have one, the first wins.
   *
   * @param target at least a block long; gets the raw bytes of {@code firstGranules |
   *     secondGranules}
   */
  public void unite(
      long firstGranules,
      MemorySegment firstRaw,
      long secondGranules,
      MemorySegment secondRaw,
      MemorySegment target) {
    int granuleSize = geometry.granuleSize();
    long at = 0;
    for (long left = firstGranules | secondGranules; left != 0; left &= left - 1) {
      int granule = Long.numberOfTrailingZeros(left);
      boolean fromFirst = (firstGranules & (1L << granule)) != 0;
      MemorySegment.copy(
          fromFirst ? firstRaw : secondRaw,
          rawOffset(fromFirst ? firstGranules : secondGranules, granule),
          target,
          at,
          granuleSize);
      at += granuleSize;
    }
  }

  private long rawOffset(long granules, int granule) {
    return (long) Long.bitCount(granules & ((1L << granule) - 1)) * geometry.granuleSize();
  }
}
