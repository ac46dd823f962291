package io.emberfs.simulation;

import io.emberfs.core.BlockCache;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Clock;
import io.emberfs.core.Codec;
import io.emberfs.core.Meters;
import io.emberfs.core.Pins;
import io.emberfs.core.StateStore;
import io.emberfs.engine.Engine;
import io.emberfs.engine.EngineConfiguration;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.Lz4Codec;
import io.emberfs.engine.codec.NoneCodec;
import io.emberfs.engine.file.StripedWriteFence;
import io.emberfs.engine.policy.PolicyFactory;
import io.emberfs.engine.ram.RamTierProbe;
import io.emberfs.engine.ram.RamTierSpec;
import io.emberfs.testkit.FaultyStateStore;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Field;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/** The engine from one start of the process to its end, with its roles at work. */
final class Mount {
  private static final int WARM_BLOCKS_MAX = 100;
  private static final int PREFETCH_THREADS = 2;
  private static final int BLOCKS_MAX = 64;

  /** Working buffers and hit rings of the RAM tier. */
  private static final int RAM_FIXED_BYTES = 10_240;

  private static final int RAM_BUFFERS = 4;

  /** Table entry and indexes of a page, at most, without the policy's. */
  private static final int RAM_BYTES_PER_PAGE = FileHistory.GRANULE_SIZE + 192;

  /** Older than any file, to a clock that is wrong. */
  private static final long WRONG_BY_NANOS = 60_000_000_000L;

  private final World world;
  private final Meters meters = new Meters();
  private final StripedWriteFence fence = new StripedWriteFence();
  private final SimulatedBacking backing;
  private final @Nullable SimulatedSsd ssd;
  private final Engine engine;
  private final BitRot rot;
  private final Set<Long> fileIds = new HashSet<>();
  private boolean dead;

  /**
   * @param memory {@link SimulatedSsd#memoryBytes}
   */
  Mount(World world, MemorySegment memory) {
    this.world = world;
    Weather weather = world.weather;
    BlockGeometry geometry = new BlockGeometry(weather.blockSize());
    backing = new SimulatedBacking(world, fenceForgets(world.plant));
    ssd = weather.ssdBytes() == 0 ? null : new SimulatedSsd(world, fence, memory, () -> dead);
    CodecChoice compression = weather.compresses() ? CodecChoice.of(Lz4Codec.ID) : CodecChoice.NONE;
    Codec lz4 = new PausingCodec(new Lz4Codec(), world.scheduler);
    engine =
        new Engine(
            new EngineConfiguration(
                geometry,
                weather.ttlNanos(),
                weather.loadCountMax(),
                weather.fileCountMax(),
                WARM_BLOCKS_MAX,
                weather.readsAhead(),
                compression),
            backing,
            new SimulatedRecords(world, () -> dead),
            new MortalState(
                new FaultyStateStore(world.state, world.random, weather.stateFaultChance())),
            fence,
            new Codecs(List.of(new NoneCodec(), lz4)),
            new RamTierSpec(geometry, ramBytes(weather), weather.policy(), compression),
            ssd == null ? List.of() : List.of(ssd),
            new SeededPrefetcher(world.random, weather.proposals()),
            _ -> world.scheduler.pause(),
            clock(),
            () -> 0,
            meters);
    engine.loadPins();
    engine.restore();
    rot = new BitRot(world, engine);
    engine.start(rot, PREFETCH_THREADS);
  }

  private Runnable fenceForgets(Plant plant) {
    if (plant != Plant.LATE_INSERT) {
      return () -> {};
    }
    // The engine is made with this very class, so nothing can stand between the two.
    AtomicLongArray ended;
    try {
      Field field = StripedWriteFence.class.getDeclaredField("ended");
      field.setAccessible(true);
      ended = (AtomicLongArray) field.get(fence);
    } catch (ReflectiveOperationException missing) {
      throw new IllegalStateException("the fence remembers the ends of writes otherwise", missing);
    }
    return () -> {
      for (int stripe = 0; stripe < ended.length(); stripe++) {
        ended.set(stripe, 0);
      }
    };
  }

  private static long ramBytes(Weather weather) {
    if (weather.ramPages() == 0) {
      return 0;
    }
    long perPage = RAM_BYTES_PER_PAGE + PolicyFactory.bytesPerSlot(weather.policy());
    long bytes =
        RAM_FIXED_BYTES + (long) RAM_BUFFERS * weather.blockSize() + weather.ramPages() * perPage;
    // The tier counts what the policy needs for as many slots as its whole budget has pages, and
    // as many again, for slots get their memory some at a time.
    int slotsMax = (int) (2 * bytes / FileHistory.GRANULE_SIZE);
    return bytes
        + PolicyFactory.bytesBesides(weather.policy(), slotsMax)
        + (long) slotsMax * PolicyFactory.bytesPerSlot(weather.policy());
  }

