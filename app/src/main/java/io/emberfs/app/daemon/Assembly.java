package io.emberfs.app.daemon;

import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.Compression;
import io.emberfs.app.config.MountConfiguration;
import io.emberfs.app.config.MountConfiguration.Sharing;
import io.emberfs.app.config.MountConfiguration.Transport;
import io.emberfs.app.config.SystemMemory;
import io.emberfs.core.BackingStore;
import io.emberfs.core.BlockCache;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Clock;
import io.emberfs.core.FileRecords;
import io.emberfs.core.FuseTransport;
import io.emberfs.core.Meters;
import io.emberfs.core.MountSpec;
import io.emberfs.core.Prefetcher;
import io.emberfs.core.StartFindings;
import io.emberfs.core.Tier;
import io.emberfs.core.Workers;
import io.emberfs.core.WriteJournal;
import io.emberfs.engine.Engine;
import io.emberfs.engine.EngineConfiguration;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.GzipCodec;
import io.emberfs.engine.codec.Lz4Codec;
import io.emberfs.engine.codec.SnappyCodec;
import io.emberfs.engine.codec.ZstdCodec;
import io.emberfs.engine.file.StripedWriteFence;
import io.emberfs.engine.policy.PolicyFactory;
import io.emberfs.engine.ram.RamBudget;
import io.emberfs.engine.ram.RamTierSpec;
import io.emberfs.ffi.CpuClock;
import io.emberfs.ffi.Credentials;
import io.emberfs.ffi.FileClock;
import io.emberfs.fuse.channel.DevTransport;
import io.emberfs.fuse.channel.UringTransport;
import io.emberfs.fuse.fs.DirectoryWatches;
import io.emberfs.fuse.fs.EmberFileSystem;
import io.emberfs.fuse.fs.FsOptions;
import io.emberfs.fuse.fs.KernelNotifier;
import io.emberfs.fuse.jnr.JnrTransport;
import io.emberfs.fuse.node.NodeTable;
import io.emberfs.persistence.ssd.SsdDatabase;
import io.emberfs.persistence.ssd.SsdSpec;
import io.emberfs.persistence.state.StateDirectory;
import io.emberfs.predictor.SilentPrefetcher;
import io.emberfs.predictor.arbiter.Arbiter;
import io.emberfs.predictor.ngram.NgramPrefetcher;
import io.emberfs.predictor.stream.StreamPrefetcher;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Puts the rooms together: the one class that names the concrete classes of the other modules.
 *
 * <p>What is made later is closed earlier: transport, workers, watches, write-back, engine,
 * database, namespace, backing, state directory.
 */
public final class Assembly implements Daemon.Assembler {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final int RECEIVING_THREADS = 2;
  private static final int REQUESTS_IN_FLIGHT_MAX = 256;
  private static final int REQUEST_BYTES_MAX = 1 << 20;
  private static final int WORKER_THREADS = 32;
  private static final int WORKERS_PER_USER_MAX = WORKER_THREADS * 3 / 4;
  private static final int TASKS_QUEUED_MAX = 4096;
  private static final int PREFETCH_THREADS = 2;

  /** Of the heap, what the nodes of the kernel may take, and what one takes with all its tables. */
  private static final double NODES_SHARE = 0.75;

  private static final int NODE_BYTES = 350;
  private static final int FILE_STATES_MAX = 256 << 10;
  private static final int WARM_BLOCKS_MAX = 1 << 20;
  private static final int NGRAM_ENTRIES = 64 << 10;

  /** Below RAM, where uses are rare, and most blocks are never used again. */
  private static final String LOWER_POLICY = "s3fifo";

  private final Wrappers wrappers;

  /** The assembly of the product. */
  public Assembly() {
    this(Wrappers.NONE);
  }

  /** An assembly with something between the engine and what it stands on. */
  public Assembly(Wrappers wrappers) {
    this.wrappers = wrappers;
  }

  /**
   * What is put around the parts that the engine stands on.
   *
   * @param backing wraps the backing, below the counting
   * @param lowerTier wraps each tier below RAM
   * @param journal wraps the write-back journal
   */
  public record Wrappers(
      UnaryOperator<BackingStore> backing,
      UnaryOperator<Tier> lowerTier,
      UnaryOperator<WriteJournal> journal) {
    /** Nothing. */
    public static final Wrappers NONE =
        new Wrappers(UnaryOperator.identity(), UnaryOperator.identity(), UnaryOperator.identity());
  }

  @Override
  public AssembledMount assemble(MountConfiguration configuration, Meters meters)
      throws Refusal, IOException {
    List<AutoCloseable> opened = new ArrayList<>();
    try {
      return assemble(configuration, meters, opened);
    } catch (Refusal | IOException | RuntimeException | Error failed) {
      for (AutoCloseable each : opened) {
        try {
          each.close();
        } catch (Exception second) {
          failed.addSuppressed(second);
        }
      }
      throw failed;
    }
  }

