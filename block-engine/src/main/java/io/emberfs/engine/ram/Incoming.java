package io.emberfs.engine.ram;

import io.emberfs.core.BlockMeta;

/**
 * A block on its way into the tier, with the pages that wait for its bytes.
 *
 * @param meta as offered
 * @param granules what is brought: of a plain block the granules that were missing, of a compressed
 *     one all of them; 0 if the block is there already
 * @param pages of a plain block one for each granule brought, ascending; else as many as the stored
 *     bytes need
 */
record Incoming(BlockMeta meta, long granules, int[] pages) {
  boolean isThereAlready() {
    return granules == 0;
  }
}
