package io.emberfs.architecture.planted.core;

import io.emberfs.architecture.planted.engine.PlantedClock;

/** Violates a rule on purpose. */
public final class PlantedUpwardArrow {
  private PlantedUpwardArrow() {}

  static Class<?> upward() {
    return PlantedClock.class;
  }
}
