package io.emberfs.bench;

import io.emberfs.app.daemon.PoolWorkers;
import io.emberfs.core.BackingNode;
import io.emberfs.core.BlockCache;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Clock;
import io.emberfs.core.FileRecords;
import io.emberfs.core.Meters;
import io.emberfs.engine.Engine;
import io.emberfs.engine.EngineConfiguration;
import io.emberfs.engine.backing.PosixBackingStore;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.file.StripedWriteFence;
import io.emberfs.engine.policy.PolicyFactory;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.engine.ram.RamTierSpec;
import io.emberfs.ffi.CpuClock;
import io.emberfs.predictor.SilentPrefetcher;
import io.emberfs.testkit.FakeStateStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The block engine as a mount has it, its roles on threads, without the kernel and the file system
 * above it. A RAM tier only; nothing is fetched ahead or compressed.
 */
final class BareEngine implements AutoCloseable {
  private static final int WORKER_THREADS = 2;
  private static final int TASKS_QUEUED_MAX = 64;
  private static final int LOADS_MAX = 4;
  private static final int FILES_MAX = 64;
  private static final int STATE_BYTES_MAX = 1 << 20;

  /** No comparison with the backing falls into what is measured. */
  private static final long ATTRIBUTE_TTL_NANOS = TimeUnit.HOURS.toNanos(1);

  private final PosixBackingStore store;
  private final PoolWorkers workers;
  private final Engine engine;

  BareEngine(Path backing, long ramBytes) {
    Meters meters = new Meters();
    BlockGeometry geometry = new BlockGeometry(BlockGeometry.BLOCK_SIZE_DEFAULT);
    store = new PosixBackingStore(backing);
    engine =
        new Engine(
            new EngineConfiguration(
                geometry, ATTRIBUTE_TTL_NANOS, LOADS_MAX, FILES_MAX, 0, true, CodecChoice.NONE),
            store,
            FileRecords.none(),
            new FakeStateStore(STATE_BYTES_MAX),
            new StripedWriteFence(),
            Codecs.standard(),
            new RamTierSpec(geometry, ramBytes, PolicyFactory.DEFAULT, CodecChoice.NONE),
            List.of(),
            new SilentPrefetcher(),
            _ -> {},
            Clock.SYSTEM,
            CpuClock::threadNanos,
            meters);
    workers = new PoolWorkers(WORKER_THREADS, TASKS_QUEUED_MAX, meters);
    engine.start(workers, 0);
  }

  BlockCache cache() {
    return engine.cache();
  }

  RamTier ram() {
    return engine.chain().ram();
  }

  /** Opens a file of the backing for reading. */
  BlockCache.CachedFile open(String name) {
    BackingNode node = store.lookup(store.root(), name.getBytes(StandardCharsets.UTF_8));
    return engine.cache().open(node, 0);
  }

  /** Ends what {@link #open} began. */
  void close(BlockCache.CachedFile file) {
    BackingNode node = file.node();
    engine.cache().close(file);
    node.release(1);
  }

  @Override
  public void close() {
    workers.close();
    engine.close();
    store.close();
  }
}
