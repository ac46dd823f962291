package io.emberfs.architecture.planted.predictor;

/** Violates a rule on purpose. */
public final class PlantedSleep {
  private PlantedSleep() {}

  static void pause() throws InterruptedException {
    Thread.sleep(1);
  }
}
