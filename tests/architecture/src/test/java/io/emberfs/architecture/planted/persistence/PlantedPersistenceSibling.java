package io.emberfs.architecture.planted.persistence;

import io.emberfs.architecture.planted.engine.PlantedClock;

/** Violates a rule on purpose. */
public final class PlantedPersistenceSibling {
  private PlantedPersistenceSibling() {}

  static Class<?> sibling() {
    return PlantedClock.class;
  }
}
