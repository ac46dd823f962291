package io.emberfs.engine.prefetch;

/**
 * Brings blocks into the cache that nobody waits for: the read path, as the prefetch scheduler sees
 * it.
 */
@FunctionalInterface
public interface BlockLoader {
  /** Blocks that one call may name. */
  int RUN_BLOCKS_MAX = Long.SIZE;

  /**
   * Reads whole blocks of a file from the backing, at lower priority than demand, and puts them
   * into the cache as prefetched. Blocks that are there whole, or in flight, are left alone. The
   * file need not be open. May block; any thread. A read that fails leaves its blocks out of the
   * result and is counted by the loader; nothing is thrown for it.
   *
   * @param blockCount blocks in a row, 1 to {@link #RUN_BLOCKS_MAX}; those past the end of the file
   *     are left out
   */
  Result load(long fileId, long firstBlockIndex, int blockCount);

  /** How a load ended. */
  enum Status {
    /** Every block was fetched, was there, is in flight, or could not be read. */
    DONE,
    /** There is no such file any more, or it may not be read. */
    GONE
  }

  /**
   * What a load did.
   *
   * @param status how it ended
   * @param fetchedBlocks bit n set: block {@code firstBlockIndex + n} was read from the backing for
   *     this call
   */
  record Result(Status status, long fetchedBlocks) {
    /** The file is gone. */
    public static final Result GONE = new Result(Status.GONE, 0);
  }
}
