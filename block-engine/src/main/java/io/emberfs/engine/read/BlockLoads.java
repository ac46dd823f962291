package io.emberfs.engine.read;

import io.emberfs.core.Access;
import io.emberfs.core.BackingException;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.BlockMeta;
import io.emberfs.core.Clock;
import io.emberfs.core.Errno;
import io.emberfs.core.FileVersion;
import io.emberfs.core.Lookup;
import io.emberfs.core.Meters;
import io.emberfs.core.Tier;
import io.emberfs.core.WriteFence;
import io.emberfs.engine.file.FileState;
import io.emberfs.engine.file.FileTable;
import io.emberfs.engine.file.VersionCheck;
import io.emberfs.engine.prefetch.BlockLoader;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.engine.read.SingleFlightTable.Claim;
import io.emberfs.engine.read.SingleFlightTable.Flight;
import io.emberfs.engine.tiers.BlockTransfer;
import io.emberfs.engine.tiers.HandDown;
import io.emberfs.engine.tiers.ScratchPool;
import io.emberfs.engine.tiers.TierChain;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Brings blocks that RAM lacks: from the first tier below that has them, else a run of them by one
 * read of the backing. Demand reads and prefetches come the same way.
 *
 * <p>Bytes from the backing count only if the backing, asked after the read and under the version
 * lock, still shows the content that the generation stands for. Bytes from a tier count only if
 * their checksum and generation are right.
 */
public final class BlockLoads implements BlockLoader {
  /** The file's content changed on the way: begin anew. */
  static final int CHANGED = -2;

  private static final int RUN_BYTES_MAX = 1 << 20;

  /** A follower that found nothing after this many leaders loads for itself. */
  private static final int WAITS_MAX = 2;

  private final BlockGeometry geometry;
  private final BackingStore store;
  private final FileTable files;
  private final VersionCheck versions;
  private final TierChain chain;
  private final RamTier ram;
  private final BlockTransfer transfer;
  private final HandDown handDown;
  private final WriteFence fence;
  private final SingleFlightTable flights;
  private final ScratchPool scratch;
  private final Clock clock;
  private final LateListener late;
  private final Meters.Counter missBlocks;
  private final Meters.Counter checksumFailures;
  private final Map<Tier, Below> below = new HashMap<>();

  /**
   * @param scratch from {@link #scratchFor}
   * @param late hears of demand reads that had to wait for a prefetch
   */
  public BlockLoads(
      BlockGeometry geometry,
      BackingStore store,
      FileTable files,
      VersionCheck versions,
      TierChain chain,
      BlockTransfer transfer,
      HandDown handDown,
      WriteFence fence,
      ScratchPool scratch,
      Clock clock,
      LateListener late,
      Meters meters) {
    this.geometry = geometry;
    this.store = store;
    this.files = files;
    this.versions = versions;
    this.chain = chain;
    this.ram = chain.ram();
    this.transfer = transfer;
    this.handDown = handDown;
    this.fence = fence;
    this.flights = new SingleFlightTable(fence);
    this.scratch = scratch;
    this.clock = clock;
    this.late = late;
    missBlocks = meters.counter("reads.missBlocks");
    checksumFailures = meters.counter("integrity.checksumFailures");
    for (Tier tier : chain.lower()) {
      below.put(
          tier,
          new Below(
              meters.counter("reads.hitBlocks." + tier.name()),
              Access.Source.valueOf(tier.name().toUpperCase(Locale.ROOT))));
    }
  }

  /** Scratch memory for this many loads at a time. */
  public static ScratchPool scratchFor(BlockGeometry geometry, int loadCount) {
    return new ScratchPool(loadCount, RUN_BYTES_MAX + 2L * geometry.blockSize());
  }

