package io.emberfs.testkit;

import io.emberfs.core.BlockLease;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Lookup;
import io.emberfs.core.Tier;
import io.emberfs.core.TierPins;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Wraps a tier and injects faults, drawn from a seed. What a real tier may do to its user stands
 * above {@link Fault#UNSEEN_DAMAGE}; from there on the promise itself is broken: the negative
 * controls of tests that must notice.
 */
public final class FaultyTier implements Tier {
  /** What can go wrong. */
  public enum Fault {
    /** A block that is there is not found. */
    MISS,
    /** A lookup comes back with busy. */
    BUSY,
    /** A block is called damaged, and dropped. */
    CORRUPT,
    /** An offer is declined. */
    DECLINE,
    /** A hit's bytes have one bit turned; its meta still shows the right checksum. */
    FLIPPED_BIT,
    /** The same, and its meta shows the checksum of the wrong bytes: as if nobody compared. */
    UNSEEN_DAMAGE,
    /** A removal does not happen. */
    LOST_REMOVAL
  }

  private final Tier tier;
  private final RandomGenerator random;
  private final double rate;
  private final Set<Fault> faults;
  private long injectedCount;

  /**
   * @param tier does the work; closed with this one
   * @param random where the faults come from
   * @param rate share of the calls that go wrong, 0 to 1, for each fault that fits the call
   * @param faults the faults to inject
   */
  public FaultyTier(Tier tier, RandomGenerator random, double rate, Set<Fault> faults) {
    this.tier = tier;
    this.random = random;
    this.rate = rate;
    this.faults = faults.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(faults);
  }

  /** Number of faults so far: a test that saw none has tested nothing. */
  public synchronized long injectedCount() {
    return injectedCount;
  }

  @Override
  public String name() {
    return tier.name();
  }

  @Override
  public Lookup lookup(long fileId, long blockIndex, long wantedGranules) {
    Lookup lookup = tier.lookup(fileId, blockIndex, wantedGranules);
    if (!(lookup instanceof Lookup.Hit(BlockLease lease))) {
      return lookup;
    }
    if (strikes(Fault.FLIPPED_BIT)) {
      return new Lookup.Hit(new FlippedLease(lease, lease.meta(), flipped(lease.stored())));
    }
    if (strikes(Fault.UNSEEN_DAMAGE)) {
      MemorySegment wrong = flipped(lease.stored());
      return new Lookup.Hit(new FlippedLease(lease, vouched(lease.meta(), wrong), wrong));
    }
    Lookup fault = null;
    if (strikes(Fault.MISS)) {
      fault = Lookup.MISS;
    } else if (strikes(Fault.BUSY)) {
      fault = Lookup.BUSY;
    } else if (strikes(Fault.CORRUPT)) {
      tier.remove(fileId, blockIndex);
      fault = new Lookup.Corrupt(fileId, blockIndex);
    }
    if (fault == null) {
      return lookup;
    }
    lease.close();
    return fault;
  }

  @Override
  public long validGranules(long fileId, long blockIndex, long fileGeneration) {
    return tier.validGranules(fileId, blockIndex, fileGeneration);
  }

  @Override
  public boolean offer(BlockMeta meta, MemorySegment stored) {
    return !strikes(Fault.DECLINE) && tier.offer(meta, stored);
  }

  @Override
  public void remove(long fileId, long blockIndex) {
    if (!strikes(Fault.LOST_REMOVAL)) {
      tier.remove(fileId, blockIndex);
    }
  }

  @Override
  public void removeFrom(long fileId, long firstBlockIndex) {
    if (!strikes(Fault.LOST_REMOVAL)) {
      tier.removeFrom(fileId, firstBlockIndex);
    }
  }

  @Override
  public long scrub(long byteBudget, ScrubSink sink) {
    return tier.scrub(byteBudget, sink);
  }

  @Override
  public long capacityBytes() {
    return tier.capacityBytes();
  }

  @Override
  public long usedBytes() {
    return tier.usedBytes();
  }

  @Override
  public long logicalBytes() {
    return tier.logicalBytes();
  }

  @Override
  public long blockCount() {
    return tier.blockCount();
  }

  @Override
  public long evictionCount() {
    return tier.evictionCount();
  }

  @Override
  public void resize(long capacityBytes) {
    tier.resize(capacityBytes);
  }

  @Override
  public void clear() {
    tier.clear();
  }

  @Override
  public void forEachMeta(MetaSink sink) {
    tier.forEachMeta(sink);
  }

  @Override
  public TierPins pins() {
    return tier.pins();
  }

  @Override
  public void setUpper(Presence upper) {
    tier.setUpper(upper);
  }

  @Override
  public void flush() {
    tier.flush();
  }

  @Override
  public void close() {
    tier.close();
  }

  private synchronized boolean strikes(Fault fault) {
    boolean strikes = faults.contains(fault) && random.nextDouble() < rate;
    if (strikes) {
      injectedCount++;
    }
    return strikes;
  }

  private synchronized MemorySegment flipped(MemorySegment stored) {
    MemorySegment copy = Arena.ofAuto().allocate(stored.byteSize(), Long.BYTES).copyFrom(stored);
    long bit = random.nextLong(8 * copy.byteSize());
    byte before = copy.get(ValueLayout.JAVA_BYTE, bit / 8);
    copy.set(ValueLayout.JAVA_BYTE, bit / 8, (byte) (before ^ 1 << bit % 8));
    return copy.asReadOnly();
  }

  private static BlockMeta vouched(BlockMeta meta, MemorySegment stored) {
    return new BlockMeta(
        meta.fileId(),
        meta.blockIndex(),
        meta.fileGeneration(),
        meta.codecId(),
        meta.rawSize(),
        meta.storedSize(),
        TestBlocks.checksum(stored.toArray(ValueLayout.JAVA_BYTE)),
        meta.validGranules(),
        meta.writeSequence());
  }

  private record FlippedLease(BlockLease lease, BlockMeta meta, MemorySegment stored)
      implements BlockLease {
    @Override
    public void close() {
      lease.close();
    }
  }
}
