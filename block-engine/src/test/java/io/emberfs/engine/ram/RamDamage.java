package io.emberfs.engine.ram;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Memory that does not keep its bytes, for tests of other packages. */
public final class RamDamage {
  private RamDamage() {}

  /** Turns one bit of a block where it lies; fails if it is not here. */
  public static void flip(RamTier tier, long fileId, long blockIndex) {
    int slot = tier.table.find(fileId, blockIndex);
    long granules = tier.table.validGranules(slot);
    int page = tier.table.page(slot, Long.numberOfTrailingZeros(granules));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment one = arena.allocate(1);
      tier.pages.copyOut(page, 0, one, 0, 1);
      one.set(ValueLayout.JAVA_BYTE, 0, (byte) (one.get(ValueLayout.JAVA_BYTE, 0) ^ 1));
      tier.pages.fill(page, one, 0, 1);
    }
  }
}
