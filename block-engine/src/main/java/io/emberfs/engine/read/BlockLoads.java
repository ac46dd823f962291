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
import io.emberfs.core.Meters;
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
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings blocks that RAM lacks: from the first tier below that has them, else a run of them by one
 * read of the backing. Demand reads and prefetches come the same way.
 *
 * <p>Bytes from the backing count only if the backing, asked after the read, still shows the
 * content that the generation stands for under the version lock. Bytes from a tier count only if
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
  private final LowerTiers lower;
  private final RamTier ram;
  private final BlockTransfer transfer;
  private final HandDown handDown;
  private final WriteFence fence;
  private final SingleFlightTable flights;
  private final ScratchPool scratch;
  private final Clock clock;
  private final LateListener late;
  private final Meters.Counter missBlocks;
  private final Meters.Counter aheadBlocks;
  private final Meters.Counter aheadBytes;

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
    lower = new LowerTiers(chain, transfer, fence, scratch, meters);
    this.ram = chain.ram();
    this.transfer = transfer;
    this.handDown = handDown;
    this.fence = fence;
    this.flights = new SingleFlightTable(fence);
    this.scratch = scratch;
    this.clock = clock;
    this.late = late;
    missBlocks = meters.counter("reads.missBlocks");
    aheadBlocks = meters.counter("prefetch.issuedBlocks");
    aheadBytes = meters.counter("prefetch.issuedBytes");
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
      if (lower.readInto(load, block, granules, offsetInBlock, length, target, targetOffset)) {
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

  /** Counts blocks that were read past every tier. */
  void passed(long blockCount) {
    missBlocks.add(blockCount);
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
   * Reads one whole block of an open file from the backing once more, because a tier lost it.
   *
   * @return whether it was read for this call; false also if somebody else is about to bring it
   */
  public boolean reload(long fileId, long block) {
    FileState state = files.inMemory(fileId);
    if (state == null || !state.isOpen()) {
      return false;
    }
    long size = state.size();
    long whole = geometry.wholeMask(block, size);
    if (whole == 0) {
      return false;
    }
    long sequence = fence.sequence();
    Claim claim = flights.claim(fileId, block, state.fileGeneration(), whole, sequence, false);
    return claim.isLeader() && prefetchRun(state, size, List.of(claim.flight()), block) != 0;
  }

  /**
   * The flight of a block that has to come from the backing and that nobody else fetches now; else
   * null.
   */
  private @Nullable Flight leadPrefetch(long fileId, long block, long fileGeneration, long whole) {
    // A block of which parts are here is read by parts: fetching the rest would be a guess against
    // the evidence.
    if (whole == 0 || ram.validGranules(fileId, block, fileGeneration) != 0) {
      return null;
    }
    long sequence = fence.sequence();
    if (lower.promote(fileId, block, fileGeneration, whole, RamTier.PREFETCHED)) {
      // Its first use will be counted, so it is too; no byte came from the backing.
      aheadBlocks.increment();
      return null;
    }
    if (lower.hasPart(fileId, block, fileGeneration)) {
      return null;
    }
    Claim claim = flights.claim(fileId, block, fileGeneration, whole, sequence, true);
    return claim.isLeader() ? claim.flight() : null;
  }

  /** Bit n set: block {@code firstBlockIndex + n} was read. */
  private long prefetchRun(FileState state, long size, List<Flight> led, long firstBlockIndex) {
    MemorySegment buffer = scratch.take();
    try {
      if (readRun(state, size, led, buffer) == null) {
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
      int wantedCount = led.size();
      extendAhead(load, led);
      MemorySegment run = readRun(load.state, load.fileSize, led, buffer);
      if (run == null) {
        return CHANGED;
      }
      missBlocks.add(wantedCount);
      int aheadCount = led.size() - wantedCount;
      aheadBlocks.add(aheadCount);
      aheadBytes.add((long) aheadCount * geometry.blockSize());
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
          || lower.has(state.fileId(), block, load.fileGeneration, granules)) {
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
   * Lets a sequential read fetch what follows by the same read of the backing, as much as it has
   * read in order so far: a device that counts requests gives one large read for the price of one
   * small.
   */
  private void extendAhead(LoadRequest load, List<Flight> led) {
    long ahead = load.aheadBytes / geometry.blockSize();
    FileState state = load.state;
    while (ahead-- > 0 && (led.size() + 1L) * geometry.blockSize() <= RUN_BYTES_MAX) {
      Flight last = led.getLast();
      long block = last.blockIndex + 1;
      long whole = geometry.wholeMask(block, load.fileSize);
      if (whole == 0
          || endOf(last.granules) < geometry.blockSize()
          || ramHas(state.fileId(), block, load.fileGeneration, whole)
          || lower.has(state.fileId(), block, load.fileGeneration, whole)) {
        return;
      }
      long sequence = fence.sequence();
      Claim claim =
          flights.claim(state.fileId(), block, load.fileGeneration, whole, sequence, true);
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
      FileState state, long fileSize, List<Flight> led, MemorySegment buffer) {
    long start = start(led.getFirst());
    Flight last = led.getLast();
    long end = geometry.blockOffset(last.blockIndex) + endOf(last.granules);
    int length = (int) (Math.min(end, fileSize) - start);
    MemorySegment run = buffer.asSlice(0, end - start);
    BackingFile file = acquire(state);
    try {
      // How young the file is counts from before the read: a slow one may outlast a foreign write
      // whose bytes it missed.
      long wallNanos = clock.wallNanos();
      int n = file.read(start, run.asSlice(0, length));
      // Asked without the lock: on a slow backing the misses of a file would wait for one another.
      FileVersion seen = file.version();
      int flags = 0;
      state.lock();
      try {
        if (!belongs(state, led.getFirst(), fileSize, n == length, seen)) {
          // It may have been seen in the middle of an own write. Under the lock there is none.
          long nanos = clock.nanoTime();
          FileVersion now = file.version();
          if (!belongs(state, led.getFirst(), fileSize, n == length, now)) {
            if (state.check(now, nanos)) {
              versions.dropDead(state);
            }
            return null;
          }
        }
        if (state.isYoung(wallNanos)) {
          state.noteReadWhileYoung();
          flags |= RamTier.TRANSIENT;
        }
      } finally {
        state.unlock();
      }
      run.asSlice(length).fill((byte) 0);
      for (Flight flight : led) {
        long from = start(flight) - start;
        keep(
            flight,
            run.asSlice(from, geometry.rawSize(flight.granules)),
            flight.prefetch ? flags | RamTier.PREFETCHED : flags);
      }
      file.adviseUnneeded(start, length);
      return run;
    } finally {
      state.releaseFile();
    }
  }

  /**
   * Whether bytes that were read belong to the flight's generation. An own write keeps that and may
   * have moved the file's end since the read was planned: what was behind the end is not zeros now.
   *
   * @param version of the backing after the read
   */
  private static boolean belongs(
      FileState state, Flight flight, long plannedSize, boolean wasWhole, FileVersion version) {
    return wasWhole
        && version.size() == plannedSize
        && state.confirms(flight.fileGeneration, version);
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

  /** {@link LowerTiers#promote}, for blocks of the warm state. */
  public boolean promote(
      long fileId, long block, long fileGeneration, long granules, int ramFlags) {
    return lower.promote(fileId, block, fileGeneration, granules, ramFlags);
  }

  private boolean ramHas(long fileId, long block, long fileGeneration, long granules) {
    return (granules & ~ram.validGranules(fileId, block, fileGeneration)) == 0;
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

  /** Hears that a demand read waited for a prefetch in flight. */
  @FunctionalInterface
  public interface LateListener {
    void waitedForPrefetch(long fileId, long blockIndex);
  }
}
