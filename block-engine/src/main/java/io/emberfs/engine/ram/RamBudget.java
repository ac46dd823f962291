package io.emberfs.engine.ram;

import io.emberfs.core.Clock;
import io.emberfs.core.MemoryProbe;
import io.emberfs.core.MemoryProbe.Scope;
import io.emberfs.core.Meters;
import io.emberfs.core.Workers;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How large the RAM tier is: what was named for it, less what the machine, or a control group of
 * this process, needs back before the kernel takes it by swapping or by killing.
 *
 * <p>Each scope of memory has two levels of what is available: below the low one the tier shrinks
 * until the middle between both is reached; above the high one it may grow again, which it does
 * only after a while without shortage, in parts, and as far as it fills what it has. Stalls that
 * the kernel counts (pressure stall information) shrink it too, whatever is available. An eighth of
 * what was named always stays.
 *
 * <p>Any thread may call any method; they exclude each other.
 */
public final class RamBudget {
  /** How often {@link #step} is due. */
  public static final long PERIOD_MILLIS = 2_000;

  private static final Logger LOG = LoggerFactory.getLogger(RamBudget.class);

  /** Share of a scope that is kept available, within bounds. */
  private static final int LOW_DIVISOR = 20;

  private static final long LOW_BYTES_MIN = 32L << 20;
  private static final long LOW_BYTES_MAX = 1L << 30;

  /** Parts of what was named: the least that stays, and the least of a step. */
  private static final int FLOOR_DIVISOR = 8;

  private static final int STEP_DIVISOR = 16;

  /** Shares of the time in which some task waited for memory: too much, and next to nothing. */
  private static final double STALLED_SHARE_HIGH = 0.1;

  private static final double STALLED_SHARE_LOW = 0.01;

  /** Time without shortage before the tier grows again. */
  private static final long CALM_NANOS = 30_000_000_000L;

  private static final double NANOS_PER_MICRO = 1_000;

  private final RamTier tier;
  private final MemoryProbe probe;
  private final Clock clock;
  private final Meters.Counter shrinks;
  private long namedBytes;
  private long shortNanos;

  /** When the stalls were last known, and what they were then. */
  private long readNanos;

  private OptionalLong stalledMicros;

  private boolean isShort;

  /**
   * @param tier as large as it may ever be named; shrunk to what is named now
   * @param namedBytes 0 switches the tier off
   * @throws IllegalArgumentException as {@link #name}
   */
  public RamBudget(RamTier tier, long namedBytes, MemoryProbe probe, Clock clock, Meters meters) {
    this.tier = tier;
    this.probe = probe;
    this.clock = clock;
    shrinks = meters.counter("memory.ramShrinks");
    meters.gauge("memory.ramBytesNamed", this::namedBytes);
    readNanos = clock.nanoTime();
    stalledMicros = probe.read().stalledMicros();
    name(namedBytes);
  }

  /** What was named last, in bytes. */
  public synchronized long namedBytes() {
    return namedBytes;
  }

  /** The smallest budget but 0 that can be named, in bytes. */
  public long namedBytesMin() {
    return tier.capacityBytesMin();
  }

  /**
   * Names a budget, which holds at once; blocks that have no room leave before this returns.
   *
   * @param bytes 0 switches the tier off
   * @throws IllegalArgumentException outside of what {@link RamTier#resize} takes
   */
  public synchronized void name(long bytes) {
    tier.resize(bytes);
    namedBytes = bytes;
    isShort = false;
  }

  /**
   * Looks once and shrinks the tier or lets it grow; for {@link Workers#loop}.
   *
   * @return 0: the next look is due in a while
   */
  public synchronized int step() {
    if (tier.capacityBytes() == 0) {
      return 0; // switched off, by name or because its memory is bad
    }
    MemoryProbe.Reading reading = probe.read();
    double stalledShare = stalledShare(reading);
    long wanted = stalledShare > STALLED_SHARE_HIGH ? 1 : 0;
    long spare = Long.MAX_VALUE;
    Scope shortest = null;
    for (Scope scope : reading.scopes()) {
      long low = Math.clamp(scope.limitBytes() / LOW_DIVISOR, LOW_BYTES_MIN, LOW_BYTES_MAX);
      if (scope.availableBytes() < low) {
        long lacking = low + low / 2 - scope.availableBytes();
        shortest = lacking > wanted ? scope : shortest;
        wanted = Math.max(wanted, lacking);
      }
      spare = Math.min(spare, scope.availableBytes() - 2 * low);
    }
    if (wanted > 0) {
      shortNanos = clock.nanoTime();
      shrink(wanted, shortest);
    } else if (spare > 0 && stalledShare < STALLED_SHARE_LOW) {
      grow(spare);
    }
    return 0;
  }

  /** Since they were last known; 0 if they are not known now, or for the first time. */
  private double stalledShare(MemoryProbe.Reading reading) {
    if (reading.stalledMicros().isEmpty()) {
      return 0;
    }
    long now = clock.nanoTime();
    long micros = reading.stalledMicros().getAsLong();
    double share =
        (micros - stalledMicros.orElse(micros)) * NANOS_PER_MICRO / Math.max(1, now - readNanos);
    readNanos = now;
    stalledMicros = OptionalLong.of(micros);
    return share;
  }

  /** What the tier may use but does not is no help: it shrinks below what it has. */
  private void shrink(long wanted, @Nullable Scope shortest) {
    long floor =
        Math.min(namedBytes, Math.max(tier.capacityBytesMin(), namedBytes / FLOOR_DIVISOR));
    long capacity = tier.capacityBytes();
    long least = Math.max(wanted, namedBytes / STEP_DIVISOR);
    long target = Math.max(floor, Math.min(capacity, tier.residentBytes()) - least);
    if (target >= capacity) {
      return;
    }
    if (!isShort) {
      isShort = true;
      LOG.info(
          "memory is short ({}): the RAM tier gives some back and grows again when it is not",
          shortest == null ? "tasks wait for it" : shortest);
    }
    shrinks.increment();
    tier.resize(target);
  }

  private void grow(long spare) {
    long capacity = tier.capacityBytes();
    long step = namedBytes / STEP_DIVISOR;
    boolean isFull = capacity - tier.residentBytes() < step;
    if (capacity >= namedBytes || !isFull || clock.nanoTime() - shortNanos < CALM_NANOS) {
      return;
    }
    tier.resize(Math.min(namedBytes, capacity + Math.min(step, spare / 2)));
    if (tier.capacityBytes() == namedBytes) {
      isShort = false;
      LOG.info("the RAM tier has its whole budget again");
    }
  }
}
