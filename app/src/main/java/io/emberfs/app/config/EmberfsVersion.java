package io.emberfs.app.config;

import java.util.Objects;

/** Which emberfs this is. */
public final class EmberfsVersion {
  private static final String UNKNOWN = "unknown";

  private EmberfsVersion() {}

  /** As the jar says it; {@code unknown} for classes that lie in no jar. */
  public static String text() {
    return Objects.requireNonNullElse(
        EmberfsVersion.class.getPackage().getImplementationVersion(), UNKNOWN);
  }
}
