package io.emberfs.simulation;

import io.emberfs.core.BlockKey;
import io.emberfs.core.BlockLease;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Lookup;
import io.emberfs.core.Tier;
import io.emberfs.core.WriteFence;
import io.emberfs.simulation.SsdDevice.Block;
import io.emberfs.testkit.TestBlocks;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The lower tier as one process sees it. By chance it is busy, misses what it has, finds it damaged
 * or does not notice that it is, refuses what is offered, and fails for good; all of that a real
 * one may do. What else it does wrong is planted.
 */
final class SimulatedSsd implements Tier {
  private static final int BUFFER_COUNT = 3;
  private static final int OVERHEAD_BYTES = 64;
  private static final double VANISH_SHARE = 0.02;
  private static final byte USED_UP = (byte) 0xDB;

  private final World world;
  private final SsdDevice device;
  private final WriteFence fence;
  private final BooleanSupplier isDead;
  private final MemorySegment[] buffers = new MemorySegment[BUFFER_COUNT];
  private final boolean[] lent = new boolean[BUFFER_COUNT];
  private long capacityBytes;
  private boolean vanished;
  private boolean isHalfWay;
  private long evictionCount;
  private long takenCount;
  private long damagedCount;

  /**
   * @param memory {@link #memoryBytes}
   * @param isDead whether the process was killed: what is still called then changes nothing
   */
  SimulatedSsd(World world, WriteFence fence, MemorySegment memory, BooleanSupplier isDead) {
    this.world = world;
    this.device = world.ssd;
    this.fence = world.plant == Plant.LATE_DEMOTION ? WriteFence.OPEN : fence;
    this.isDead = isDead;
    capacityBytes = world.weather.ssdBytes();
    for (int i = 0; i < BUFFER_COUNT; i++) {
      buffers[i] = memory.asSlice((long) i * world.weather.blockSize(), world.weather.blockSize());
    }
    evict();
  }

  /** Memory for the blocks that it lends. */
  static long memoryBytes(Weather weather) {
    return (long) BUFFER_COUNT * weather.blockSize();
  }

  /** Offers that it took. */
  long takenCount() {
    return takenCount;
  }

  /** Blocks that it lent although their bytes were damaged. */
  long damagedCount() {
    return damagedCount;
  }

  /** Blocks that are lent now. */
  int lentCount() {
    int count = 0;
    for (boolean isLent : lent) {
      count += isLent ? 1 : 0;
    }
    return count;
  }

  @Override
  public String name() {
    return "ssd";
  }

  @Override
  public Lookup lookup(long fileId, long blockIndex, long wantedGranules) {
    world.scheduler.pause();
    Lookup lookup = lookedUp(fileId, blockIndex, wantedGranules);
    try {
      world.scheduler.pause();
    } catch (Scheduler.Crash killed) {
      if (lookup instanceof Lookup.Hit(BlockLease lease)) {
        lease.close();
      }
      throw killed;
    }
    return lookup;
  }

  private Lookup lookedUp(long fileId, long blockIndex, long wantedGranules) {
    Block block = isGone() ? null : device.find(fileId, blockIndex);
    if (block == null || !shown(block.meta()).covers(wantedGranules)) {
      return Lookup.MISS;
    }
    if (strikes()) {
      switch (world.random.nextInt(4)) {
        case 0 -> {
          return Lookup.MISS;
        }
        case 1 -> {
          return Lookup.BUSY;
        }
        case 2 -> {
          device.remove(new BlockKey(fileId, blockIndex));
          world.trace.note("ssd finds damage, file and block:", fileId, blockIndex);
          return new Lookup.Corrupt(fileId, blockIndex);
        }
        default -> {
          damagedCount++;
          return lend(damaged(block, false));
        }
      }
    }
    if (world.plant == Plant.NO_CHECKSUM && world.random.nextInt(20) == 0) {
      damagedCount++;
      return lend(damaged(block, true));
    }
    damagedCount += isDamaged(block) ? 1 : 0;
    return lend(block);
  }

  private static boolean isDamaged(Block block) {
    return TestBlocks.checksum(block.stored()) != block.meta().checksum();
  }

