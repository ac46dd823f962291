package io.emberfs.architecture.planted.engine;

import io.emberfs.architecture.planted.fuse.PlantedFuseSibling;

/** Violates a rule on purpose. */
public final class PlantedSibling {
  private PlantedSibling() {}

  static Class<?> sibling() {
    return PlantedFuseSibling.class;
  }
}
