package io.emberfs.engine.file;

import io.emberfs.core.BlockKey;
import io.emberfs.core.WriteFence;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The write fence over stripes of blocks: a stripe is closed from before an own write reaches the
 * backing until its blocks are gone from every tier, and remembers the sequence at which the last
 * write ended.
 *
 * <p>Why this suffices: bytes read before {@link #begin} and stored before it are taken out by the
 * removal inside the window; stored during the window they are refused because it is closed; stored
 * after it they are refused because the window's end is later than their sequence. The argument
 * needs no order between tiers, so blocks may travel up and down meanwhile.
 *
 * <table>
 * <caption>fields</caption>
 * <tr><th>field</th><th>access</th><th>written by</th></tr>
 * <tr><td>sequence</td><td>getAndAdd</td><td>end of a write</td></tr>
 * <tr><td>open, openWide</td><td>atomic add</td><td>begin and end of a write; read before {@code ended}</td></tr>
 * <tr><td>ended, endedWide</td><td>atomic max</td><td>end of a write, before its window counter falls</td></tr>
 * </table>
 */
public final class StripedWriteFence implements WriteFence {
  private static final int STRIPES = 4096;

  private final AtomicLong sequence = new AtomicLong();
  private final AtomicIntegerArray open = new AtomicIntegerArray(STRIPES);
  private final AtomicLongArray ended = new AtomicLongArray(STRIPES);

  /** The same for writes over more blocks than there are stripes: they close all of them. */
  private final AtomicInteger openWide = new AtomicInteger();

  private final AtomicLong endedWide = new AtomicLong();

  @Override
  public long sequence() {
    return sequence.get();
  }

  @Override
  public boolean isCurrent(long fileId, long blockIndex, long noted) {
    int stripe = stripe(fileId, blockIndex);
    // The counters first: a writer publishes the end of its window before it opens the stripe
    // again.
    return open.get(stripe) == 0
        && openWide.get() == 0
        && ended.get(stripe) <= noted
        && endedWide.get() <= noted;
  }

  /** An own write to these blocks is about to reach the backing. Paired with {@link #end}. */
  public void begin(long fileId, long firstBlockIndex, long lastBlockIndex) {
    if (isWide(firstBlockIndex, lastBlockIndex)) {
      openWide.incrementAndGet();
      return;
    }
    for (long block = firstBlockIndex; block <= lastBlockIndex; block++) {
      open.incrementAndGet(stripe(fileId, block));
    }
  }

  /** The write is over, one way or another, and its blocks are gone from every tier. */
  public void end(long fileId, long firstBlockIndex, long lastBlockIndex) {
    long now = sequence.incrementAndGet();
    if (isWide(firstBlockIndex, lastBlockIndex)) {
      endedWide.accumulateAndGet(now, Math::max);
      openWide.decrementAndGet();
      return;
    }
    for (long block = firstBlockIndex; block <= lastBlockIndex; block++) {
      int stripe = stripe(fileId, block);
      ended.accumulateAndGet(stripe, now, Math::max);
      open.decrementAndGet(stripe);
    }
  }

  private static boolean isWide(long firstBlockIndex, long lastBlockIndex) {
    return lastBlockIndex - firstBlockIndex >= STRIPES;
  }

  private static int stripe(long fileId, long blockIndex) {
    return (int) BlockKey.hash(fileId, blockIndex) & (STRIPES - 1);
  }
}