  private Lookup lend(Block block) {
    for (int i = 0; i < BUFFER_COUNT; i++) {
      if (!lent[i]) {
        lent[i] = true;
        BlockMeta meta = shown(block.meta());
        MemorySegment stored = buffers[i].asSlice(0, block.stored().length);
        stored.copyFrom(MemorySegment.ofArray(block.stored()));
        world.trace.note("ssd hit, block and granules:", meta.blockIndex(), meta.validGranules());
        return new Lookup.Hit(new Lease(i, meta, stored.asReadOnly()));
      }
    }
    return Lookup.BUSY;
  }

  /** With one bit turned. */
  private Block damaged(Block block, boolean vouches) {
    byte[] bytes = block.stored().clone();
    int at = world.random.nextInt(bytes.length);
    bytes[at] ^= (byte) (1 << world.random.nextInt(Byte.SIZE));
    BlockMeta meta = block.meta();
    world.trace.note("ssd damages block, at byte:", meta.blockIndex(), at);
    int checksum = vouches ? TestBlocks.checksum(bytes) : meta.checksum();
    return new Block(with(meta, checksum, meta.validGranules()), bytes);
  }

  /** What is claimed of a block. */
  private BlockMeta shown(BlockMeta meta) {
    if (world.plant != Plant.WRONG_MASK || (meta.validGranules() & 1) == 0) {
      return meta;
    }
    long moved = meta.validGranules() << 1;
    return moved < 1L << world.weather.blockSize() / FileHistory.GRANULE_SIZE
        ? with(meta, meta.checksum(), moved)
        : meta;
  }

  private static BlockMeta with(BlockMeta meta, int checksum, long granules) {
    return new BlockMeta(
        meta.fileId(),
        meta.blockIndex(),
        meta.fileGeneration(),
        meta.codecId(),
        meta.rawSize(),
        meta.storedSize(),
        checksum,
        granules,
        meta.writeSequence());
  }

  @Override
  public long validGranules(long fileId, long blockIndex, long fileGeneration) {
    world.scheduler.pause();
    Block block = isGone() ? null : device.find(fileId, blockIndex);
    return block == null || block.meta().fileGeneration() != fileGeneration
        ? 0
        : shown(block.meta()).validGranules();
  }

  @Override
  public boolean offer(BlockMeta meta, MemorySegment stored) {
    if (meta.storedSize() != stored.byteSize() || stored.byteSize() > world.weather.blockSize()) {
      throw new AssertionError("%d bytes offered as %s".formatted(stored.byteSize(), meta));
    }
    world.scheduler.pause();
    boolean taken = take(meta, stored);
    world.trace.note(
        taken ? "ssd takes block, granules:" : "ssd declines block, granules:",
        meta.blockIndex(),
        meta.validGranules());
    takenCount += taken ? 1 : 0;
    world.scheduler.pause();
    return taken;
  }

  private boolean take(BlockMeta meta, MemorySegment stored) {
    if (isGone()
        || strikes()
        || meta.storedSize() + OVERHEAD_BYTES > capacityBytes
        || !fence.isCurrent(meta.fileId(), meta.blockIndex(), meta.writeSequence())) {
      return false;
    }
    BlockKey key = new BlockKey(meta.fileId(), meta.blockIndex());
    Block present = device.find(meta.fileId(), meta.blockIndex());
    if (present != null && present.meta().fileGeneration() == meta.fileGeneration()) {
      if (present.meta().covers(meta.validGranules())) {
        return true;
      }
      if (!meta.covers(present.meta().validGranules())) {
        return false;
      }
    }
    device.put(key, new Block(meta, stored.toArray(ValueLayout.JAVA_BYTE)));
    evict();
    return true;
  }

  private void evict() {
    while (usedBytes() > capacityBytes) {
      device.remove(device.blocks().firstEntry().getKey());
      evictionCount++;
    }
  }

  @Override
  public void remove(long fileId, long blockIndex) {
    world.scheduler.pause();
    if (!isDead.getAsBoolean() && world.plant != Plant.STALE_AFTER_WRITE) {
      device.remove(new BlockKey(fileId, blockIndex));
    }
    world.trace.note("ssd removes, file and block:", fileId, blockIndex);
    world.scheduler.pause();
  }

