package io.emberfs.engine.ram;

import io.emberfs.core.BlockMeta;
import io.emberfs.engine.codec.NoneCodec;

/**
 * How an offered block and the one that is there get on. Called under the tier's lock; changes
 * nothing.
 */
final class OfferRules {
  private final EntryTable table;
  private final BlockPlacement placement;

  OfferRules(EntryTable table, BlockPlacement placement) {
    this.table = table;
    this.placement = placement;
  }

  /** Whether the block that is there is of a later generation. */
  boolean isNewer(int slot, BlockMeta meta) {
    return table.fileGeneration(slot) > meta.fileGeneration();
  }

  /**
   * Whether a block goes once another comes that is not older: it is of an earlier generation, or
   * it is transient and the other is not. Transient bytes may be less sure than those that come, so
   * they are neither kept beside them nor taken for the same.
   */
  boolean isOutdatedBy(int slot, BlockMeta meta, int flags) {
    return table.fileGeneration(slot) != meta.fileGeneration()
        || (table.hasFlag(slot, EntryTable.TRANSIENT) && (flags & EntryTable.TRANSIENT) == 0);
  }

  /**
   * Whether granules of the same content can stand neither beside nor instead of what is there: one
   * of both is compressed and neither covers the other.
   */
  boolean isIncompatible(int slot, BlockMeta meta, long granules) {
    long present = table.validGranules(slot);
    boolean isCovered = (granules & ~present) == 0;
    boolean covers = (present & ~granules) == 0;
    return !isCovered && !covers && !canUnite(slot, meta);
  }

  /** The granules of an offer to bring in: 0 if all of the same content are there. */
  long granulesBrought(int slot, BlockMeta meta, int flags) {
    if (slot == EntryTable.NONE || isOutdatedBy(slot, meta, flags)) {
      return meta.validGranules();
    }
    long missing = meta.validGranules() & ~table.validGranules(slot);
    return missing == 0 || canUnite(slot, meta) ? missing : meta.validGranules();
  }

  /** Whether granules can be added one by one. */
  boolean canUnite(int slot, BlockMeta meta) {
    return placement.isPlain(slot) && meta.codecId() == NoneCodec.ID;
  }
}
