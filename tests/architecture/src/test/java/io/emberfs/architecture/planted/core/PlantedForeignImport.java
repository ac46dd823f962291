package io.emberfs.architecture.planted.core;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Violates a rule on purpose. */
public final class PlantedForeignImport {
  private PlantedForeignImport() {}

  static Logger logger() {
    return LoggerFactory.getLogger("planted");
  }
}
