package io.emberfs.core;

/** The answer of a {@link Tier} below RAM to a lookup. */
public sealed interface Lookup {
  /**
   * The block is here and every wanted granule is valid in it.
   *
   * @param lease the caller's, to be closed exactly once; its bytes were not verified against their
   *     checksum yet
   */
  record Hit(BlockLease lease) implements Lookup {}

  /** The tier does not have the wanted granules. */
  record Miss() implements Lookup {}

  /** The tier may have them but cannot answer in time; ask the next source. */
  record Busy() implements Lookup {}

  /**
   * The tier had the block and found it damaged; it has dropped it.
   *
   * @param fileId file of the damaged block
   * @param blockIndex its position
   */
  record Corrupt(long fileId, long blockIndex) implements Lookup {}

  Lookup MISS = new Miss();
  Lookup BUSY = new Busy();
}
