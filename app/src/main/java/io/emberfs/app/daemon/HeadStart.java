package io.emberfs.app.daemon;

import io.emberfs.ffi.Bindings;
import io.emberfs.persistence.ssd.SsdDatabase;
import java.io.IOException;

/**
 * Loads what every mount needs on a thread of its own while the command line is read: both take
 * about as long, and a mount would else wait for one after the other.
 */
public final class HeadStart {
  private HeadStart() {}

  /**
   * Begins, and returns at once. What fails here fails again where it is needed, and is told there.
   */
  public static void begin() {
    Thread.ofPlatform().name("emberfs-head-start").daemon(true).start(HeadStart::load);
  }

  private static void load() {
    Bindings.linkAhead();
    try {
      SsdDatabase.loadLibrary();
    } catch (IOException _) {
      // A mount without an SSD tier does not need it.
    }
  }
}
