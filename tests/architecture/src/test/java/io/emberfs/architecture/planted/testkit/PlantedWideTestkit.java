package io.emberfs.architecture.planted.testkit;

import io.emberfs.architecture.planted.engine.PlantedClock;

/** Violates a rule on purpose. */
public final class PlantedWideTestkit {
  private PlantedWideTestkit() {}

  static Class<?> wide() {
    return PlantedClock.class;
  }
}
