package io.emberfs.engine.ram;

import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.engine.codec.NoneCodec;

/**
 * Ties blocks to slots and pages: the only place that changes a record of the table. A plain block
 * has one page for each valid granule, under the granule's number; a compressed one has as many as
 * its stored bytes need, numbered from 0.
 *
 * <p>Every method is called under the tier's lock, except those that say otherwise.
 */
final class BlockPlacement {
  private final BlockGeometry geometry;
  private final EntryTable table;
  private final PageStore pages;
  private volatile long logicalBytes;

  BlockPlacement(BlockGeometry geometry, EntryTable table, PageStore pages) {
    this.geometry = geometry;
    this.table = table;
    this.pages = pages;
  }

  /** Raw bytes of all blocks. Any thread, without the lock. */
  long logicalBytes() {
    return logicalBytes;
  }

  /** Whether the stored bytes of a block are its raw bytes. */
  boolean isPlain(int slot) {
    return table.codecId(slot) == NoneCodec.ID;
  }

  /** Pages that a block needs for what it brings. Any thread. */
  int pageCount(BlockMeta meta, long granules) {
    return meta.codecId() == NoneCodec.ID
        ? Long.bitCount(granules)
        : Math.ceilDiv(meta.storedSize(), geometry.granuleSize());
  }

  /** Pages that a block holds. */
  int pageCountOf(int slot) {
    return isPlain(slot)
        ? Long.bitCount(table.validGranules(slot))
        : Math.ceilDiv(table.storedSize(slot), geometry.granuleSize());
  }

  /** Pages that all blocks hold together. */
  long pageCountOfAll() {
    long sum = 0;
    for (int slot = 0; slot < table.slotEnd(); slot++) {
      if (table.hasFlag(slot, EntryTable.LIVE)) {
        sum += pageCountOf(slot);
      }
    }
    return sum;
  }

  /** Takes pages that are available. */
  int[] takePages(int count) {
    int[] taken = new int[count];
    for (int i = 0; i < count; i++) {
      taken[i] = pages.take();
    }
    return taken;
  }

  void giveBack(int[] pageNumbers) {
    for (int i = pageNumbers.length - 1; i >= 0; i--) {
      pages.giveBack(pageNumbers[i]);
    }
  }

  /** Gives a block that is not there a slot, and lets readers find it. */
  int insert(Incoming incoming, int flags) {
    BlockMeta meta = incoming.meta();
    int slot = table.allocate();
    table.setKey(slot, meta.fileId(), meta.blockIndex(), meta.fileGeneration());
    table.setWriteSequence(slot, meta.writeSequence());
    setContent(slot, incoming);
    table.publish(slot, flags);
    addLogical(incoming.granules());
    return slot;
  }

  /** Adds those granules to a plain block that it has not; the pages of the others go back. */
  void unite(int slot, Incoming incoming) {
    long present = table.validGranules(slot);
    long granules = present | incoming.granules();
    table.beginChange(slot);
    int next = 0;
    for (long rest = incoming.granules(); rest != 0; rest &= rest - 1) {
      int granule = Long.numberOfTrailingZeros(rest);
      int page = incoming.pages()[next++];
      if ((present & 1L << granule) == 0) {
        table.setPage(slot, granule, page);
      } else {
        pages.giveBack(page);
      }
    }
    table.setContent(slot, NoneCodec.ID, geometry.rawSize(granules), 0, granules);
    takeEarlierSequence(slot, incoming.meta());
    table.endChange(slot);
    addLogical(granules & ~present);
  }

  /** Puts other content, which covers what is there, in its place. */
  void replace(int slot, Incoming incoming) {
    long present = table.validGranules(slot);
    table.beginChange(slot);
    giveBackPages(slot);
    setContent(slot, incoming);
    takeEarlierSequence(slot, incoming.meta());
    table.endChange(slot);
    addLogical(incoming.granules() & ~present);
  }

  /** Takes granules out of a plain block of which some remain. */
  void shrink(int slot, long remaining) {
    long leaving = table.validGranules(slot) & ~remaining;
    table.beginChange(slot);
    for (long rest = leaving; rest != 0; rest &= rest - 1) {
      pages.giveBack(table.page(slot, Long.numberOfTrailingZeros(rest)));
    }
    table.setContent(slot, NoneCodec.ID, geometry.rawSize(remaining), 0, remaining);
    table.endChange(slot);
    removeLogical(leaving);
  }

  /**
   * Drops a block, which the policy does not know any more.
   *
   * @return the flags that it had
   */
  long drop(int slot) {
    table.beginChange(slot);
    giveBackPages(slot);
    removeLogical(table.validGranules(slot));
    return table.free(slot);
  }

  private void setContent(int slot, Incoming incoming) {
    BlockMeta meta = incoming.meta();
    boolean isPlain = meta.codecId() == NoneCodec.ID;
    long granules = incoming.granules();
    int next = 0;
    for (int page : incoming.pages()) {
      int index = isPlain ? Long.numberOfTrailingZeros(granules) : next++;
      granules &= granules - 1;
      table.setPage(slot, index, page);
    }
    table.setContent(
        slot,
        meta.codecId(),
        isPlain ? geometry.rawSize(incoming.granules()) : meta.storedSize(),
        meta.checksum(),
        incoming.granules());
  }

  /** What is handed down later must not pass for younger than its oldest part. */
  private void takeEarlierSequence(int slot, BlockMeta meta) {
    table.setWriteSequence(slot, Math.min(table.writeSequence(slot), meta.writeSequence()));
  }

  /**
   * The last page first: the next block of this size then gets them in the order of this one, so
   * that what once lay in a row, and is copied in one go, goes on doing so.
   */
  private void giveBackPages(int slot) {
    if (isPlain(slot)) {
      for (long rest = table.validGranules(slot); rest != 0; rest ^= Long.highestOneBit(rest)) {
        pages.giveBack(table.page(slot, Long.SIZE - 1 - Long.numberOfLeadingZeros(rest)));
      }
      return;
    }
    int pageCount = Math.ceilDiv(table.storedSize(slot), geometry.granuleSize());
    for (int i = pageCount - 1; i >= 0; i--) {
      pages.giveBack(table.page(slot, i));
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the lock only
  private void addLogical(long granules) {
    logicalBytes += geometry.rawSize(granules);
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // written under the lock only
  private void removeLogical(long granules) {
    logicalBytes -= geometry.rawSize(granules);
  }
}
