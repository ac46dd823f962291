package io.emberfs.architecture.planted.predictor;

import io.emberfs.architecture.planted.persistence.PlantedPersistenceSibling;

/** Violates a rule on purpose. */
public final class PlantedPredictorSibling {
  private PlantedPredictorSibling() {}

  static Class<?> sibling() {
    return PlantedPersistenceSibling.class;
  }
}
