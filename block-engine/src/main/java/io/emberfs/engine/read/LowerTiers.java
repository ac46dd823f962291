package io.emberfs.engine.read;

import io.emberfs.core.Access;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Lookup;
import io.emberfs.core.Meters;
import io.emberfs.core.Tier;
import io.emberfs.core.WriteFence;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.engine.tiers.BlockTransfer;
import io.emberfs.engine.tiers.ScratchPool;
import io.emberfs.engine.tiers.TierChain;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Looks for blocks in the tiers below RAM, nearest first. What they hold counts only if its
 * checksum and generation are right; it then moves up to RAM. The fence's sequence is noted before
 * each lookup. Any thread.
 */
final class LowerTiers {
  private final TierChain chain;
  private final RamTier ram;
  private final BlockTransfer transfer;
  private final WriteFence fence;
  private final ScratchPool scratch;
  private final Meters.Counter checksumFailures;
  private final Map<Tier, Below> below = new HashMap<>();

  LowerTiers(
      TierChain chain,
      BlockTransfer transfer,
      WriteFence fence,
      ScratchPool scratch,
      Meters meters) {
    this.chain = chain;
    this.ram = chain.ram();
    this.transfer = transfer;
    this.fence = fence;
    this.scratch = scratch;
    checksumFailures = meters.counter("integrity.checksumFailures");
    for (Tier tier : chain.lower()) {
      below.put(
          tier,
          new Below(
              meters.counter("reads.hitBlocks." + tier.name()),
              Access.Source.valueOf(tier.name().toUpperCase(Locale.ROOT))));
    }
  }

  /** Whether a tier has these granules, by its index alone. */
  boolean has(long fileId, long block, long fileGeneration, long granules) {
    for (Tier tier : chain.lower()) {
      if ((granules & ~tier.validGranules(fileId, block, fileGeneration)) == 0) {
        return true;
      }
    }
    return false;
  }

  /** Whether a tier has any granule of a block. */
  boolean hasPart(long fileId, long block, long fileGeneration) {
    for (Tier tier : chain.lower()) {
      if (tier.validGranules(fileId, block, fileGeneration) != 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Copies a piece of a block out of the first tier that has it, and keeps the block in RAM.
   *
   * @return false if no tier has these granules, right in every respect
   */
  boolean readInto(
      LoadRequest load,
      long block,
      long granules,
      int offsetInBlock,
      int length,
      MemorySegment target,
      long targetOffset) {
    if (!has(load.state.fileId(), block, load.fileGeneration, granules)) {
      return false;
    }
    MemorySegment buffer = scratch.take();
    try {
      for (Tier tier : chain.lower()) {
        long sequence = fence.sequence();
        BlockMeta meta =
            expandFrom(tier, load.state.fileId(), block, load.fileGeneration, granules, buffer);
        if (meta != null) {
          transfer.copyOut(
              meta.validGranules(), buffer, offsetInBlock, length, target, targetOffset);
          keepFromBelow(meta, sequence, buffer, 0);
          Below from = Objects.requireNonNull(below.get(tier));
          from.hitBlocks.increment();
          load.needed(from.source);
          return true;
        }
      }
      return false;
    } finally {
      scratch.give(buffer);
    }
  }

  /** Brings a block up to RAM from the first tier below that has these granules. */
  boolean promote(long fileId, long block, long fileGeneration, long granules, int ramFlags) {
    if (!has(fileId, block, fileGeneration, granules)) {
      return false;
    }
    MemorySegment buffer = scratch.take();
    try {
      for (Tier tier : chain.lower()) {
        long sequence = fence.sequence();
        BlockMeta meta = expandFrom(tier, fileId, block, fileGeneration, granules, buffer);
        if (meta != null) {
          return keepFromBelow(meta, sequence, buffer, ramFlags);
        }
      }
      return false;
    } finally {
      scratch.give(buffer);
    }
  }

  private boolean keepFromBelow(BlockMeta meta, long sequence, MemorySegment buffer, int ramFlags) {
    MemorySegment raw = buffer.asSlice(0, meta.rawSize());
    BlockMeta plain =
        transfer.plain(
            meta.fileId(),
            meta.blockIndex(),
            meta.fileGeneration(),
            meta.validGranules(),
            sequence,
            raw);
    return ram.insert(plain, raw, ramFlags | RamTier.SAVED);
  }

  /**
   * Looks into one tier and expands what it has into {@code raw}; null unless it is right in every
   * respect.
   */
  private @Nullable BlockMeta expandFrom(
      Tier tier, long fileId, long block, long fileGeneration, long granules, MemorySegment raw) {
    return switch (tier.lookup(fileId, block, granules)) {
      case Lookup.Hit(var lease) -> {
        try (lease) {
          BlockMeta meta = lease.meta();
          if (meta.fileGeneration() != fileGeneration) {
            yield null;
          }
          if (!transfer.expand(meta, lease.stored(), raw)) {
            checksumFailures.increment();
            tier.remove(fileId, block);
            yield null;
          }
          yield meta;
        }
      }
      // The tier counted the damage and dropped the block.
      case Lookup.Corrupt _, Lookup.Miss _, Lookup.Busy _ -> null;
    };
  }

  /** How hits of a tier below RAM are counted. */
  private record Below(Meters.Counter hitBlocks, Access.Source source) {}
}
