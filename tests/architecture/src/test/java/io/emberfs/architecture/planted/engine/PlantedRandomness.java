package io.emberfs.architecture.planted.engine;

import java.util.Random;

/** Violates a rule on purpose. */
public final class PlantedRandomness {
  private PlantedRandomness() {}

  static Random unseeded() {
    return new Random();
  }

  static Random seeded(long seed) {
    return new Random(seed);
  }
}
