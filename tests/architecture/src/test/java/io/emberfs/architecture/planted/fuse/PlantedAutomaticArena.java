package io.emberfs.architecture.planted.fuse;

import java.lang.foreign.Arena;

/** Violates a rule on purpose. */
public final class PlantedAutomaticArena {
  private PlantedAutomaticArena() {}

  static Arena arena() {
    return Arena.ofAuto();
  }
}