  /**
   * Brings at least the piece of one block that starts at {@code at}, and as much of the rest of
   * the request as one read of the backing can.
   *
   * @param length bytes of the piece, inside one block
   * @return bytes put into {@code target} at {@code targetOffset}, at least {@code length}; or
   *     {@link #CHANGED}
   */
  int demand(LoadRequest load, long at, int length, MemorySegment target, long targetOffset) {
    FileState state = load.state;
    long block = geometry.blockIndex(at);
    int offsetInBlock = geometry.offsetInBlock(at);
    long granules = geometry.touchedMask(offsetInBlock, length);
    for (int waits = 0; ; waits++) {
      if (fromTierBelow(load, block, granules, offsetInBlock, length, target, targetOffset)) {
        return length;
      }
      long sequence = fence.sequence();
      long wanted = worthwhile(load, block, granules);
      Claim claim =
          flights.claim(state.fileId(), block, load.fileGeneration, wanted, sequence, false);
      if (claim.isLeader() || waits == WAITS_MAX) {
        List<Flight> led = new ArrayList<>();
        if (claim.isLeader()) {
          led.add(claim.flight());
        } else {
          led.add(new Flight(state.fileId(), block, load.fileGeneration, wanted, sequence, false));
        }
        return lead(load, led, at, target, targetOffset);
      }
      claim.flight().await();
      if (claim.flight().prefetch) {
        late.waitedForPrefetch(state.fileId(), block);
      }
      if (ram.read(
              state.fileId(),
              block,
              load.fileGeneration,
              offsetInBlock,
              length,
              target,
              targetOffset)
          != RamTier.MISS) {
        missBlocks.increment();
        load.needed(Access.Source.BACKING);
        return length;
      }
      if (state.fileGeneration() != load.fileGeneration) {
        return CHANGED;
      }
    }
  }

  /** Reads past every tier, for a file that changes faster than it can be read; keeps nothing. */
  int passThrough(FileState state, long offset, MemorySegment target) {
    BackingFile file = acquire(state);
    try {
      return file.read(offset, target);
    } finally {
      state.releaseFile();
    }
  }

  @Override
  public Result load(long fileId, long firstBlockIndex, int blockCount) {
    FileState state = files.inMemory(fileId);
    if (state == null || !state.isOpen()) {
      return Result.GONE;
    }
    long size = state.size();
    long fileGeneration = state.fileGeneration();
    List<Flight> led = new ArrayList<>();
    long fetched = 0;
    try {
      for (long block = firstBlockIndex; block < firstBlockIndex + blockCount; block++) {
        Flight flight =
            leadPrefetch(fileId, block, fileGeneration, geometry.wholeMask(block, size));
        if (flight != null) {
          led.add(flight);
        }
        boolean full = led.size() * (long) geometry.blockSize() >= RUN_BYTES_MAX;
        if (!led.isEmpty() && (flight == null || full)) {
          fetched |= prefetchRun(state, size, led, firstBlockIndex);
          led.clear();
        }
      }
      if (!led.isEmpty()) {
        fetched |= prefetchRun(state, size, led, firstBlockIndex);
        led.clear();
      }
    } finally {
      led.forEach(flights::complete);
    }
    return new Result(Status.DONE, fetched);
  }

  /**
   * The flight of a block that has to come from the backing and that nobody else fetches now; else
   * null.
   */
  private @Nullable Flight leadPrefetch(long fileId, long block, long fileGeneration, long whole) {
    if (whole == 0 || ramHas(fileId, block, fileGeneration, whole)) {
      return null;
    }
    long sequence = fence.sequence();
    if (promote(fileId, block, fileGeneration, whole, RamTier.PREFETCHED)) {
      return null;
    }
    Claim claim = flights.claim(fileId, block, fileGeneration, whole, sequence, true);
    return claim.isLeader() ? claim.flight() : null;
  }

  /** Bit n set: block {@code firstBlockIndex + n} was read. */
  private long prefetchRun(FileState state, long size, List<Flight> led, long firstBlockIndex) {
    MemorySegment buffer = scratch.take();
    try {
      if (readRun(state, size, led, buffer, RamTier.PREFETCHED) == null) {
        return 0;
      }
      long fetched = 0;
      for (Flight flight : led) {
        fetched |= 1L << (flight.blockIndex - firstBlockIndex);
      }
      return fetched;
    } catch (BackingException _) {
      // Nobody asked for these bytes; who does will hear of the error.
      return 0;
    } finally {
      scratch.give(buffer);
      led.forEach(flights::complete);
    }
  }

