package io.emberfs.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.emberfs.core.BackingNode;
import io.emberfs.core.BlockCache;
import io.emberfs.core.BlockCache.CachedFile;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.FileRecord;
import io.emberfs.core.FileRecords;
import io.emberfs.core.Histogram;
import io.emberfs.core.Meters;
import io.emberfs.core.NodeIdentity;
import io.emberfs.core.WriteFence;
import io.emberfs.core.WriteJournal;
import io.emberfs.engine.backing.CountingBackingStore;
import io.emberfs.engine.backing.DelayingBackingStore;
import io.emberfs.engine.codec.CodecChoice;
import io.emberfs.engine.codec.Codecs;
import io.emberfs.engine.codec.Lz4Codec;
import io.emberfs.engine.file.StripedWriteFence;
import io.emberfs.engine.ram.RamTierSpec;
import io.emberfs.engine.writeback.JournalReplay;
import io.emberfs.engine.writeback.WriteBack;
import io.emberfs.engine.writeback.WriteBackSpec;
import io.emberfs.testkit.FakeBackingStore;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.FakePrefetcher;
import io.emberfs.testkit.FakeStateStore;
import io.emberfs.testkit.FakeTier;
import io.emberfs.testkit.FakeWriteJournal;
import io.emberfs.testkit.FaultyBackingStore;
import io.emberfs.testkit.HeardFindings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** An engine over fakes, on one thread and a clock that the test turns; it can be restarted. */
final class EngineFixture implements AutoCloseable {
  static final long ATTRIBUTE_TTL_NANOS = 1_000_000_000L;
  private static final int STATE_PIECE_BYTES_MAX = 1 << 24;
  private static final long DIRTY_BYTES_MAX = 1 << 20;
  private static final long FLUSH_AGE_NANOS = 5_000_000_000L;
  private static final int O_RDWR = 2;
  private static final int PUNCH_HOLE_KEEP_SIZE = 3;

  private final int blockSize;
  private final long ramBytes;
  private final FakeClock clock = new FakeClock();
  private final FakeBackingStore store = new FakeBackingStore(clock);
  private final FaultyBackingStore faults = new FaultyBackingStore(store);
  private final FakeStateStore state = new FakeStateStore(STATE_PIECE_BYTES_MAX);
  private final FakeRecords records = new FakeRecords();
  private final FakePrefetcher prefetcher = new FakePrefetcher();
  private final FakeTier ssd;
  private final boolean blind;

  /** Null for an engine that writes through. */
  private @Nullable FakeWriteJournal journal;

  private @Nullable WriteBack writeBack;
  private UnaryOperator<WriteJournal> aroundJournal = UnaryOperator.identity();
  private LongConsumer delay = _ -> {};
  private final HeardFindings findings = new HeardFindings();
  private Meters meters = new Meters();
  private CodecChoice codec = CodecChoice.of(Lz4Codec.ID);
  private WriteFence fence = WriteFence.OPEN;
  private Engine engine;

  EngineFixture(int blockSize, long ramBytes, long ssdBytes) {
    this(blockSize, ramBytes, ssdBytes, false);
  }

  private EngineFixture(int blockSize, long ramBytes, long ssdBytes, boolean blind) {
    this.blockSize = blockSize;
    this.ramBytes = ramBytes;
    this.blind = blind;
    WriteFence present =
        new WriteFence() {
          @Override
          public long sequence() {
            return fence.sequence();
          }

          @Override
          public boolean isCurrent(long fileId, long blockIndex, long sequence) {
            return fence.isCurrent(fileId, blockIndex, sequence);
          }
        };
    this.ssd =
        ssdBytes == 0 ? null : new FakeTier("ssd", new BlockGeometry(blockSize), ssdBytes, present);
    engine = start();
  }

  /**
   * An engine over a backing that shows the same version whatever happens to a file behind it: it
   * must serve stale bytes.
   */
  static EngineFixture blindToChanges(int blockSize, long ramBytes, long ssdBytes) {
    return new EngineFixture(blockSize, ramBytes, ssdBytes, true);
  }

