package io.emberfs.core;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One place where blocks are kept: RAM, VRAM, SSD, later peers.
 *
 * <p>A tier is a cache of clean blocks: it may lose any block at any time and never invents one. It
 * compares nothing with the backing; whoever uses a block compares its generation. Any thread may
 * call any method at any time. A tier whose device fails answers {@link Lookup#MISS}, declines
 * offers, counts it, and never throws for that reason.
 *
 * <p>Memory: what is passed in stays the caller's and is read during the call only; what is lent
 * belongs to the tier and is pinned by its {@link BlockLease}. After {@link #close()} every call
 * but close throws {@link TierClosedException}.
 */
public interface Tier extends AutoCloseable {
  /** The tier's name in metrics and messages: {@code ram}, {@code ssd}, {@code vram}. */
  String name();

  /**
   * Looks for one block.
   *
   * @param wantedGranules the granules that are needed; a block without all of them is a miss. 0
   *     takes whatever is there.
   */
  Lookup lookup(long fileId, long blockIndex, long wantedGranules);

  /**
   * Looks for many blocks; a tier that can batch does. Each key is answered exactly once, in any
   * order.
   *
   * @param wantedGranules as in {@link #lookup}, one for each key
   */
  default void lookupAll(List<BlockKey> keys, long[] wantedGranules, LookupSink sink) {
    for (int i = 0; i < keys.size(); i++) {
      BlockKey key = keys.get(i);
      sink.accept(key, lookup(key.fileId(), key.blockIndex(), wantedGranules[i]));
    }
  }

  /**
   * The valid granules of a block of this generation, from the index alone and without I/O; 0 if
   * there is none.
   */
  long validGranules(long fileId, long blockIndex, long fileGeneration);

  /**
   * Offers one encoded block. The tier may decline (full, busy, not worth it) and is then exactly
   * as before. It declines when an own write to the block began since its bytes were read ({@link
   * WriteFence}). A block of the same generation that is already there is united with the offer,
   * replaced if the offer covers it, or the offer is declined; one of another generation is
   * replaced.
   *
   * <p>Memory: {@code stored} stays the caller's and is read during this call only. Any thread; a
   * full queue declines, it never waits.
   *
   * @param meta {@code meta.storedSize() == stored.byteSize()}
   * @param stored 1 to blockSize bytes after the codec, any alignment
   * @return whether a later lookup may find it; a refusal is counted as declined
   */
  boolean offer(BlockMeta meta, MemorySegment stored);

  /**
   * Removes one block, so that no later lookup finds bytes offered before this call. Cannot fail: a
   * tier that cannot remove stops serving.
   */
  void remove(long fileId, long blockIndex);

  /** Removes the blocks of a file from {@code firstBlockIndex} on; as {@link #remove}. */
  void removeFrom(long fileId, long firstBlockIndex);

  /**
   * Verifies checksums at rest, from where the last call stopped; bad blocks are dropped and named
   * to the sink. It is no use of a block, takes nothing that lookups may want, and names no healthy
   * block, whatever happens to it meanwhile. All callers share one position.
   *
   * @param byteBudget stored bytes to verify at most, rounded up to a block
   * @param sink called while others wait for their turn to scrub: takes a note and returns
   * @return blocks verified; 0 when the round is complete and the next call begins anew
   */
  long scrub(long byteBudget, ScrubSink sink);

  /** The budget in bytes. */
  long capacityBytes();

  /**
   * Bytes of the budget in use, index included. Never above the capacity, except during a {@link
   * #resize} downwards.
   */
  long usedBytes();

  /**
   * Raw bytes of all blocks: what {@link #usedBytes()} would be without compression and overhead.
   */
  long logicalBytes();

  /** Number of blocks. */
  long blockCount();

  /** Number of blocks evicted for space since the start. */
  long evictionCount();

  /** Changes the budget while serving; evicts as much as a smaller one needs before it returns. */
  void resize(long capacityBytes);

  /** Drops every block. */
  void clear();

  /**
   * Visits every block, most valuable first where the tier knows; the tier may change meanwhile.
   */
  void forEachMeta(MetaSink sink);

  /** The files whose blocks this tier is asked to keep; a tier that keeps none has none. */
  default TierPins pins() {
    return TierPins.NONE;
  }

  /**
   * Tells this tier what stands above it, once, before the first offer: of two blocks that might
   * leave, the one that is above had better stay, for its uses are not seen here and a new start
   * will want it. A tier that keeps nothing over a start need not care.
   */
  default void setUpper(Presence upper) {}

  /**
   * Makes what was offered before this call survive the death of the process, where the tier is
   * persistent. May wait.
   */
  void flush();

  @Override
  void close();

  /** Which blocks a tier has. Any thread, no waiting. */
  @FunctionalInterface
  interface Presence {
    /** Whether anything of the block is there, as far as can be seen in passing. */
    boolean holds(long fileId, long blockIndex);
  }

  /** Receives the answers of {@link #lookupAll}; owns the leases in them. */
  @FunctionalInterface
  interface LookupSink {
    void accept(BlockKey key, Lookup lookup);
  }

  /** Receives the damaged blocks of a scrub. */
  @FunctionalInterface
  interface ScrubSink {
    void damaged(long fileId, long blockIndex);
  }

  /** Receives the blocks of a tier. */
  @FunctionalInterface
  interface MetaSink {
    /** Takes one; returns false to end the visit. */
    boolean accept(BlockMeta meta);
  }
}
