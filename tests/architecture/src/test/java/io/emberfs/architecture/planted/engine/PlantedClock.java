package io.emberfs.architecture.planted.engine;

import java.util.function.LongSupplier;

/** Violates a rule on purpose. */
public final class PlantedClock {
  private PlantedClock() {}

  static long now() {
    LongSupplier clock = System::nanoTime;
    return clock.getAsLong();
  }
}
