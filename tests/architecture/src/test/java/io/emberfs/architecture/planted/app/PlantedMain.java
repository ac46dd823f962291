package io.emberfs.architecture.planted.app;

import io.emberfs.architecture.planted.testkit.PlantedWideTestkit;

/** Violates a rule on purpose. */
public final class PlantedMain {
  private PlantedMain() {}

  static Class<?> fake() {
    return PlantedWideTestkit.class;
  }
}
