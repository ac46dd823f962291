package io.emberfs.architecture.planted.engine;

/** Violates a rule on purpose. */
public final class PlantedThread {
  private PlantedThread() {}

  static Thread thread(Runnable task) {
    return new Thread(task);
  }
}
