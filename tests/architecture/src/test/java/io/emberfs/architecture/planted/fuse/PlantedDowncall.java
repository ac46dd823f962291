package io.emberfs.architecture.planted.fuse;

import java.lang.foreign.Linker;

/** Violates a rule on purpose. */
public final class PlantedDowncall {
  private PlantedDowncall() {}

  static Linker linker() {
    return Linker.nativeLinker();
  }
}