  /**
   * Leads the first block's flight, takes over the following missing blocks of the request, and
   * reads them all at once.
   */
  private int lead(
      LoadRequest load, List<Flight> led, long at, MemorySegment target, long targetOffset) {
    MemorySegment buffer = scratch.take();
    try {
      extend(load, led);
      MemorySegment run = readRun(load.state, load.fileSize, led, buffer, 0);
      if (run == null) {
        return CHANGED;
      }
      missBlocks.add(led.size());
      load.needed(Access.Source.BACKING);
      long runStart = start(led.getFirst());
      long end = Math.min(load.end, geometry.blockOffset(led.getLast().blockIndex + 1));
      MemorySegment.copy(run, at - runStart, target, targetOffset, end - at);
      return (int) (end - at);
    } finally {
      scratch.give(buffer);
      led.forEach(flights::complete);
    }
  }

  private void extend(LoadRequest load, List<Flight> led) {
    FileState state = load.state;
    for (long block = led.getFirst().blockIndex + 1;
        geometry.blockOffset(block) < load.end;
        block++) {
      // A hole in the run would be read for nothing: the blocks before must have been wanted to
      // their ends.
      if ((led.size() + 1L) * geometry.blockSize() > RUN_BYTES_MAX) {
        return;
      }
      int length = (int) Math.min(geometry.blockSize(), load.end - geometry.blockOffset(block));
      long granules = geometry.touchedMask(0, length);
      if (ramHas(state.fileId(), block, load.fileGeneration, granules)
          || tierBelowWith(state.fileId(), block, load.fileGeneration, granules)) {
        return;
      }
      long sequence = fence.sequence();
      Claim claim =
          flights.claim(
              state.fileId(),
              block,
              load.fileGeneration,
              worthwhile(load, block, granules),
              sequence,
              false);
      if (!claim.isLeader()) {
        return;
      }
      led.add(claim.flight());
    }
  }

  /**
   * Reads the granules of neighbouring blocks by one read of the backing, and keeps them.
   *
   * @return the bytes from {@link #start} of the first flight on, zeros behind the file's end; null
   *     if the content changed
   */
  private @Nullable MemorySegment readRun(
      FileState state, long fileSize, List<Flight> led, MemorySegment buffer, int ramFlags) {
    long start = start(led.getFirst());
    Flight last = led.getLast();
    long end = geometry.blockOffset(last.blockIndex) + endOf(last.granules);
    int length = (int) (Math.min(end, fileSize) - start);
    MemorySegment run = buffer.asSlice(0, end - start);
    BackingFile file = acquire(state);
    try {
      int n = file.read(start, run.asSlice(0, length));
      int flags = ramFlags;
      state.lock();
      try {
        FileVersion now = file.version();
        // An own write keeps the generation and may have moved the end of the file since this read
        // was
        // planned: what was then behind the end is not zeros now.
        boolean isPlanned = now.size() == fileSize && n == length;
        if (!isPlanned || !state.confirms(led.getFirst().fileGeneration, now)) {
          if (state.check(now, clock.nanoTime())) {
            versions.dropDead(state);
          }
          return null;
        }
        if (state.isYoung(clock.wallNanos())) {
          state.noteReadWhileYoung();
          flags |= RamTier.TRANSIENT;
        }
      } finally {
        state.unlock();
      }
      run.asSlice(length).fill((byte) 0);
      for (Flight flight : led) {
        long from = start(flight) - start;
        keep(flight, run.asSlice(from, geometry.rawSize(flight.granules)), flags);
      }
      file.adviseUnneeded(start, length);
      return run;
    } finally {
      state.releaseFile();
    }
  }

  private void keep(Flight flight, MemorySegment raw, int ramFlags) {
    BlockMeta meta =
        transfer.plain(
            flight.fileId,
            flight.blockIndex,
            flight.fileGeneration,
            flight.granules,
            flight.sequence,
            raw);
    if (!ram.insert(meta, raw, ramFlags)
        && ram.capacityBytes() == 0
        && (ramFlags & RamTier.TRANSIENT) == 0) {
      handDown.offer(meta, raw);
    }
  }

