package io.emberfs.simulation;

import io.emberfs.core.BackingException;
import io.emberfs.core.BackingNode;
import io.emberfs.core.NodeIdentity;
import io.emberfs.testkit.FakeBackingStore;
import io.emberfs.testkit.FakeClock;
import io.emberfs.testkit.FakeStateStore;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** What outlives the death of the process that is simulated, and what all parts of a run share. */
final class World {
  private static final long YOUNG_NANOS = 2_000_000_000L;
  private long incarnation = 1;
  private static final int STATE_PIECE_BYTES_MAX = 1 << 20;
  private static final int MEMORY_BYTES = 4 << 20;

  /** Memory for readers, writers and lent blocks; one run at a time uses it. */
  private static final MemorySegment MEMORY = Arena.global().allocate(MEMORY_BYTES, 4096);

  final RandomGenerator random;
  final Weather weather;
  final Plant plant;
  final FakeClock clock = new FakeClock();
  final Trace trace;
  final Scheduler scheduler;
  final FakeBackingStore disk = new FakeBackingStore(clock);
  final SsdDevice ssd;
  final FakeStateStore state = new FakeStateStore(STATE_PIECE_BYTES_MAX);
  private final Map<NodeIdentity, FileHistory> histories = new HashMap<>();
  private long memoryUsed;
  private boolean calm;
  private long stamp;

  World(RandomGenerator random, Plant plant, boolean writesTrace) {
    this.random = random;
    this.plant = plant;
    weather = Weather.of(random);
    trace = new Trace(clock, writesTrace);
    scheduler = new Scheduler(random, trace, weather.sleepChance());
    ssd = new SsdDevice(random, plant);
  }

  /** Memory for the rest of the run. */
  MemorySegment allocate(long bytes) {
    MemorySegment part = MEMORY.asSlice(memoryUsed, bytes);
    memoryUsed += bytes;
    return part;
  }

  /** Whether this is memory of a program, or of the tier below, and not the engine's. */
  static boolean isOfPrograms(MemorySegment memory) {
    return memory.asOverlappingSlice(MEMORY).isPresent();
  }

  /** Nothing fails any more. */
  void calmDown() {
    calm = true;
  }

  boolean strikes(double chance) {
    return chance > 0 && !calm && random.nextDouble() < chance;
  }

  /** Whether a call of the backing fails; whoever makes it may then answer with an error. */
  boolean failsBacking() {
    if (!strikes(weather.faultChance())) {
      return false;
    }
    scheduler.activity().noteFault();
    return true;
  }

  /** A file that is there from now on. */
  FileHistory enter(String name, BackingNode node, byte[] content) {
    FileHistory file = new FileHistory(name, node, content, clock, weather.ttlNanos());
    histories.put(node.identity(), file);
    return file;
  }

  FileHistory of(BackingNode node) {
    FileHistory file = histories.get(node.identity());
    if (file == null) {
      throw new IllegalStateException("nobody made " + node);
    }
    return file;
  }

  List<FileHistory> files() {
    return new ArrayList<>(histories.values());
  }

  /** Bytes that no other call gave, half of which can be compressed. */
  byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    long word = ++stamp * 0x9E3779B97F4A7C15L;
    for (int i = 0; i < length; i++) {
      if (i % 256 == 0) {
        word = word * 6364136223846793005L + 1442695040888963407L;
      }
      bytes[i] = (byte) (word >>> (i % 8 * 8));
    }
    return bytes;
  }

  // What others do to the backing.

  /** Somebody else changes a file in one step. */
  void changeBehind(FileHistory file) {
    byte[] old = file.content();
    byte[] content =
        switch (random.nextInt(4)) {
          case 0 -> bytes(random.nextInt(weather.fileBytesMax()));
          case 1 -> FileHistory.resized(random.nextInt(old.length + 1)).apply(old);
          case 2 -> FileHistory.written(old.length, bytes(1 + random.nextInt(5000))).apply(old);
          default -> {
            int offset = random.nextInt(old.length + 1);
            yield FileHistory.written(offset, bytes(1 + random.nextInt(5000))).apply(old);
          }
        };
    disk.changeBehind(file.name(), content);
    file.foreign(content);
    trace.note(
        "foreign change of " + file.name() + ", state and size:", file.last(), content.length);
  }

  /** Somebody else begins to write: the times move, the bytes come later. */
  void beginForeignWrite(FileHistory file) {
    byte[] content = file.content();
    if (content.length == 0 || file.inFlight() != null || file.hasFreshLanding()) {
      return;
    }
    disk.changeBehind(file.name(), 0, new byte[0]);
    int offset = random.nextInt(content.length);
    byte[] bytes = bytes(1 + random.nextInt(Math.min(9000, content.length - offset)));
    file.setInFlight(new FileHistory.ForeignWrite(offset, bytes, clock.wallNanos() + YOUNG_NANOS));
    trace.note("foreign write begins in " + file.name() + ":", offset, bytes.length);
  }

  /** The bytes of the write that began arrive, if one did. */
  void land(FileHistory file) {
    if (file.inFlight() == null) {
      return;
    }
    FileHistory.ForeignWrite write = file.inFlight();
    if (file.isUnlinked() || write.offset() + write.bytes().length > file.content().length) {
      file.setInFlight(null);
      return;
    }
    FileHistory.ForeignWrite _ = file.land(scheduler.activities());
    disk.changeBehindKeepingVersion(file.name(), write.offset(), write.bytes());
    trace.note("foreign write lands in " + file.name() + ", state:", file.last(), write.offset());
  }

  /** Time goes on; writes of others are not slower than two seconds. */
  void advance(long nanos) {
    for (FileHistory file : files()) {
      FileHistory.ForeignWrite write = file.inFlight();
      if (write != null && clock.wallNanos() + nanos >= write.endWallNanos()) {
        land(file);
      }
    }
    clock.advanceNanos(nanos);
    trace.note("clock jumps, milliseconds:", nanos / 1_000_000, 0);
  }

  /**
   * Power goes: what was not synced is there or is not. Times go back together with the bytes, or
   * are new, or stay as they were over older bytes.
   */
  void cutPower() {
    incarnation++;
    for (FileHistory file : files()) {
      file.setInFlight(null);
      if (file.isUnlinked()) {
        continue;
      }
      int kept = file.durable() + random.nextInt(file.last() - file.durable() + 1);
      byte[] content = file.content(kept);
      if (kept == file.last() && random.nextBoolean()) {
        continue;
      }
      if (content.length == file.content(file.last()).length && random.nextBoolean()) {
        disk.changeBehindKeepingVersion(file.name(), 0, content);
        trace.note("power cut takes bytes only of " + file.name() + ":", kept, content.length);
      } else if (kept == file.durable() && disk.rollBack(file.name())) {
        trace.note("power cut rolls back " + file.name() + " to:", kept, content.length);
      } else {
        disk.changeBehind(file.name(), content);
        trace.note("power cut leaves of " + file.name() + ":", kept, content.length);
      }
      file.foreign(content);
    }
    disk.syncAll();
    files().forEach(FileHistory::noteDurable);
  }

  /** One more with each power cut. */
  long incarnation() {
    return incarnation;
  }

  /** An error of the backing. */
  BackingException error(int errno, String operation, FileHistory file) {
    trace.note("fault: " + operation + " of " + file.name() + ", errno:", errno, 0);
    return new BackingException(errno, operation, file.name());
  }
}
