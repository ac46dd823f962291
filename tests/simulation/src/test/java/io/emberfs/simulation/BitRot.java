package io.emberfs.simulation;

import io.emberfs.core.Scrub;
import io.emberfs.core.Workers;
import io.emberfs.engine.Engine;
import io.emberfs.engine.ram.RamTierProbe;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Bits that turn where they lie, in RAM and below. What turns in a plain block of RAM is served
 * until a scrub finds it, which is no promise broken: so it turns at the beginning of the scrub
 * role's turn, as a round begins, and the first step looks at all of RAM before anybody else has a
 * turn.
 */
final class BitRot implements Workers {
  private static final String ROLE = "emberfs-scrub";
  private static final long BYTES_PER_SECOND = 1L << 40;

  /** Later the role may be half-way through RAM by itself. */
  private static final long ROT_NANOS = 3_000_000_000_000L;

  private final World world;
  private final Engine engine;
  private final long startNanos;
  private long round;
  private long turnedCount;

  BitRot(World world, Engine engine) {
    this.world = world;
    this.engine = engine;
    startNanos = world.clock.nanoTime();
  }

  /** Bits turned in RAM so far. */
  long turnedCount() {
    return turnedCount;
  }

  @Override
  public boolean execute(Runnable task) {
    return world.scheduler.execute(task);
  }

  @Override
  public void loop(String threadName, long idleMillis, Step step) {
    world.scheduler.loop(
        threadName, idleMillis, threadName.equals(ROLE) ? () -> scrub(step) : step);
  }

  @Override
  public void close() {
    world.scheduler.close();
  }

  private int scrub(Step step) {
    boolean isEarly = world.clock.nanoTime() - startNanos < ROT_NANOS;
    if (isEarly && isBetweenRounds() && world.strikes(world.weather.rotChance())) {
      round = engine.scrub().begin(BYTES_PER_SECOND);
      turnBits(world.random);
    }
    return world.plant == Plant.NO_SCRUB ? 0 : step.run();
  }

  private boolean isBetweenRounds() {
    Optional<Scrub.Progress> last = engine.scrub().progress(round);
    return last.isEmpty() || last.get().isDone();
  }

  private void turnBits(RandomGenerator random) {
    for (int bits = 1 + random.nextInt(3); bits > 0; bits--) {
      long block = RamTierProbe.turnBit(engine.chain().ram(), random);
      turnedCount += block < 0 ? 0 : 1;
      world.trace.note("a bit of RAM turns, block:", block, 0);
      world.ssd.turnBit(random);
    }
  }
}