  private Clock clock() {
    if (world.plant != Plant.NO_YOUTH) {
      return world.clock;
    }
    return new Clock() {
      @Override
      public long nanoTime() {
        return world.clock.nanoTime();
      }

      @Override
      public long wallNanos() {
        return world.clock.wallNanos() + WRONG_BY_NANOS;
      }
    };
  }

  BlockCache cache() {
    return engine.cache();
  }

  SimulatedBacking backing() {
    return backing;
  }

  void noteFileId(long fileId) {
    fileIds.add(fileId);
  }

  /** Makes the RAM tier smaller by some pages, or nothing, or as large as it was. */
  void squeeze() {
    Weather weather = world.weather;
    if (weather.ramPages() == 0) {
      return;
    }
    long bytes =
        switch (world.random.nextInt(4)) {
          case 0 -> 0;
          case 1 -> ramBytes(weather);
          default ->
              Math.max(
                  engine.chain().ram().capacityBytesMin(),
                  ramBytes(weather)
                      - (long) world.random.nextInt(weather.ramPages()) * FileHistory.GRANULE_SIZE);
        };
    engine.chain().ram().resize(bytes);
    world.trace.note("RAM is resized to", bytes, 0);
  }

  /** Pins a file in RAM, or takes its pin away; where the backing fails, neither. */
  void pin(String name) {
    boolean isWanted = world.random.nextInt(3) > 0;
    Pins.Outcome outcome =
        isWanted
            ? engine.pins().pin(List.of(name), "ram", world.random.nextBoolean())
            : engine.pins().unpin(List.of(name), "all");
    world.trace.note(
        isWanted ? "pinned" : "unpinned", outcome instanceof Pins.Outcome.Done ? 1 : 0, 0);
  }

  /** Ends in order; every program has closed its files. */
  void end() {
    world.scheduler.close();
    world.trace.driver();
    requireNothingLeft();
    engine.close();
    world.ssd.endInOrder();
  }

  /** Is killed: what is under way ends where it stands. */
  void die(boolean powerIsCut) {
    world.scheduler.crash();
    dead = true;
    world.trace.driver();
    world.trace.note(powerIsCut ? "power cut" : "kill", 0, 0);
    // What is closed now changes nothing any more; it gives back the memory.
    engine.close();
    if (powerIsCut) {
      world.ssd.cutPower();
      world.cutPower();
    } else {
      world.ssd.kill();
    }
  }

  private void requireNothingLeft() {
    require(backing.openCount() == 0, backing.openCount() + " files of the backing are open");
    require(
        RamTierProbe.isConsistent(engine.chain().ram()),
        "policy, table and pages of the RAM tier do not agree");
    for (long fileId : fileIds) {
      for (long block = 0; block < BLOCKS_MAX; block++) {
        require(
            fence.isCurrent(fileId, block, fence.sequence()),
            "the fence stays closed over block %d of file %d".formatted(block, fileId));
      }
    }
    SimulatedSsd tier = ssd;
    if (tier != null) {
      require(tier.lentCount() == 0, tier.lentCount() + " blocks of the lower tier are lent");
      require(
          count("handDown.blocks") == tier.takenCount(),
          "%d blocks counted as handed down, %d taken"
              .formatted(count("handDown.blocks"), tier.takenCount()));
    }
    long damagedCount = rot.turnedCount() + (tier == null ? 0 : tier.damagedCount());
    require(
        count("integrity.checksumFailures") <= damagedCount,
        "more damage was counted than there was");
    require(
        engine.chain().ram().usedBytes() <= ramBytes(world.weather)
            || world.weather.ramPages() == 0,
        "the RAM tier is larger than its budget");
    long decided = count("prefetch.usedBlocks") + count("prefetch.wastedBlocks");
    require(
        decided <= count("prefetch.issuedBlocks"),
        "more prefetched blocks were used or wasted than fetched");
  }

  private long count(String name) {
    return meters.counter(name).value();
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  /** The state store as long as the process lives. */
  private final class MortalState implements StateStore {
    private final StateStore store;

    MortalState(StateStore store) {
      this.store = store;
    }

    @Override
    public void save(String name, Writer writer) throws IOException {
      if (!dead) {
        store.save(name, writer);
      }
    }

    @Override
    public Optional<DataInputStream> load(String name) {
      return store.load(name);
    }

    @Override
    public void remove(String name) throws IOException {
      if (!dead) {
        store.remove(name);
      }
    }
  }
}
