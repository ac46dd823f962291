package io.emberfs.app.daemon;

import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.MountConfiguration;
import io.emberfs.core.Meters;
import io.emberfs.core.StateStore;
import io.emberfs.persistence.state.FileStateStore;
import io.emberfs.persistence.state.StateDirectory;
import io.emberfs.persistence.state.StateDirectoryException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a mount keeps what survives it. A directory that is the wrong one is refused; where the
 * device below it does not work, the mount does without, says so, and nothing is kept.
 *
 * @param directory null where there is none
 * @param store of the pieces of warm state
 */
record MountState(@Nullable StateDirectory directory, StateStore store) implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MountState.class);
  private static final int PIECE_BYTES_MAX = 64 << 20;

  /**
   * Opens the state directory of a mount.
   *
   * @throws Refusal if it cannot be this mount's
   */
  static MountState open(MountConfiguration configuration, Meters meters) throws Refusal {
    try {
      StateDirectory directory =
          StateDirectory.open(configuration.stateDirectory(), configuration.backing(), meters);
      return new MountState(
          directory, new FileStateStore(directory.state(), PIECE_BYTES_MAX, meters));
    } catch (StateDirectoryException failed) {
      Refusal refusal = StateDirectoryRefusals.of(configuration.mountPoint(), failed);
      if (!failed.problem().isOfDevice()) {
        throw refusal;
      }
      String trouble =
          refusal.why() + "; until the next mount there is no SSD tier, and nothing is kept";
      LOG.warn("state: {} ({})", trouble, refusal.fix());
      meters.text("state.trouble", () -> trouble);
      return new MountState(null, StateStore.unavailable(refusal.why()));
    }
  }

  @Override
  public void close() {
    if (directory != null) {
      directory.close();
    }
  }
}
