package io.emberfs.engine.ram;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.random.RandomGenerator;

/** Shows the simulation what only the tier's own package sees. */
public final class RamTierProbe {
  private RamTierProbe() {}

  /** Whether policy, table and pages agree with each other; only while no call is under way. */
  public static boolean isConsistent(RamTier tier) {
    return tier.isConsistent();
  }

  /**
   * Turns one bit of the stored bytes of some block, where they lie.
   *
   * @return the block's index in its file; -1 if there is no block
   */
  public static long turnBit(RamTier tier, RandomGenerator random) {
    EntryTable table = tier.table;
    int slotEnd = table.slotEnd();
    int first = slotEnd == 0 ? 0 : random.nextInt(slotEnd);
    for (int i = 0; i < slotEnd; i++) {
      int slot = (first + i) % slotEnd;
      if (EntryTable.isStable(table.stamp(slot))) {
        turnBit(tier, slot, random);
        return table.blockIndex(slot);
      }
    }
    return -1;
  }

  private static void turnBit(RamTier tier, int slot, RandomGenerator random) {
    boolean isPlain = tier.table.codecId(slot) == 0;
    int index = isPlain ? Long.numberOfTrailingZeros(tier.table.validGranules(slot)) : 0;
    int page = tier.table.page(slot, index);
    int offset = random.nextInt(Math.min(tier.table.storedSize(slot), 4096));
    MemorySegment one = MemorySegment.ofArray(new byte[offset + 1]);
    tier.pages.copyOut(page, 0, one, 0, offset + 1L);
    byte before = one.get(ValueLayout.JAVA_BYTE, offset);
    one.set(ValueLayout.JAVA_BYTE, offset, (byte) (before ^ 1 << random.nextInt(Byte.SIZE)));
    tier.pages.fill(page, one, 0, offset + 1L);
  }
}