  /**
   * @param opened gets everything that has an end, the last opened first
   */
  private AssembledMount assemble(
      MountConfiguration configuration, Meters meters, List<AutoCloseable> opened)
      throws Refusal, IOException {
    Credentials.dropSupplementaryGroups();
    Clock clock = Clock.SYSTEM;

    MountState state = MountState.open(configuration, meters);
    opened.addFirst(state);
    MountBacking backing = MountBacking.open(configuration, state, wrappers.backing(), meters);
    opened.addFirst(backing);
    BackingStore store = backing.store();
    opened.addFirst(backing.keeper());

    StripedWriteFence fence = new StripedWriteFence();
    List<Tier> lower = new ArrayList<>();
    FileRecords records = FileRecords.none();
    Optional<String> coldStart = Optional.empty();
    Workers.Step care = () -> 0;
    if (configuration.ssdBytes() > 0 && state.directory() instanceof StateDirectory directory) {
      SsdDatabase ssd =
          SsdDatabase.open(
              directory.ssd(),
              new SsdSpec(
                  configuration.geometry(),
                  configuration.ssdBytes(),
                  configuration.keepFreeBytes(),
                  PolicyFactory.of(LOWER_POLICY)),
              fence,
              clock,
              meters);
      opened.addFirst(ssd);
      lower.add(wrappers.lowerTier().apply(ssd.tier()));
      records = ssd.records();
      coldStart = ssd.coldStart();
      tell(ssd, state.findings());
      care = ssd::care;
      meters.gauge("memory.ssdBytesMax", ssd::memoryBytesMax);
    }

    FuseTransport transport = transport(configuration, meters);
    NodeTable nodes = new NodeTable(store.root(), nodesMax());
    KernelNotifier notifier = new KernelNotifier(nodes, transport);
    Engine engine =
        new Engine(
            engineConfiguration(configuration),
            store,
            records,
            state.store(),
            fence,
            Codecs.standard(configuration.compression().zstdLevel()),
            new RamTierSpec(
                configuration.geometry(),
                configuration.ramBytesMax(),
                configuration.policyName(),
                warmChoice(configuration.compression().choice())),
            lower,
            prefetcher(configuration.prefetch(), configuration.geometry(), meters),
            notifier,
            clock,
            CpuClock::threadNanos,
            meters);
    opened.addFirst(engine);
    engine.loadPins();
    if (configuration.restoreWarm()) {
      engine.restore();
    } else {
      lower.forEach(Tier::clear);
    }

    MountWriteBack writeBack =
        MountWriteBack.open(
            configuration,
            state,
            wrappers.journal(),
            engine.cache(),
            store,
            notifier,
            new FileClock(),
            meters);
    if (writeBack != null) {
      opened.addFirst(writeBack);
    }
    BlockCache cache = writeBack == null ? engine.cache() : writeBack.cache();

    DirectoryWatches watches = watches(configuration, store, cache, nodes, notifier, meters);
    opened.addFirst(watches);

    PoolWorkers workers = new PoolWorkers(WORKER_THREADS, TASKS_QUEUED_MAX, meters);
    opened.addFirst(workers);
    engine.start(workers, configuration.prefetch() ? PREFETCH_THREADS : 0);
    RamBudget ramBudget =
        new RamBudget(
            engine.chain().ram(), configuration.ramBytes(), new SystemMemory(), clock, meters);
    workers.loop("emberfs-memory", RamBudget.PERIOD_MILLIS, ramBudget::step);
    workers.loop("emberfs-ssd", SsdDatabase.CARE_PERIOD_MILLIS, care);
    if (writeBack != null) {
      writeBack.start(workers);
    }
    backing.keeper().start(workers, () -> writeBack == null || writeBack.dirtyFileCount() == 0);
    notifier.start(workers);
    watches.start(workers);
    EmberFileSystem fileSystem =
        new EmberFileSystem(
            store,
            cache,
            nodes,
            notifier,
            watches,
            workers,
            fsOptions(configuration),
            clock,
            meters);
    opened.addFirst(transport);
    List<Tier> tiers = new ArrayList<>(lower);
    tiers.addFirst(engine.chain().ram());
    showTiers(tiers, meters);
    meters.ratio("cpuSeconds.total", () -> CpuClock.processNanos() / NANOS_PER_SECOND);
    meters.gauge("nodes.known", nodes::count);
    meters.gauge("memory.transportBytesMax", transport::bufferBytesMax);
    meters.gauge("memory.scratchBytesMax", engine::scratchBytesMax);
    return new AssembledMount(
        transport,
        fileSystem,
        mountSpec(configuration),
        cache,
        engine.scrub(),
        engine.pins(),
        tiers,
        coldStart,
        new TierResizing(configuration, ramBudget, tiers),
        writeBack,
        meters,
        state::answered,
        opened);
  }

  private static void tell(SsdDatabase ssd, StartFindings findings) {
    findings.count("ssdBlocks", ssd.tier().blockCount());
    findings.count("ssdBytes", ssd.tier().usedBytes());
    findings.count("fileRecords", ssd.fileRecordCount());
    ssd.coldStart().ifPresent(why -> findings.text("ssdColdStart", why));
  }

