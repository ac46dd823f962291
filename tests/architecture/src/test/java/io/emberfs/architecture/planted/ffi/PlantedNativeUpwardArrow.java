package io.emberfs.architecture.planted.ffi;

import io.emberfs.architecture.planted.engine.PlantedClock;

/** Violates a rule on purpose. */
public final class PlantedNativeUpwardArrow {
  private PlantedNativeUpwardArrow() {}

  static Class<?> upward() {
    return PlantedClock.class;
  }
}
