package io.emberfs.engine;

import io.emberfs.core.AdmissionPolicy;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Clock;
import io.emberfs.core.FileRecords;
import io.emberfs.core.Meters;
import io.emberfs.core.Pins;
import io.emberfs.core.Prefetcher;
import io.emberfs.core.Scrub;
import io.emberfs.core.StateStore;
import io.emberfs.core.Tier;
import io.emberfs.core.Workers;
import io.emberfs.engine.codec.BlockEncoder;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.file.BackingSync;
import io.emberfs.engine.file.FileTable;
import io.emberfs.engine.file.StripedWriteFence;
import io.emberfs.engine.file.VersionCheck;
import io.emberfs.engine.pin.PinRounds;
import io.emberfs.engine.pin.PinTable;
import io.emberfs.engine.policy.SecondTouch;
import io.emberfs.engine.prefetch.AccessRing;
import io.emberfs.engine.prefetch.PrefetchLimits;
import io.emberfs.engine.prefetch.PrefetchScheduler;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.engine.ram.RamTierSpec;
import io.emberfs.engine.read.BlockLoads;
import io.emberfs.engine.read.ReadPath;
import io.emberfs.engine.scrub.Scrubber;
import io.emberfs.engine.tiers.BlockTransfer;
import io.emberfs.engine.tiers.HandDown;
import io.emberfs.engine.tiers.ScratchPool;
import io.emberfs.engine.tiers.TierChain;
import io.emberfs.engine.warm.WarmSet;
import io.emberfs.engine.write.WritePath;
import java.io.IOException;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The block engine put together: the block cache that the file system calls, and the background
 * roles as steps that a mount runs on threads and a simulation runs in an order of its own.
 *
 * <p>Owns the RAM tier, the scratch memory, the codecs and the file table. The backing, the tiers
 * below and the stores of state belong to whoever made them and are closed after the engine.
 */
