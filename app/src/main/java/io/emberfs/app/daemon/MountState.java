package io.emberfs.app.daemon;

import io.emberfs.app.answer.Refusal;
import io.emberfs.app.config.EmberfsVersion;
import io.emberfs.app.config.MountConfiguration;
import io.emberfs.core.Clock;
import io.emberfs.core.Meters;
import io.emberfs.core.StartFindings;
import io.emberfs.core.StateStore;
import io.emberfs.persistence.state.FileStateStore;
import io.emberfs.persistence.state.RunWatch;
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
 * @param run knows how the run before ended; null without a directory
 */
record MountState(@Nullable StateDirectory directory, StateStore store, @Nullable RunWatch run)
    implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MountState.class);

  /**
   * Opens the state directory of a mount.
   *
   * @throws Refusal if it cannot be this mount's
   */
  static MountState open(MountConfiguration configuration, Meters meters) throws Refusal {
    try {
      StateDirectory directory =
          StateDirectory.open(configuration.stateDirectory(), configuration.backing(), meters);
      FileStateStore store =
          new FileStateStore(directory.state(), FileStateStore.PIECE_BYTES_MAX, meters);
      RunWatch run = RunWatch.begin(directory, store, EmberfsVersion.text(), Clock.SYSTEM, meters);
      if (directory.startedCold()) {
        run.findings().text("stateColdStart", "the format file was damaged");
      }
      return new MountState(directory, store, run);
    } catch (StateDirectoryException failed) {
      Refusal refusal = StateDirectoryRefusals.ofMount(configuration.mountPoint(), failed);
      if (!failed.problem().isOfDevice()) {
        throw refusal;
      }
      String trouble =
          refusal.why() + "; until the next mount there is no SSD tier, and nothing is kept";
      LOG.warn("state: {} ({})", trouble, refusal.fix());
      meters.text("state.trouble", () -> trouble);
      return new MountState(null, StateStore.unavailable(refusal.why()), null);
    }
  }

  /** Takes what this start finds of the run before. */
  StartFindings findings() {
    return run == null ? StartFindings.none() : run.findings();
  }

  /** The mount answers. */
  void answered() {
    if (run != null) {
      run.answered();
    }
  }

  /** The end: what this mount keeps was saved and closed before. */
  @Override
  public void close() {
    if (run != null) {
      run.close();
    }
    if (directory != null) {
      directory.close();
    }
  }
}
