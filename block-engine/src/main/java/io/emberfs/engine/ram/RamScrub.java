package io.emberfs.engine.ram;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.emberfs.core.Tier;
import io.emberfs.core.TierClosedException;
import io.emberfs.engine.codec.BlockChecksum;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;

/**
 * Verifies the blocks of the RAM tier where they lie, slot after slot: nothing is copied, no
 * working buffer is taken from readers, no hit is noted, and the tier's lock is taken for a damaged
 * block only. As a reader does, it believes what it found only if the block's stamp is the same
 * before and after.
 *
 * <p>All callers share one position: one of them has its turn, the others wait. {@code turn} is
 * taken before the tier's lock, never under it.
 */
final class RamScrub {
  private static final int ATTEMPTS_MAX = 8;

  private final EntryTable table;
  private final PageStore pages;
  private final BlockPlacement placement;
  private final BlockReader reader;
  private final int granuleSize;
  private final ReentrantLock turn = new ReentrantLock();

  @GuardedBy("turn")
  private int nextSlot;

  /** Set without the turn, so that whoever has it ends soon. */
  private volatile boolean isStopped;

  RamScrub(
      EntryTable table,
      PageStore pages,
      BlockPlacement placement,
      BlockReader reader,
      int granuleSize) {
    this.table = table;
    this.pages = pages;
    this.placement = placement;
    this.reader = reader;
    this.granuleSize = granuleSize;
  }

  /** {@link Tier#scrub}. The sink is called during the turn. */
  long step(long byteBudget, Tier.ScrubSink sink) {
    turn.lock();
    try {
      long blocks = 0;
      long bytes = 0;
      while ((bytes < byteBudget || blocks == 0) && hasNext()) {
        int storedSize = verify(nextSlot++, sink);
        blocks += storedSize > 0 ? 1 : 0;
        bytes += storedSize;
      }
      if (blocks == 0) {
        nextSlot = 0;
      }
      return blocks;
    } finally {
      turn.unlock();
    }
  }

  /** Ends the turn under way; who comes later finds the tier closed. The memory may go then. */
  void stop() {
    isStopped = true;
    turn.lock();
    turn.unlock();
  }

  @GuardedBy("turn")
  private boolean hasNext() {
    if (isStopped) {
      throw new TierClosedException("ram");
    }
    return nextSlot < table.slotEnd();
  }

  /**
   * @return stored bytes verified; 0 if the slot holds no block, or one that does not stand still
   */
  private int verify(int slot, Tier.ScrubSink sink) {
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      long stamp = table.stamp(slot);
      if (!EntryTable.isStable(stamp)) {
        if (!table.hasFlag(slot, EntryTable.LIVE)) {
          return 0;
        }
        Thread.onSpinWait();
        continue;
      }
      long fileId = table.fileId(slot);
      long blockIndex = table.blockIndex(slot);
      int storedSize = table.storedSize(slot);
      boolean isRight = placement.isPlain(slot) ? isPlainRight(slot) : isWholeRight(slot);
      if (!table.isUnchanged(slot, stamp)) {
        continue;
      }
      if (isRight) {
        return storedSize;
      }
      // A block that grew meanwhile still has the damaged page: the next attempt finds it.
      if (reader.dropDamaged(new Chosen(slot, stamp))) {
        sink.damaged(fileId, blockIndex);
        return storedSize;
      }
    }
    return 0;
  }

  private boolean isPlainRight(int slot) {
    for (long rest = table.validGranules(slot); rest != 0; rest &= rest - 1) {
      int page = table.page(slot, Long.numberOfTrailingZeros(rest));
      if (BlockChecksum.of(pages.view(page, granuleSize)) != pages.checksum(page)) {
        return false;
      }
    }
    return true;
  }

  private boolean isWholeRight(int slot) {
    CRC32C checksum = new CRC32C();
    int storedSize = table.storedSize(slot);
    for (int position = 0; position < storedSize; position += granuleSize) {
      int page = table.page(slot, position / granuleSize);
      ByteBuffer bytes = pages.view(page, Math.min(granuleSize, storedSize - position));
      checksum.update(bytes);
    }
    return (int) checksum.getValue() == table.checksum(slot);
  }
}
