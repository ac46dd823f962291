package io.emberfs.architecture.planted.engine.inner;

import io.emberfs.architecture.planted.engine.PlantedCycle;

/** Violates a rule on purpose. */
public final class PlantedInner {
  private PlantedInner() {}

  static Class<?> outer() {
    return PlantedCycle.class;
  }
}
