package io.emberfs.engine.read;

import io.emberfs.core.Access;
import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.engine.file.FileState;
import io.emberfs.engine.file.OpenFile;
import io.emberfs.engine.file.VersionCheck;
import io.emberfs.engine.prefetch.AccessRing;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.engine.tiers.TierChain;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One read: RAM, then the tiers below it, then the backing.
 *
 * <p>{@link #readNow} is the hit path: it runs on the thread that received the request, takes no
 * lock and allocates nothing. {@link #read} may wait and runs on a worker. Both see a file's
 * content only under a version that was compared with the backing within the attribute
 * time-to-live. Without any tier a read passes through: it is one read of the backing, as true as
 * the backing is.
 */
public final class ReadPath {
  /**
   * After this many changes of the file under one read, its bytes are passed through without being
   * kept.
   */
  private static final int ATTEMPTS = 4;

  private final BlockGeometry geometry;
  private final TierChain chain;
  private final RamTier ram;
  private final BackingStore store;
  private final BlockLoads loads;
  private final VersionCheck versions;
  private final AccessRing accesses;
  private final Clock clock;
  private final long attributeTtlNanos;
  private final boolean readsAhead;
  private final Meters.Counter hitBlocks;
  private final AtomicInteger demandInFlight = new AtomicInteger();

  public ReadPath(
      BlockGeometry geometry,
      TierChain chain,
      BackingStore store,
      BlockLoads loads,
      VersionCheck versions,
      AccessRing accesses,
      Clock clock,
      long attributeTtlNanos,
      boolean readsAhead,
      Meters meters) {
    this.geometry = geometry;
    this.chain = chain;
    ram = chain.ram();
    this.store = store;
    this.loads = loads;
    this.versions = versions;
    this.accesses = accesses;
    this.clock = clock;
    this.attributeTtlNanos = attributeTtlNanos;
    this.readsAhead = readsAhead;
    hitBlocks = meters.counter("reads.hitBlocks.ram");
  }

  /** Demand reads that wait for something slower than RAM now. */
  public int demandInFlight() {
    return demandInFlight.get();
  }

  /** {@link BlockCache#readNow}. */
  public int readNow(OpenFile file, long offset, int length, MemorySegment target, int process) {
    if (passesThrough()) {
      BackingFile reader = file.readerOrNull();
      return reader == null
          ? BlockCache.WOULD_WAIT
          : passed(reader.readNow(offset, target.asSlice(0, length)), offset);
    }
    FileState state = file.state();
    long now = clock.nanoTime();
    if (now - state.checkedNanos() > attributeTtlNanos) {
      return BlockCache.WOULD_WAIT;
    }
    // The size before the generation: the writer raises the generation first.
    long size = state.size();
    long fileGeneration = state.fileGeneration();
    int wanted = (int) Math.clamp(size - offset, 0, length);
    int blockCount = 0;
    for (int done = 0; done < wanted; blockCount++) {
      long at = offset + done;
      int offsetInBlock = geometry.offsetInBlock(at);
      int n = Math.min(wanted - done, geometry.blockSize() - offsetInBlock);
      if (ram.read(
              state.fileId(),
              geometry.blockIndex(at),
              fileGeneration,
              offsetInBlock,
              n,
              target,
              done)
          == RamTier.MISS) {
        return BlockCache.WOULD_WAIT;
      }
      done += n;
    }
    if (wanted > 0 && isCut(state, offset + wanted)) {
      return BlockCache.WOULD_WAIT;
    }
    hitBlocks.add(blockCount);
    file.continues(offset, offset + wanted);
    note(state, offset, wanted, size, now, process, Access.Source.RAM);
    return wanted;
  }

  /** {@link BlockCache#read}. */
  public int read(OpenFile file, long offset, int length, MemorySegment target, int process) {
    demandInFlight.incrementAndGet();
    try {
      if (passesThrough()) {
        return passed(file.reader(store).read(offset, target.asSlice(0, length)), offset);
      }
      if (clock.nanoTime() - file.state().checkedNanos() > attributeTtlNanos) {
        versions.check(file.state(), file.node(), attributeTtlNanos);
      }
      boolean sequential = file.continues(offset, offset + length);
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        int n = attempt(file, offset, length, target, sequential, process);
        if (n != BlockLoads.CHANGED) {
          return n;
        }
      }
      return file.reader(store).read(offset, target.asSlice(0, length));
    } finally {
      demandInFlight.decrementAndGet();
    }
  }

  private boolean passesThrough() {
    return chain.lower().isEmpty() && ram.capacityBytes() == 0;
  }

  private int passed(int byteCount, long offset) {
    if (byteCount > 0) {
      loads.passed(geometry.blockIndex(offset + byteCount - 1) - geometry.blockIndex(offset) + 1);
    }
    return byteCount;
  }

  /** Bytes read, or CHANGED if the file's content changed on the way. */
  private int attempt(
      OpenFile file,
      long offset,
      int length,
      MemorySegment target,
      boolean sequential,
      int process) {
    FileState state = file.state();
    BackingNode node = file.node();
    long size = state.size();
    long fileGeneration = state.fileGeneration();
    int wanted = (int) Math.clamp(size - offset, 0, length);
    LoadRequest load =
        new LoadRequest(
            state,
            node,
            fileGeneration,
            size,
            offset + wanted,
            sequential,
            readsAhead && sequential ? file.streakBytes() : 0);
    Access.Source slowest = Access.Source.RAM;
    int done = 0;
    while (done < wanted) {
      long at = offset + done;
      int offsetInBlock = geometry.offsetInBlock(at);
      int n = Math.min(wanted - done, geometry.blockSize() - offsetInBlock);
      if (ram.read(
              state.fileId(),
              geometry.blockIndex(at),
              fileGeneration,
              offsetInBlock,
              n,
              target,
              done)
          != RamTier.MISS) {
        hitBlocks.increment();
      } else {
        n = loads.demand(load, at, n, target, done);
        if (n == BlockLoads.CHANGED) {
          return BlockLoads.CHANGED;
        }
        slowest = load.slowest();
      }
      done += n;
    }
    if (wanted > 0 && isCut(state, offset + wanted)) {
      return BlockLoads.CHANGED;
    }
    note(state, offset, wanted, size, clock.nanoTime(), process, slowest);
    return wanted;
  }

  /**
   * Whether an own truncation, which keeps the generation, has ended the file before {@code end}:
   * what was found behind the new end may be the zeros that fill its last granule.
   */
  private static boolean isCut(FileState state, long end) {
    return state.size() < end;
  }

  private void note(
      FileState state,
      long offset,
      int length,
      long fileSize,
      long nanos,
      int process,
      Access.Source source) {
    accesses.offer(
        state.fileId(), offset, length, fileSize, nanos, Access.Operation.READ, process, source);
  }
}
