package io.emberfs.simulation;

import io.emberfs.testkit.Seeds;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * One run: a weather, some programs, and the engine over a backing and a lower tier that fail, are
 * changed by others and survive what kills the engine. The seed decides everything.
 *
 * <p>What it cannot reach: two threads inside the RAM tier, the fence or a ring at once, for actors
 * take turns only at calls of a seam and where they have to wait. Nor what the real SSD tier, the
 * kernel and memory do by themselves.
 */
final class Simulation {
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final long[] JUMPS_MILLIS = {0, 1, 50, 99, 101, 500, 1000, 1001, 2100, 10_000};
  private static final long LONG_MILLIS = 20_000;

  /** Of a thousand events, for each of a weather's weights. */
  private static final int FOREIGN_SHARE = 2;

  private static final double CRASHES_PER_EVENT = 1 / 1500.0;
  private static final double JUMPS_PER_EVENT = 0.02;
  private static final double BEGINNINGS_PER_EVENT = 0.2;
  private static final long STEPS_MAX = 400_000;

  private final World world;
  private final RandomGenerator random;
  private final MemorySegment ssdMemory;
  private Mount mount;
  private final Programs programs;
  private int begun;

  /**
   * @param writesTrace whether the run keeps its trace as lines
   */
  Simulation(long seed, Plant plant, boolean writesTrace) {
    random = Seeds.random(seed);
    world = new World(random, plant, writesTrace);
    ssdMemory = world.allocate(SimulatedSsd.memoryBytes(world.weather));
    mount = new Mount(world, ssdMemory);
    programs = new Programs(world, mount);
  }

  /**
   * Runs to the end.
   *
   * @throws AssertionError if the engine broke a promise
   */
  void run() {
    boolean done = false;
    try {
      while (begun < world.weather.operationCount() || programs.isAnyBusy()) {
        world.trace.driver();
        event();
      }
      settle();
      done = true;
    } finally {
      if (!done) {
        abandon();
      }
    }
  }

  List<String> trace() {
    return world.trace.lines();
  }

  /** One number for everything that happened. */
  long hash() {
    return world.trace.hash();
  }

  Weather weather() {
    return world.weather;
  }

  private void event() {
    double drawn = random.nextDouble();
    boolean mayBegin = begun < world.weather.operationCount() && programs.isAnyIdle();
    if (mayBegin && drawn < BEGINNINGS_PER_EVENT) {
      begun++;
      programs.begin();
    } else if (drawn > 1 - CRASHES_PER_EVENT * world.weather.crashWeight()) {
      restart();
    } else if (drawn > 1 - JUMPS_PER_EVENT) {
      world.advance(jump());
    } else if (random.nextInt(1000) < FOREIGN_SHARE * world.weather.foreignWeight()) {
      others();
    } else {
      if (world.scheduler.isAnybodyBusy() && !world.scheduler.hasBusy()) {
        world.scheduler.stepBusy();
      }
      world.scheduler.step();
    }
    if (world.scheduler.stepCount() > STEPS_MAX) {
      throw new AssertionError("no end after " + STEPS_MAX + " steps");
    }
  }

  private long jump() {
    long millis = JUMPS_MILLIS[random.nextInt(JUMPS_MILLIS.length)];
    return millis == 0 ? 1 + random.nextInt(1000) : millis * NANOS_PER_MILLI;
  }

  /** Somebody changes a file without the mount. */
  private void others() {
    List<FileHistory> files = programs.files();
    if (files.isEmpty()) {
      return;
    }
    FileHistory file = files.get(random.nextInt(files.size()));
    if (file.inFlight() != null) {
      world.land(file);
    } else if (!file.isInWindow()) {
      if (random.nextInt(3) == 0) {
        world.beginForeignWrite(file);
      } else {
        world.changeBehind(file);
      }
    }
  }

  /**
   * The process ends, one way or another; others may use the backing before the next one starts.
   */
  private void restart() {
    switch (random.nextInt(3)) {
      case 0 -> {
        finish();
        mount.end();
      }
      case 1 -> mount.die(false);
      default -> mount.die(true);
    }
    programs.remounted(mount);
    while (random.nextInt(3) == 0) {
      others();
      world.advance(jump());
    }
    mount = new Mount(world, ssdMemory);
    programs.remounted(mount);
  }

  /** Everything that was begun ends, and every file is closed. */
  private void finish() {
    drain();
    programs.closeAll();
    drain();
  }

  private void drain() {
    while (programs.isAnyBusy()) {
      world.scheduler.stepBusy();
    }
  }

  /** Without any more trouble everybody sees the last state, and nothing is left behind. */
  private void settle() {
    finish();
    world.calmDown();
    for (int round = 0; round < 2; round++) {
      world.advance(LONG_MILLIS * NANOS_PER_MILLI);
      programs.readEverything();
      while (programs.isAnyBusy()) {
        world.scheduler.step();
      }
    }
    for (FileHistory file : programs.files()) {
      if (!Arrays.equals(world.disk.contentOf(file.name()), file.content())) {
        throw new AssertionError("the backing of " + file.name() + " is not what was written");
      }
    }
    mount.end();
    long references = world.disk.referencesHeld();
    if (references != world.files().size()) {
      throw new AssertionError(
          "%d references to %d nodes".formatted(references, world.files().size()));
    }
  }

  /** The run has failed: its memory is given back, as far as that goes. */
  private void abandon() {
    try {
      mount.die(false);
    } catch (AssertionError | RuntimeException alsoFailed) {
      // The failure that led here is the one to report.
    }
  }
}
