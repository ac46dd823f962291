package io.emberfs.architecture.planted.engine;

import io.emberfs.architecture.planted.engine.inner.PlantedInner;

/** Violates a rule on purpose. */
public final class PlantedCycle {
  private PlantedCycle() {}

  static Class<?> inner() {
    return PlantedInner.class;
  }
}