  /** Where nothing is remembered, or by nobody else changed, nothing has to be told. */
  private static DirectoryWatches watches(
      MountConfiguration configuration,
      BackingStore store,
      BlockCache cache,
      NodeTable nodes,
      KernelNotifier notifier,
      Meters meters) {
    return new DirectoryWatches(
        configuration.attributeTtl().isZero() || configuration.sharing() == Sharing.EXCLUSIVE
            ? null
            : store.watch(),
        store,
        cache,
        nodes,
        notifier,
        meters);
  }

  /** Whether rings can be had shows only while it mounts; without them it is the device's. */
  private static FuseTransport transport(MountConfiguration configuration, Meters meters) {
    boolean kernelCache = kernelCache(configuration);
    return switch (configuration.transport()) {
      case JNR -> new JnrTransport(configuration.attributeTtl().toNanos(), Clock.SYSTEM, meters);
      case DEV -> new DevTransport(kernelCache, meters);
      case AUTO, URING -> new UringTransport(kernelCache, meters);
    };
  }

  private static boolean kernelCache(MountConfiguration configuration) {
    return switch (configuration.kernelCache()) {
      case ON -> true;
      case OFF -> false;
      case AUTO -> configuration.transport() != Transport.JNR;
    };
  }

  private static int nodesMax() {
    return (int) Math.min(1 << 30, NODES_SHARE * Runtime.getRuntime().maxMemory() / NODE_BYTES);
  }

  private static EngineConfiguration engineConfiguration(MountConfiguration configuration) {
    return new EngineConfiguration(
        configuration.geometry(),
        configuration.attributeTtl().toNanos(),
        WORKER_THREADS + PREFETCH_THREADS + 1,
        FILE_STATES_MAX,
        WARM_BLOCKS_MAX,
        configuration.prefetch(),
        lowerChoice(configuration.compression().choice()));
  }

  /** What the warm part of RAM is compressed with: a hit there waits for the codec. */
  static CodecChoice warmChoice(Compression.Choice choice) {
    return choice == Compression.Choice.AUTO
        ? CodecChoice.adaptive(Lz4Codec.ID)
        : namedChoice(choice);
  }

  /** What is handed down is compressed with: in the background, where space counts for more. */
  static CodecChoice lowerChoice(Compression.Choice choice) {
    return choice == Compression.Choice.AUTO
        ? CodecChoice.adaptive(ZstdCodec.ID)
        : namedChoice(choice);
  }

  private static CodecChoice namedChoice(Compression.Choice choice) {
    return switch (choice) {
      case LZ4 -> CodecChoice.of(Lz4Codec.ID);
      case ZSTD -> CodecChoice.of(ZstdCodec.ID);
      case GZIP -> CodecChoice.of(GzipCodec.ID);
      case SNAPPY -> CodecChoice.of(SnappyCodec.ID);
      case AUTO, OFF -> CodecChoice.NONE;
    };
  }

  /**
   * The models of a mount.
   *
   * @param isOn else they learn nothing and propose nothing
   */
  public static Prefetcher prefetcher(boolean isOn, BlockGeometry geometry, Meters meters) {
    return isOn
        ? new Arbiter(
            List.of(new StreamPrefetcher(geometry), new NgramPrefetcher(geometry, NGRAM_ENTRIES)),
            meters)
        : new SilentPrefetcher();
  }

  private static FsOptions fsOptions(MountConfiguration configuration) {
    long ttlNanos = configuration.attributeTtl().toNanos();
    return new FsOptions(
        ttlNanos,
        ttlNanos,
        kernelCache(configuration),
        configuration.extendedAttributes(),
        configuration.flags().readOnly(),
        WORKERS_PER_USER_MAX);
  }

  private static MountSpec mountSpec(MountConfiguration configuration) {
    return new MountSpec(
        configuration.mountPoint(),
        configuration.backing().toString(),
        configuration.flags().allowOther(),
        configuration.flags().readOnly(),
        configuration.flags().setUserId(),
        configuration.flags().devices(),
        configuration.flags().execution(),
        configuration.accessControlLists(),
        REQUEST_BYTES_MAX,
        RECEIVING_THREADS,
        REQUESTS_IN_FLIGHT_MAX);
  }

  private static void showTiers(List<Tier> tiers, Meters meters) {
    for (Tier tier : tiers) {
      String name = "tiers." + tier.name();
      meters.gauge(name + ".capacityBytes", tier::capacityBytes);
      meters.gauge(name + ".usedBytes", tier::usedBytes);
      meters.gauge(name + ".logicalBytes", tier::logicalBytes);
      meters.gauge(name + ".blocks", tier::blockCount);
      meters.gauge(name + ".evictions", tier::evictionCount);
      meters.gauge(name + ".heldBytes", () -> tier.pins().heldBytes());
    }
  }
}