  /** An engine that writes back, from a journal that survives its restarts. */
  static EngineFixture writingBack(int blockSize, long ramBytes, long ssdBytes) {
    EngineFixture fixture = new EngineFixture(blockSize, ramBytes, ssdBytes, false);
    fixture.journal = new FakeWriteJournal();
    fixture.startWriteBack();
    return fixture;
  }

  private void startWriteBack() {
    FakeWriteJournal before = journal;
    if (before == null) {
      return;
    }
    JournalReplay replay = new JournalReplay(clock);
    FakeWriteJournal present = before.reopen(replay);
    journal = present;
    writeBack =
        new WriteBack(
            new WriteBackSpec(DIRTY_BYTES_MAX, FLUSH_AGE_NANOS),
            engine.cache(),
            faults,
            aroundJournal.apply(present),
            replay,
            _ -> {},
            findings,
            clock,
            meters);
  }

  /** Something between the write-back and its journal, from the next start on. */
  void wrapJournal(UnaryOperator<WriteJournal> around) {
    aroundJournal = around;
  }

  /** What the starts were told to keep. */
  Map<String, Object> findings() {
    return findings.all();
  }

  WriteBack writeBack() {
    return requireNonNull(writeBack);
  }

  FakeWriteJournal journal() {
    return requireNonNull(journal);
  }

  private Engine start() {
    StripedWriteFence striped = new StripedWriteFence();
    fence = striped;
    meters = new Meters();
    return new Engine(
        new EngineConfiguration(
            new BlockGeometry(blockSize), ATTRIBUTE_TTL_NANOS, 4, 100, 10_000, true, codec),
        new CountingBackingStore(
            new DelayingBackingStore(
                blind ? FrozenVersions.of(store) : faults, 1, millis -> delay.accept(millis)),
            meters),
        records,
        state,
        striped,
        Codecs.standard(),
        new RamTierSpec(new BlockGeometry(blockSize), ramBytes, "s3fifo", codec),
        ssd == null ? List.of() : List.of(ssd),
        prefetcher,
        _ -> {},
        clock,
        () -> 0,
        meters);
  }

  FakeBackingStore store() {
    return store;
  }

  /** Faults that are armed here befall the engine. */
  FaultyBackingStore faults() {
    return faults;
  }

  /** What survives a restart beside the records. */
  FakeStateStore state() {
    return state;
  }

  BlockCache cache() {
    WriteBack present = writeBack;
    return present == null ? engine.cache() : present.cache();
  }

  Engine engine() {
    return engine;
  }

  FakeClock clock() {
    return clock;
  }

  long counter(String name) {
    return meters.counter(name).value();
  }

  /** What a gauge shows; fails if there is none. */
  long gauge(String name) {
    AtomicLong found = new AtomicLong(-1);
    meters.visit(
        new Meters.Visitor() {
          @Override
          public void count(String meter, long value) {
            if (meter.equals(name)) {
              found.set(value);
            }
          }

          @Override
          public void ratio(String meter, double value) {}

          @Override
          public void histogram(String meter, Histogram histogram) {}
        });
    if (found.get() < 0) {
      throw new AssertionError("no meter " + name);
    }
    return found.get();
  }

  long ssdBlocks() {
    return ssd.blockCount();
  }

  FakeTier ssd() {
    return ssd;
  }

  /** Has blocks of the file that is read next fetched, when the roles run. */
  void proposeWithNextRead(long firstBlockIndex, int blockCount) {
    prefetcher.onNextAccess(() ->
        prefetcher.willPropose(
            prefetcher.accesses().getLast().fileId(), firstBlockIndex, blockCount, 0, 1));
  }

  CachedFile open(String name) {
    return cache().open(node(name), O_RDWR);
  }

