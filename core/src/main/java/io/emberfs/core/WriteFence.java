package io.emberfs.core;

/**
 * Answers whether bytes that were read some time ago may still be stored: the guard against the
 * late insert.
 *
 * <p>A reader notes {@link #sequence()} before it reads. An own write reaches the backing, then
 * raises the sequence of its blocks, then drops them from every tier. A tier asks {@link
 * #isCurrent} while it holds the lock that also guards removal of that block: so either the raise
 * comes first and the stale bytes are refused, or the removal comes second and takes them out.
 */
public interface WriteFence {
  /** The present sequence; never falls. */
  long sequence();

  /**
   * Whether no own write to this block has ended since {@code sequence} was noted. May say no
   * without need (blocks share stripes), never yes in error.
   */
  boolean isCurrent(long fileId, long blockIndex, long sequence);

  /** A fence for tiers outside an engine that writes: everything is current. */
  WriteFence OPEN =
      new WriteFence() {
        @Override
        public long sequence() {
          return 0;
        }

        @Override
        public boolean isCurrent(long fileId, long blockIndex, long sequence) {
          return true;
        }
      };
}
