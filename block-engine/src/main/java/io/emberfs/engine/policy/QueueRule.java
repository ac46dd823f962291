package io.emberfs.engine.policy;

/**
 * How blocks prove themselves in two queues: newcomers wait in one, and those that deserve it move
 * to the main queue.
 *
 * @param newcomerDivisor newcomers are due when they are more than one block in this many
 * @param usesForMain uses among the newcomers that earn a place in the main queue
 * @param mainByRecency whether a use in the main queue moves a block to its newest end; else it
 *     earns the block one more round
 * @param ghostDivisor a newcomer that left and comes back goes to the main queue if no more have
 *     left since than one for this many blocks
 */
record QueueRule(int newcomerDivisor, int usesForMain, boolean mainByRecency, int ghostDivisor) {
  private static final int NEVER = Integer.MAX_VALUE;

  /** As {@link S3Fifo}. */
  static final QueueRule S3_FIFO = new QueueRule(10, 2, false, 1);

  /** As {@link TwoQ}. */
  static final QueueRule TWO_Q = new QueueRule(4, NEVER, true, 2);

  /** 2Q with fewer newcomers, which are remembered for longer: the shares of S3-FIFO. */
  static final QueueRule SHORT_TWO_Q = new QueueRule(10, NEVER, true, 1);
}