  /** What every request to the backing waits for from now on. */
  void delayBacking(LongConsumer newDelay) {
    delay = newDelay;
  }

  /** What blocks are compressed with from the next start on. */
  void chooseCodec(CodecChoice newCodec) {
    codec = newCodec;
  }

  /** The node of a name, with a reference for the caller. */
  BackingNode node(String name) {
    return store.lookup(store.root(), name.getBytes(UTF_8));
  }

  void close(CachedFile file) {
    BackingNode node = file.node();
    cache().close(file);
    node.release(1);
  }

  /** Reads as the file system does: the hit path first. */
  byte[] read(CachedFile file, long offset, int length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(length);
      int n = cache().readNow(file, offset, length, target, 1);
      if (n == BlockCache.WOULD_WAIT) {
        n = cache().read(file, offset, length, target, 1);
      }
      return target.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  void write(CachedFile file, long offset, byte[] data) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocateFrom(ValueLayout.JAVA_BYTE, data);
      int n = cache().write(file, offset, source, 1);
      if (n != data.length) {
        throw new AssertionError("wrote " + n + " of " + data.length);
      }
    }
  }

  void append(CachedFile file, byte[] data) {
    try (Arena arena = Arena.ofConfined()) {
      cache().append(file, arena.allocateFrom(ValueLayout.JAVA_BYTE, data), 1);
    }
  }

  void truncate(String name, long size) {
    BackingNode node = store.lookup(store.root(), name.getBytes(UTF_8));
    cache().truncate(node, size);
    node.release(1);
  }

  void punch(CachedFile file, long offset, long length) {
    cache().allocate(file, PUNCH_HOLE_KEEP_SIZE, offset, length);
  }

  long copyRange(
      CachedFile source, long offset, CachedFile target, long targetOffset, long length) {
    return cache().copyRange(source, offset, target, targetOffset, length);
  }

  void clear(String tier) {
    cache().drop(tier);
  }

  void runRoles() {
    engine.maintainStep();
    engine.handDownStep();
    engine.restoreStep();
    engine.predictStep();
    engine.fetchStep();
    if (writeBack != null) {
      writeBack.flushStep();
    }
  }

  void advanceMillis(long millis) {
    clock.advanceNanos(millis * 1_000_000);
  }

  void passAttributeTtl() {
    clock.advanceNanos(ATTRIBUTE_TTL_NANOS + 1);
  }

  /** Lets every change so far become old enough to be trusted. */
  void passYouth() {
    clock.advanceNanos(10_000_000_000L);
  }

  /**
   * Ends the engine, by a clean close or as a kill would, and starts another over the same state.
   */
  void restart(boolean clean) {
    restartWith(clean, () -> {});
  }

  /** As {@link #restart}, with something that happens while nothing runs. */
  void restartWith(boolean clean, Runnable meanwhile) {
    WriteBack ended = writeBack;
    if (clean) {
      if (ended != null) {
        int _ = ended.flushAll();
        ended.close();
      }
      engine.close();
    }
    meanwhile.run();
    engine = start();
    engine.restore();
    startWriteBack();
  }

  /** The power goes: what was not synced is lost, here and there. */
  void powerCut(RandomGenerator random) {
    restartWith(
        false,
        () -> {
          store.powerCut();
          journal().powerCut(random.nextLong());
        });
  }

  @Override
  public void close() {
    engine.close();
  }

  private static final class FakeRecords implements FileRecords {
    private final Map<NodeIdentity, FileRecord> byIdentity = new HashMap<>();
    private long lastFileId;

    @Override
    public Optional<FileRecord> find(NodeIdentity identity) {
      return Optional.ofNullable(byIdentity.get(identity));
    }

    @Override
    public void put(FileRecord record) {
      byIdentity.put(record.version().identity(), record);
    }

    @Override
    public void remove(NodeIdentity identity, long fileId) {
      byIdentity.remove(identity);
    }

    @Override
    public long newFileId() {
      return ++lastFileId;
    }
  }
}
