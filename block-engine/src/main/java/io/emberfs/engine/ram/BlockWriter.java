package io.emberfs.engine.ram;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Meters;
import io.emberfs.engine.codec.BlockChecksum;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.NoneCodec;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * Brings bytes in: takes pages under the lock, fills them outside it, lets the shelf publish them
 * or not. Any thread.
 */
final class BlockWriter {
  private final BlockGeometry geometry;
  private final BlockShelf shelf;
  private final PageStore pages;
  private final Codecs codecs;
  private final Meters.Counter offers;
  private final Meters.Counter declined;

  BlockWriter(
      BlockGeometry geometry, BlockShelf shelf, PageStore pages, Codecs codecs, Meters meters) {
    this.geometry = geometry;
    this.shelf = shelf;
    this.pages = pages;
    this.codecs = codecs;
    offers = meters.counter("ram.offers");
    declined = meters.counter("ram.declined");
  }

  /** As {@link RamTier#insert} and {@link RamTier#offer}. */
  boolean store(BlockMeta meta, MemorySegment stored, int flags) {
    if (!isWellFormed(meta, stored) || !put(meta, stored, flags)) {
      return decline();
    }
    offers.increment();
    return true;
  }

  /** Counts an offer that is declined; always false. */
  boolean decline() {
    offers.increment();
    declined.increment();
    return false;
  }

  /**
   * Gives a block that is here another form.
   *
   * @param meta of the new form
   * @param pageNumbers taken for it; given back if the block is not the one that was chosen any
   *     more
   */
  boolean reshape(Chosen chosen, BlockMeta meta, MemorySegment stored, int[] pageNumbers) {
    Incoming form = new Incoming(meta, meta.validGranules(), pageNumbers);
    fill(form, stored);
    return shelf.replaceIfUnchanged(chosen, form);
  }

  private boolean put(BlockMeta meta, MemorySegment stored, int flags) {
    Incoming incoming = shelf.reserve(meta, flags);
    if (incoming == null) {
      return false;
    }
    if (incoming.isThereAlready()) {
      return true;
    }
    boolean isFilled = false;
    try {
      fill(incoming, stored);
      isFilled = true;
    } finally {
      if (!isFilled) {
        shelf.abandon(incoming.pages()); // the caller's memory was not what it said
      }
    }
    return shelf.publish(incoming, flags);
  }

  private boolean isWellFormed(BlockMeta meta, MemorySegment stored) {
    return meta.validGranules() != 0
        && (meta.validGranules() & ~geometry.fullMask()) == 0
        && meta.rawSize() == geometry.rawSize(meta.validGranules())
        && meta.storedSize() == stored.byteSize()
        && meta.storedSize() > 0
        && meta.storedSize() <= geometry.blockSize()
        && (meta.codecId() == NoneCodec.ID
            ? meta.storedSize() == meta.rawSize()
            : codecs.find(meta.codecId()) != null);
  }

  private void fill(Incoming incoming, MemorySegment stored) {
    // A reader that copies from these pages for their last owner must not see new bytes before the
    // stamp that was made odd when that owner lost them.
    VarHandle.releaseFence();
    if (incoming.meta().codecId() == NoneCodec.ID) {
      fillPlain(incoming, stored);
    } else {
      fillCompressed(incoming, stored);
    }
  }

  private void fillPlain(Incoming incoming, MemorySegment stored) {
    int granuleSize = geometry.granuleSize();
    ByteBuffer view = stored.asByteBuffer();
    int next = 0;
    int position = 0;
    for (long rest = incoming.meta().validGranules(); rest != 0; rest &= rest - 1) {
      if ((incoming.granules() & Long.lowestOneBit(rest)) != 0) {
        int page = incoming.pages()[next++];
        pages.fill(page, stored, position, granuleSize);
        view.limit(position + granuleSize).position(position);
        pages.setChecksum(page, BlockChecksum.of(view));
      }
      position += granuleSize;
    }
  }

  private void fillCompressed(Incoming incoming, MemorySegment stored) {
    int granuleSize = geometry.granuleSize();
    long position = 0;
    for (int page : incoming.pages()) {
      pages.fill(page, stored, position, Math.min(granuleSize, stored.byteSize() - position));
      position += granuleSize;
    }
  }
}
