package io.emberfs.architecture.planted.fuse;

import io.emberfs.architecture.planted.predictor.PlantedPredictorSibling;

/** Violates a rule on purpose. */
public final class PlantedFuseSibling {
  private PlantedFuseSibling() {}

  static Class<?> sibling() {
    return PlantedPredictorSibling.class;
  }
}
