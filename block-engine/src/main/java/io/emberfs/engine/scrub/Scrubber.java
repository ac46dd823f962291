package io.emberfs.engine.scrub;

import io.emberfs.core.BlockKey;
import io.emberfs.core.Clock;
import io.emberfs.core.FailureWindow;
import io.emberfs.core.Meters;
import io.emberfs.core.Scrub;
import io.emberfs.core.Tier;
import io.emberfs.engine.file.FileTable;
import io.emberfs.engine.ram.RamTier;
import io.emberfs.engine.read.BlockLoads;
import io.emberfs.engine.tiers.TierChain;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The role that looks for blocks whose bytes changed where they lie, tier after tier: slowly and
 * with long rests by itself, at the rate asked for when somebody asks.
 *
 * <p>A plain block in RAM is served without a look at its checksum, so this is what finds memory
 * that does not keep its bytes. RAM in which that happens again and again is switched off; a tier
 * below looks after itself ({@link Tier}).
 *
 * <p>One thread calls {@link #step} and owns the fields without {@code volatile}; the rest is for
 * any thread. A block found damaged is repaired after the tier's call has returned: nothing of the
 * tier is held while another source is asked.
 */
public final class Scrubber implements Scrub {
  private static final Logger LOG = LoggerFactory.getLogger(Scrubber.class);
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final long BACKGROUND_BYTES_PER_SECOND = 4L << 20;
  private static final long REST_NANOS = 3600 * NANOS_PER_SECOND;
  private static final long STEP_BYTES = 4L << 20;
  private static final int RAM_FAILURES_MAX = 16;
  private static final long RAM_WINDOW_NANOS = 60 * NANOS_PER_SECOND;
  private static final long NO_NUMBER = 0;

  private final RamTier ram;
  private final List<Tier> tiers;
  private final BlockRepair repair;
  private final Clock clock;
  private final IntSupplier demandInFlight;
  private final FailureWindow ramFailures;
  private final Meters.Counter scrubbed;
  private final Meters.Counter repaired;

  /** The last round that was asked for. */
  private volatile @Nullable Round asked;

  private volatile boolean isRamQuarantined;

  private final ByteRate rate;

  /** Whether a tier stands inside a round of its own. */
  private final boolean[] isHalfWay;

  private @Nullable Round current;
  private int tierIndex;

  /** What a round that was given up has left of the tier's: verified before the round asked for. */
  private boolean isLeftover;

  private long restSinceNanos;

  /**
   * @param demandInFlight reads that wait for something slower than RAM now
   */
  public Scrubber(
      TierChain chain,
      FileTable files,
      BlockLoads loads,
      int blockSize,
      Clock clock,
      IntSupplier demandInFlight,
      Meters meters) {
    ram = chain.ram();
    tiers = new ArrayList<>(chain.lower());
    tiers.addFirst(ram);
    isHalfWay = new boolean[tiers.size()];
    repair = new BlockRepair(ram, files, loads);
    rate = new ByteRate(blockSize);
    this.clock = clock;
    this.demandInFlight = demandInFlight;
    ramFailures = new FailureWindow(RAM_FAILURES_MAX, RAM_WINDOW_NANOS, clock);
    restSinceNanos = clock.nanoTime();
    scrubbed = meters.counter("integrity.scrubbedBlocks");
    repaired = meters.counter("integrity.repairedBlocks");
    meters.gauge(
        "tiers.ram.quarantined", () -> isRamQuarantined && ram.capacityBytes() == 0 ? 1 : 0);
  }

  @Override
  public synchronized long begin(long bytesPerSecond) {
    Round last = asked;
    if (last != null && !last.progress().isDone()) {
      last.join(bytesPerSecond);
      return last.number();
    }
    long number = last == null ? NO_NUMBER + 1 : last.number() + 1;
    asked = new Round(number, bytesPerSecond, true, tiers);
    return number;
  }

  @Override
  public Optional<Progress> progress(long round) {
    Round last = asked;
    return last == null || last.number() != round ? Optional.empty() : Optional.of(last.progress());
  }

  /**
   * Verifies a few megabytes at most, as much as the rate allows, and repairs what was found
   * damaged. A round of its own waits below RAM while demand is in flight.
   *
   * @return more than 0 if a round that was asked for went on; a round of its own is no reason to
   *     look sooner, or to wake anybody
   */
  public int step() {
    long now = clock.nanoTime();
    Round round = roundToGoOnWith(now);
    if (round == null || !round.isAsked() && isInTheWay()) {
      return 0;
    }
    long bytes = rate.take(round.bytesPerSecond(), STEP_BYTES, now);
    if (bytes == 0) {
      return 0;
    }
    verify(round, bytes);
    return round.isAsked() ? 1 : 0;
  }

  /** RAM is never: to read it takes nothing from a demand that waits for a device. */
  private boolean isInTheWay() {
    return tiers.get(tierIndex) != ram && demandInFlight.getAsInt() > 0;
  }

  private @Nullable Round roundToGoOnWith(long now) {
    Round wanted = asked;
    if (wanted != null && wanted != current && !wanted.progress().isDone()) {
      start(wanted, now);
    } else if (current == null && now - restSinceNanos >= REST_NANOS) {
      start(new Round(NO_NUMBER, BACKGROUND_BYTES_PER_SECOND, false, tiers), now);
    }
    return current;
  }

  private void start(Round round, long now) {
    current = round;
    rate.begin(round.bytesPerSecond(), now);
    enter(0);
  }

  private void enter(int index) {
    tierIndex = index;
    isLeftover = index < tiers.size() && isHalfWay[index];
  }

  private void verify(Round round, long bytes) {
    Tier tier = tiers.get(tierIndex);
    List<BlockKey> damaged = new ArrayList<>();
    long verified =
        tier.scrub(bytes, (fileId, blockIndex) -> damaged.add(new BlockKey(fileId, blockIndex)));
    scrubbed.add(verified);
    isHalfWay[tierIndex] = verified > 0;
    long good = isLeftover ? 0 : verified - damaged.size();
    round.add(tierIndex, good, damaged.size(), repairAll(tier, damaged));
    if (verified == 0) {
      goOn(round);
    }
  }

  /** The tier's round is complete; a leftover is followed by the round that was meant. */
  private void goOn(Round round) {
    enter(isLeftover ? tierIndex : tierIndex + 1);
    if (tierIndex == tiers.size()) {
      round.end();
      current = null;
      restSinceNanos = clock.nanoTime();
    }
  }

  private long repairAll(Tier tier, List<BlockKey> damaged) {
    long count = 0;
    for (BlockKey key : damaged) {
      if (tier == ram) {
        noteRamFailure();
      }
      if (repair.repair(tier, key)) {
        repaired.increment();
        count++;
      }
    }
    if (!damaged.isEmpty()) {
      LOG.warn(
          "{}: {} blocks were damaged where they lay; dropped, {} of them repaired; the first is"
              + " block {} of file number {}",
          tier.name(),
          damaged.size(),
          count,
          damaged.getFirst().blockIndex(),
          damaged.getFirst().fileId());
    }
    return count;
  }

  private void noteRamFailure() {
    if (!ramFailures.add() || ram.capacityBytes() == 0) {
      return;
    }
    isRamQuarantined = true;
    ram.resize(0);
    LOG.warn(
        "ram: {} blocks were damaged within {} s, the tier is switched off until the next mount;"
            + " nothing is lost. Test this machine's memory (memtest86+, or edac-util where it has"
            + " ECC) before anything on it is trusted",
        RAM_FAILURES_MAX,
        RAM_WINDOW_NANOS / NANOS_PER_SECOND);
  }
}
