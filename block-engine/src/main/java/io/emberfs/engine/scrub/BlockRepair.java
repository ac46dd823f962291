package io.emberfs.engine.scrub;

import io.emberfs.core.BlockKey;
import io.emberfs.core.Tier;
import io.emberfs.engine.file.FileState;
import io.emberfs.engine.file.FileTable;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.engine.read.BlockLoads;
import org.jspecify.annotations.Nullable;

/**
 * Gives a tier back the block that it lost to damage, from the next source that has it: RAM from
 * below, what lies below from RAM, either from the backing while the file is open. Every way is one
 * that demand and prefetches take, with its checks of generation, version and fence. Where none is
 * open the block stays dropped, as after an eviction.
 */
final class BlockRepair {
  private final RamTier ram;
  private final FileTable files;
  private final BlockLoads loads;

  BlockRepair(RamTier ram, FileTable files, BlockLoads loads) {
    this.ram = ram;
    this.files = files;
    this.loads = loads;
  }

  /**
   * Repairs one block; may wait for the backing.
   *
   * @param tier dropped it
   * @return whether the block is in RAM, from where the tier below gets it within seconds
   */
  boolean repair(Tier tier, BlockKey key) {
    FileState file = files.inMemory(key.fileId());
    if (tier != ram && hasRight(file, key) && ram.handDownAgain(key.fileId(), key.blockIndex())) {
      return true;
    }
    if (file == null) {
      return false;
    }
    boolean isPromoted =
        tier == ram && loads.promote(key.fileId(), key.blockIndex(), file.fileGeneration(), 0, 0);
    return isPromoted || loads.reload(key.fileId(), key.blockIndex());
  }

  /** What is in RAM of a file that is not in use is compared with the backing before its use. */
  private boolean hasRight(@Nullable FileState file, BlockKey key) {
    return file == null
        || ram.validGranules(key.fileId(), key.blockIndex(), file.fileGeneration()) != 0;
  }
}
