package io.emberfs.app.simulate;

import io.emberfs.core.Access.Operation;
import io.emberfs.core.Access.Source;
import io.emberfs.core.BlockGeometry;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.core.StateStore;
import io.emberfs.engine.prefetch.AccessRing;
import io.emberfs.engine.prefetch.BlockLoader;
import io.emberfs.engine.prefetch.PrefetchScheduler;
import io.emberfs.engine.prefetch.PrefetchScheduler.Surroundings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * Prefetching in virtual time: the scheduler and the models of the mount, and a backing that takes
 * 5 ms and a 200th of a microsecond for each byte. Where the trace has no clock, a prefetch is
 * there 32 requests later. At most eight are under way, and one begins only when a request was
 * answered. The models' own CPU time counts for nothing here, so that a replay repeats.
 */
final class PrefetchModel implements BlockLoader {
  private static final int FLIGHTS_MAX = 8;
  private static final long SERVICE_NANOS = 5_000_000;
  private static final long NANOS_PER_BLOCK_BYTE = 5;
  private static final int LATER_REQUESTS = 32;

  /** Between requests without a clock: 32 of them are as long as a prefetch of 64 KiB. */
  private static final long REQUEST_NANOS = 166_667;

  private static final int RING_CAPACITY = 64;

  private final BlockAccesses accesses;
  private final SimulatedCache cache;
  private final Scenario scenario;
  private final BlockGeometry geometry;
  private final StoredModel store = new StoredModel();
  private final Map<Integer, Flight> inFlight = new HashMap<>();
  private final PriorityQueue<Flight> flights =
      new PriorityQueue<>(Comparator.comparingLong(Flight::due).thenComparingLong(Flight::number));
  private AccessRing ring;
  private PrefetchScheduler scheduler;
  private long nowNanos;
  private long flightCount;
  private long issued;
  private long used;
  private long late;
  private long wasted;

  PrefetchModel(BlockAccesses accesses, SimulatedCache cache, Scenario scenario) {
    this.accesses = accesses;
    this.cache = cache;
    this.scenario = scenario;
    geometry = new BlockGeometry(accesses.blockSize());
    Meters meters = new Meters();
    ring = new AccessRing(RING_CAPACITY, meters);
    scheduler = newScheduler(meters);
  }

  /** A prefetch on its way. */
  private record Flight(long due, long number, long fileId, long firstBlockIndex, long blockMask) {}

  /** Turns the time to a request's; prefetches that are done by then are in the cache. */
  void advanceTo(int request) {
    long until =
        Math.max(
            nowNanos,
            scenario.hasClock() ? accesses.micros(request) * 1000 : request * REQUEST_NANOS);
    while (!flights.isEmpty() && flights.peek().due() <= until) {
      Flight flight = flights.remove();
      nowNanos = flight.due();
      land(flight);
      begin();
    }
    nowNanos = until;
  }

  /** A request asks for a block that is not there; says whether it is on its way, and late. */
  boolean joins(int block) {
    Flight flight = inFlight.remove(block);
    if (flight == null) {
      return false;
    }
    late++;
    cache.bring(block); // all of it, not only the pages asked for
    scheduler.late(accesses.fileId(block), accesses.blockIndex(block));
    return true;
  }

  /** A request asked for a block that a prefetch had brought. */
  void firstUse(int block) {
    used++;
    scheduler.used(accesses.fileId(block), accesses.blockIndex(block));
  }

  /** A request was answered: the models learn, and the next prefetches begin. */
  void answered(int request, boolean hasMissed) {
    ring.offer(
        accesses.requestFileId(request),
        accesses.offset(request),
        accesses.bytes(request),
        accesses.fileBytes(accesses.requestFileId(request)),
        nowNanos,
        Operation.READ,
        0,
        hasMissed ? Source.BACKING : Source.RAM);
    while (scheduler.predictStep() > 0) {
      // until everything is learnt
    }
    begin();
  }

  /** A block that was brought left unused. */
  void wasted(int block) {
    wasted++;
    scheduler.wasted(accesses.fileId(block), accesses.blockIndex(block));
  }

  /** The mount ends and begins again; what was under way is lost. */
  void restart(boolean keepsState) {
    flights.clear();
    inFlight.clear();
    try {
      scheduler.save(store);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    Meters meters = new Meters();
    ring = new AccessRing(RING_CAPACITY, meters);
    scheduler = newScheduler(meters);
    if (keepsState) {
      scheduler.load(store);
    }
  }

  @Override
  public Result load(long fileId, long firstBlockIndex, int blockCount) {
    long mask = 0;
    for (int i = 0; i < blockCount; i++) {
      long index = firstBlockIndex + i;
      if (index * accesses.blockSize() < accesses.fileBytes(fileId)) {
        int block = accesses.number(fileId, index);
        mask |= cache.holds(block) || inFlight.containsKey(block) ? 0 : 1L << i;
      }
    }
    int fetched = Long.bitCount(mask);
    if (fetched > 0) {
      issued += fetched;
      Flight flight =
          new Flight(nowNanos + service(fetched), flightCount++, fileId, firstBlockIndex, mask);
      flights.add(flight);
      for (long rest = mask; rest != 0; rest &= rest - 1) {
        long index = firstBlockIndex + Long.numberOfTrailingZeros(rest);
        inFlight.put(accesses.number(fileId, index), flight);
      }
    }
    return new Result(Status.DONE, mask);
  }

  /** Blocks prefetched. */
  long issued() {
    return issued;
  }

  /** Blocks that were there when they were asked for. */
  long used() {
    return used;
  }

  /** Blocks that were asked for while they were on their way. */
  long late() {
    return late;
  }

  /** Blocks that left before they were asked for. */
  long wasted() {
    return wasted;
  }

  private PrefetchScheduler newScheduler(Meters meters) {
    return new PrefetchScheduler(
        ring,
        scenario.prefetch().prefetcher(geometry, meters),
        this,
        geometry,
        scenario.prefetch().limits(),
        new Surroundings(new VirtualClock(), () -> 0, () -> 0, meters));
  }

  private void begin() {
    while (flights.size() < FLIGHTS_MAX && scheduler.fetchStep() > 0) {
      // until as many are under way as may be, or nothing is proposed
    }
  }

  private void land(Flight flight) {
    for (long rest = flight.blockMask(); rest != 0; rest &= rest - 1) {
      long index = flight.firstBlockIndex() + Long.numberOfTrailingZeros(rest);
      int block = accesses.number(flight.fileId(), index);
      if (inFlight.remove(block, flight)) {
        cache.bring(block);
      }
    }
  }

  private long service(int blockCount) {
    return scenario.hasClock()
        ? SERVICE_NANOS + NANOS_PER_BLOCK_BYTE * blockCount * accesses.blockSize()
        : LATER_REQUESTS * REQUEST_NANOS;
  }

  private final class VirtualClock implements Clock {
    @Override
    public long nanoTime() {
      return nowNanos;
    }

    @Override
    public long wallNanos() {
      return nowNanos;
    }
  }

  /** What the models persist, in memory. */
  private static final class StoredModel implements StateStore {
    private final Map<String, byte[]> pieces = new HashMap<>();

    @Override
    public void save(String name, Writer writer) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      writer.write(new DataOutputStream(bytes));
      pieces.put(name, bytes.toByteArray());
    }

    @Override
    public Optional<DataInputStream> load(String name) {
      return Optional.ofNullable(pieces.get(name))
          .map(bytes -> new DataInputStream(new ByteArrayInputStream(bytes)));
    }

    @Override
    public void remove(String name) {
      pieces.remove(name);
    }
  }
}