  private boolean fromTierBelow(
      LoadRequest load,
      long block,
      long granules,
      int offsetInBlock,
      int length,
      MemorySegment target,
      long targetOffset) {
    if (!tierBelowWith(load.state.fileId(), block, load.fileGeneration, granules)) {
      return false;
    }
    MemorySegment buffer = scratch.take();
    try {
      for (Tier tier : chain.lower()) {
        long sequence = fence.sequence();
        BlockMeta meta =
            expandFrom(tier, load.state.fileId(), block, load.fileGeneration, granules, buffer);
        if (meta != null) {
          transfer.copyOut(
              meta.validGranules(), buffer, offsetInBlock, length, target, targetOffset);
          keepFromBelow(meta, sequence, buffer, 0);
          Below from = Objects.requireNonNull(below.get(tier));
          from.hitBlocks.increment();
          load.needed(from.source);
          return true;
        }
      }
      return false;
    } finally {
      scratch.give(buffer);
    }
  }

  /** Brings a block up to RAM from the first tier below that has these granules. */
  public boolean promote(
      long fileId, long block, long fileGeneration, long granules, int ramFlags) {
    if (!tierBelowWith(fileId, block, fileGeneration, granules)) {
      return false;
    }
    MemorySegment buffer = scratch.take();
    try {
      for (Tier tier : chain.lower()) {
        long sequence = fence.sequence();
        BlockMeta meta = expandFrom(tier, fileId, block, fileGeneration, granules, buffer);
        if (meta != null) {
          return keepFromBelow(meta, sequence, buffer, ramFlags);
        }
      }
      return false;
    } finally {
      scratch.give(buffer);
    }
  }

  private boolean keepFromBelow(BlockMeta meta, long sequence, MemorySegment buffer, int ramFlags) {
    MemorySegment raw = buffer.asSlice(0, meta.rawSize());
    BlockMeta plain =
        transfer.plain(
            meta.fileId(),
            meta.blockIndex(),
            meta.fileGeneration(),
            meta.validGranules(),
            sequence,
            raw);
    return ram.insert(plain, raw, ramFlags | RamTier.SAVED);
  }

  /**
   * Looks into one tier and expands what it has into {@code raw}; null unless it is right in every
   * respect.
   */
  private @Nullable BlockMeta expandFrom(
      Tier tier, long fileId, long block, long fileGeneration, long granules, MemorySegment raw) {
    return switch (tier.lookup(fileId, block, granules)) {
      case Lookup.Hit(var lease) -> {
        try (lease) {
          BlockMeta meta = lease.meta();
          if (meta.fileGeneration() != fileGeneration) {
            yield null;
          }
          if (!transfer.expand(meta, lease.stored(), raw)) {
            checksumFailures.increment();
            tier.remove(fileId, block);
            yield null;
          }
          yield meta;
        }
      }
      // The tier counted the damage and dropped the block.
      case Lookup.Corrupt _, Lookup.Miss _, Lookup.Busy _ -> null;
    };
  }

  private boolean ramHas(long fileId, long block, long fileGeneration, long granules) {
    return (granules & ~ram.validGranules(fileId, block, fileGeneration)) == 0;
  }

  private boolean tierBelowWith(long fileId, long block, long fileGeneration, long granules) {
    for (Tier tier : chain.lower()) {
      if ((granules & ~tier.validGranules(fileId, block, fileGeneration)) == 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * The granules to fetch for the ones asked for: the whole block only where the pattern says that
   * it will be used.
   */
  private long worthwhile(LoadRequest load, long block, long granules) {
    boolean small = load.fileSize <= geometry.blockSize();
    boolean half =
        Long.bitCount(granules) * 2 >= geometry.granulesPerBlock()
            && geometry.granulesPerBlock() > 1;
    return load.sequential || small || half ? geometry.wholeMask(block, load.fileSize) : granules;
  }

  private BackingFile acquire(FileState state) {
    BackingFile file = state.acquireFile(store);
    if (file == null) {
      throw new BackingException(Errno.EBADF, "read", "file " + state.fileId() + " is not open");
    }
    return file;
  }

  private long start(Flight flight) {
    return geometry.blockOffset(flight.blockIndex)
        + (long) Long.numberOfTrailingZeros(flight.granules) * geometry.granuleSize();
  }

  private int endOf(long granules) {
    return (Long.SIZE - Long.numberOfLeadingZeros(granules)) * geometry.granuleSize();
  }

  /** How hits of a tier below RAM are counted. */
  private record Below(Meters.Counter hitBlocks, Access.Source source) {}

  /** Hears that a demand read waited for a prefetch in flight. */
  @FunctionalInterface
  public interface LateListener {
    void waitedForPrefetch(long fileId, long blockIndex);
  }
}