public final class Engine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);
  private static final int ACCESS_RING_CAPACITY = 4096;
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final int CHECKED_FILES_MAX = 4096;
  private static final long CHECK_TTL_NANOS_MIN = 100_000_000;

  /** Looks in each time-to-live for open files whose last comparison is too old. */
  private static final int CHECKS_PER_TTL = 4;

  /**
   * Eighths of the time-to-live after which it is: with the time to the next look that is 7/8, so
   * that a comparison comes within the time-to-live in whatever phase the looks are.
   */
  private static final int CHECK_AGE_EIGHTHS = 5;

  private static final long ROLE_IDLE_MILLIS = 20;
  private static final long PREFETCH_IDLE_MILLIS = 5;
  private static final long SCRUB_IDLE_MILLIS = 200;
  private static final long PINS_IDLE_MILLIS = 1_000;

  /** What a kill may lose of the order of RAM's blocks, and of what the models have learned. */
  private static final long SAVE_PERIOD_MILLIS = 60_000;

  /**
   * A budget that a tier can be made with before it is shrunk to nothing; its memory is never
   * touched.
   */
  private static final long OFF_BLOCKS = 16;

  private static final long OFF_BYTES = 1 << 20;

  private final BlockCache cache;
  private final Codecs codecs;
  private final TierChain chain;
  private final FileTable files;
  private final BackingSync backingSync;
  private final VersionCheck versions;
  private final StripedWriteFence fence;
  private final long checkTtlNanos;
  private final HandDown handDown;
  private final BlockLoads loads;
  private final PrefetchScheduler prefetch;
  private final Scrubber scrubber;
  private final PinTable pins;
  private final PinRounds pinRounds;
  private final StateStore state;
  private final WarmSet warm;
  private final ScratchPool loadScratch;
  private final ScratchPool handDownScratch;

  /** Of the thread that saves. */
  private boolean isSaveFailing;

  /**
   * @param fence the same that the tiers in {@code lower} were made with
   * @param codecs closed with the engine
   * @param lower the tiers below RAM, nearest first
   * @param listener hears of files that changed behind the cache
   * @param threadCpuNanos CPU time of the calling thread, for the models' budget
   */
  public Engine(
      EngineConfiguration configuration,
      BackingStore store,
      FileRecords records,
      StateStore state,
      StripedWriteFence fence,
      Codecs codecs,
      RamTierSpec ramSpec,
      List<Tier> lower,
      Prefetcher prefetcher,
      BlockCache.ChangeListener listener,
      Clock clock,
      LongSupplier threadCpuNanos,
      Meters meters) {
    BlockGeometry geometry = configuration.geometry();
    this.state = state;
    this.fence = fence;
    checkTtlNanos = Math.max(CHECK_TTL_NANOS_MIN, configuration.attributeTtlNanos());
    AccessRing accesses = new AccessRing(ACCESS_RING_CAPACITY, meters);
    this.codecs = codecs;
    RamTier ram = ram(ramSpec, fence, meters);
    chain = new TierChain(ram, lower);
    files = new FileTable(store, records, clock, configuration.fileCountMax());
    backingSync = new BackingSync(store, files, clock, meters);
    BlockTransfer transfer =
        new BlockTransfer(
            geometry, codecs, new BlockEncoder(configuration.lower(), codecs, meters));
    versions = new VersionCheck(store, clock, this::dropFile, listener, meters);
    handDownScratch = HandDown.scratchFor(geometry);
    handDown =
        new HandDown(
            chain,
            files,
            fence,
            geometry,
            transfer,
            admission(lower, geometry),
            handDownScratch,
            clock,
            meters);
    loadScratch = BlockLoads.scratchFor(geometry, configuration.loadCountMax());
    loads =
        new BlockLoads(
            geometry,
            store,
            files,
            versions,
            chain,
            transfer,
            handDown,
            fence,
            loadScratch,
            clock,
            this::late,
            meters);
    ReadPath reads =
        new ReadPath(
            geometry,
            chain,
            store,
            loads,
            versions,
            accesses,
            clock,
            configuration.attributeTtlNanos(),
            configuration.readsAhead(),
            meters);
    prefetch =
        new PrefetchScheduler(
            accesses,
            prefetcher,
            loads,
            geometry,
            PrefetchLimits.DEFAULT,
            new PrefetchScheduler.Surroundings(
                clock, reads::demandInFlight, threadCpuNanos, meters));
    scrubber =
        new Scrubber(
            chain, files, loads, geometry.blockSize(), clock, reads::demandInFlight, meters);
    pins = new PinTable(store, files, versions, chain, geometry, state, meters);
    pinRounds = new PinRounds(pins, reads::demandInFlight, clock);
    WritePath writes =
        new WritePath(geometry, store, files, versions, chain, transfer, fence, clock);
    warm =
        new WarmSet(
            ram, files, loads, reads::demandInFlight, state, configuration.warmBlocksMax(), meters);
    cache =
        new BlockEngine(
            store, files, versions, chain, reads, writes, accesses, clock, this::saveAndClose);
  }

  /** What the file system calls. Closing it saves the warm state and closes the engine. */
  public BlockCache cache() {
    return cache;
  }

  /** RAM and what lies below, for those who count. */
  public TierChain chain() {
    return chain;
  }

  /** Verifies what the tiers hold. */
  public Scrub scrub() {
    return scrubber;
  }

  /** Which files the tiers are asked to keep. */
  public Pins pins() {
    return pins;
  }

  /** Takes up the saved pins, whatever becomes of the warm state. */
  public void loadPins() {
    pins.load();
  }

  /** Off-heap scratch memory, all of it in use. */
  public long scratchBytesMax() {
    return loadScratch.byteCount() + handDownScratch.byteCount();
  }

  /**
   * Takes up the saved warm state: the model now, the blocks step by step ({@link #restoreStep}).
   */
  public void restore() {
    warm.load();
    prefetch.load(state);
  }

  /** Runs the background roles on threads of these workers. */
  public void start(Workers workers, int prefetchThreads) {
    workers.restingLoop("emberfs-ram", ROLE_IDLE_MILLIS, chain.ram()::maintain);
    workers.restingLoop("emberfs-hand-down", ROLE_IDLE_MILLIS, handDown::stepIfDue);
    workers.loop("emberfs-check", checkPeriodMillis(), this::checkStep);
    workers.restingLoop("emberfs-restore", ROLE_IDLE_MILLIS, this::restoreStep);
    workers.loop("emberfs-sync", BackingSync.PERIOD_MILLIS, backingSync::step);
    workers.loop("emberfs-save", SAVE_PERIOD_MILLIS, this::saveStep);
    workers.restingLoop("emberfs-predictor", PREFETCH_IDLE_MILLIS, prefetch::predictStep);
    workers.restingLoop("emberfs-scrub", SCRUB_IDLE_MILLIS, scrubber::step);
    workers.restingLoop("emberfs-pins", PINS_IDLE_MILLIS, pinRounds::step);
    for (int i = 0; i < prefetchThreads; i++) {
      workers.restingLoop("emberfs-prefetch-" + i, PREFETCH_IDLE_MILLIS, prefetch::fetchStep);
    }
  }

  /** Copies blocks to the tier below, one bounded step. */
  public int handDownStep() {
    return handDown.step();
  }

  /** Looks after the RAM tier, one bounded step. */
  public int maintainStep() {
    return chain.ram().maintain();
  }

  /** Compares some open files with the backing, those that were not compared lately. */
  public int checkStep() {
    return files.checkOpenFiles(versions, checkTtlNanos / 8 * CHECK_AGE_EIGHTHS, CHECKED_FILES_MAX);
  }

  /** Syncs the backing, if cached blocks wait for that. */
  public int syncStep() {
    return backingSync.step();
  }

  /** How often {@link #checkStep} is due. */
  long checkPeriodMillis() {
    return checkTtlNanos / CHECKS_PER_TTL / NANOS_PER_MILLI;
  }

  /** Learns from accesses, one bounded step. */
  public int predictStep() {
    return prefetch.predictStep();
  }

  /** Fetches what was predicted, one bounded step. */
  public int fetchStep() {
    return prefetch.fetchStep();
  }

  /** Looks what became of the files of some pins, if a round is due. */
  public int pinStep() {
    return pinRounds.step();
  }

  /** Verifies some blocks, if a round is due or asked for. */
  public int scrubStep() {
    return scrubber.step();
  }

  /** Brings some blocks of the warm state back to RAM. */
  public int restoreStep() {
    return warm.restoreStep();
  }

  /** Saves the warm state as it is, for those who may not get to close; returns 0. */
  public int saveStep() {
    try {
      warm.save();
      prefetch.save(state);
      isSaveFailing = false;
    } catch (IOException failed) {
      if (!isSaveFailing) {
        LOG.warn(
            "the warm state was not saved; the next mount begins colder: {}", failed.getMessage());
      }
      isSaveFailing = true;
    }
    return 0;
  }

  @Override
  public void close() {
    cache.close();
  }

  /** The workers have stopped: nobody else is in the engine. */
  private void saveAndClose() {
    handDown.drain();
    files.persistRecords();
    pins.saveChanges();
    saveStep();
    chain.ram().close();
    codecs.close();
    loadScratch.close();
    handDownScratch.close();
  }

  private static AdmissionPolicy admission(List<Tier> lower, BlockGeometry geometry) {
    return lower.isEmpty()
        ? AdmissionPolicy.ALWAYS
        : new SecondTouch(geometry, lower.getFirst().capacityBytes());
  }

  /**
   * RAM switched off is a tier that was shrunk to nothing: it misses and declines, and nobody has
   * to ask whether it is there.
   */
  private RamTier ram(RamTierSpec spec, StripedWriteFence fence, Meters meters) {
    if (spec.capacityBytes() > 0) {
      return new RamTier(spec, fence, new PrefetchOutcomes(), meters, codecs);
    }
    RamTier off =
        new RamTier(
            new RamTierSpec(
                spec.geometry(),
                OFF_BLOCKS * spec.geometry().blockSize() + OFF_BYTES,
                spec.policy(),
                CodecChoice.NONE),
            fence,
            new PrefetchOutcomes(),
            meters,
            codecs);
    off.resize(0);
    return off;
  }

  /**
   * The blocks of a dead generation go. The fence closes meanwhile, so that one on its way up from
   * a lower tier cannot arrive afterwards: numbers of generations may repeat after a kill.
   */
  private void dropFile(long fileId) {
    fence.begin(fileId, 0, Long.MAX_VALUE);
    chain.removeFrom(fileId, 0);
    fence.end(fileId, 0, Long.MAX_VALUE);
    prefetch.invalidated(fileId);
  }

  private void late(long fileId, long blockIndex) {
    prefetch.late(fileId, blockIndex);
  }

  /** Tells the models what became of their proposals. */
  private final class PrefetchOutcomes implements RamTier.Observer {
    @Override
    public void firstUse(long fileId, long blockIndex) {
      prefetch.used(fileId, blockIndex);
    }

    @Override
    public void evictedUnused(long fileId, long blockIndex) {
      prefetch.wasted(fileId, blockIndex);
    }
  }
}
