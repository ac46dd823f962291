package io.emberfs.architecture.planted.fuse;

/** Violates a rule on purpose. */
public final class PlantedOutput {
  private PlantedOutput() {}

  static void print() {
    System.out.println();
  }
}