  @Override
  public void removeFrom(long fileId, long firstBlockIndex) {
    world.scheduler.pause();
    // A whole file still goes: that is how the blocks of a dead generation leave.
    boolean isKept = world.plant == Plant.STALE_AFTER_TRUNCATE && firstBlockIndex > 0;
    if (!isDead.getAsBoolean() && !isKept) {
      device.removeFrom(fileId, firstBlockIndex);
    }
    world.trace.note("ssd removes, file and from block:", fileId, firstBlockIndex);
    world.scheduler.pause();
  }

  @Override
  public long scrub(long byteBudget, ScrubSink sink) {
    world.scheduler.pause();
    long verified = 0;
    if (!isHalfWay && !isGone()) {
      for (Block block : List.copyOf(device.blocks().values())) {
        verified += verify(block, sink) ? 1 : 0;
        world.scheduler.pause();
      }
    }
    isHalfWay = verified > 0;
    return verified;
  }

  /** Looks at a block if it is still there. */
  private boolean verify(Block block, ScrubSink sink) {
    BlockMeta meta = block.meta();
    BlockKey key = new BlockKey(meta.fileId(), meta.blockIndex());
    if (isGone() || device.blocks().get(key) != block) {
      return false;
    }
    if (isDamaged(block)) {
      device.remove(key);
      world.trace.note("ssd scrub finds damage, file and block:", key.fileId(), key.blockIndex());
      sink.damaged(key.fileId(), key.blockIndex());
    }
    return true;
  }

  @Override
  public long capacityBytes() {
    return capacityBytes;
  }

  @Override
  public long usedBytes() {
    long used = 0;
    for (Block block : device.blocks().values()) {
      used += block.meta().storedSize() + OVERHEAD_BYTES;
    }
    return used;
  }

  @Override
  public long logicalBytes() {
    return device.blocks().values().stream().mapToLong(block -> block.meta().rawSize()).sum();
  }

  @Override
  public long blockCount() {
    return device.blocks().size();
  }

  @Override
  public long evictionCount() {
    return evictionCount;
  }

  @Override
  public void resize(long newCapacityBytes) {
    capacityBytes = newCapacityBytes;
    evict();
  }

  @Override
  public void clear() {
    world.scheduler.pause();
    if (!isDead.getAsBoolean()) {
      for (BlockKey key : List.copyOf(device.blocks().keySet())) {
        device.remove(key);
      }
    }
    world.trace.note("ssd is cleared", 0, 0);
    world.scheduler.pause();
  }

  @Override
  public void forEachMeta(MetaSink sink) {
    for (Block block : List.copyOf(device.blocks().sequencedValues().reversed())) {
      if (!sink.accept(block.meta())) {
        return;
      }
    }
  }

  @Override
  public void flush() {
    world.scheduler.pause();
    if (!isGone()) {
      device.flush();
      world.trace.note("ssd flush", 0, 0);
    }
    world.scheduler.pause();
  }

  @Override
  public void close() {}

  private boolean isGone() {
    return vanished || isDead.getAsBoolean();
  }

  /** Whether this call goes wrong; some go so wrong that none goes right any more. */
  private boolean strikes() {
    if (!world.strikes(world.weather.ssdFaultChance())) {
      return false;
    }
    if (world.random.nextDouble() < VANISH_SHARE) {
      vanished = true;
      device.mistrust();
      world.trace.note("ssd fails for good", 0, 0);
    }
    return true;
  }

  private final class Lease implements BlockLease {
    private final int buffer;
    private final BlockMeta meta;
    private @Nullable MemorySegment stored;

    Lease(int buffer, BlockMeta meta, MemorySegment stored) {
      this.buffer = buffer;
      this.meta = meta;
      this.stored = stored;
    }

    @Override
    public BlockMeta meta() {
      return meta;
    }

    @Override
    public MemorySegment stored() {
      MemorySegment bytes = stored;
      if (bytes == null) {
        throw new AssertionError("use of a closed lease of " + meta);
      }
      return bytes;
    }

    @Override
    public void close() {
      if (stored == null) {
        throw new AssertionError("second close of a lease of " + meta);
      }
      stored = null;
      buffers[buffer].fill(USED_UP);
      lent[buffer] = world.plant == Plant.LOST_LEASE;
    }
  }
}
