package io.emberfs.simulation;

/** A safety that a run does without, so that we know that runs would find its absence. */
enum Plant {
  /** Everything is as it is in the mount. */
  NOTHING,
  /** The lower tier keeps a block that it was told to remove: stale after a write. */
  STALE_AFTER_WRITE,
  /** The lower tier keeps the blocks behind the new end of a file: stale after a truncation. */
  STALE_AFTER_TRUNCATE,
  /** The lower tier calls a block's granules by other numbers than they have. */
  WRONG_MASK,
  /**
   * The lower tier damages bytes and vouches for what came of it: as if nobody compared checksums.
   */
  NO_CHECKSUM,
  /** The backing shows the same times whatever happens to a file. */
  NO_VERSION,
  /** The lower tier asks no fence: a block may arrive there after it was overwritten. */
  LATE_DEMOTION,
  /** The clock says that no file is young. */
  NO_YOUTH,
  /** The backing syncs nothing, and says that it did. */
  NO_SYNC,
  /** A power cut looks as if nothing could have been lost. */
  NO_INCARNATION,
  /** After a kill the records are newer than the blocks: removals in between never happened. */
  PARTIAL_ROLLBACK,
  /** The fence forgets that a write ended: bytes read before it may reach RAM after it. */
  LATE_INSERT,
  /** The lower tier does not notice that a block is given back. */
  LOST_LEASE,
  /** Bits turn in RAM, and nobody looks. */
  NO_SCRUB
}
