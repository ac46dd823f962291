package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Backing and state directory on volumes of their own, writers at work on a mount of them, and a
 * power cut that hits both volumes in the same moment and takes the daemon with it.
 */
final class PowerCut {
  private static final int VOLUME_MEGABYTES = 320;
  private static final int PAUSE_MILLIS_MIN = 200;
  private static final int PAUSE_MILLIS_MAX = 1200;

  private final RandomGenerator random;
  private final LoopVolume backingVolume;
  private final LoopVolume stateVolume;
  private final CrashWriters writers;

  PowerCut(Rig rig, RandomGenerator random) throws IOException, InterruptedException {
    this.random = random;
    backingVolume = rig.volume("backing-volume", VOLUME_MEGABYTES);
    stateVolume = rig.volume("state-volume", VOLUME_MEGABYTES);
    Files.createDirectory(backing());
    writers = new CrashWriters(rig.newDirectory("journals"), random);
  }

  Path backing() {
    return backingVolume.path().resolve("tree");
  }

  Path state() {
    return stateVolume.path().resolve("state");
  }

  /** Lets the writers work for a moment, cuts the power, and brings the volumes back. */
  void cutDuringWrites(Mount mount) throws IOException, InterruptedException {
    try {
      writers.start(mount.path());
      Waiting.pause(Duration.ofMillis(random.nextInt(PAUSE_MILLIS_MIN, PAUSE_MILLIS_MAX)));
      // A sync that is under way while the volume dies may still be answered well.
      writers.faultBegins();
      // For the same reason, and because two volumes take a while: with the power the daemon goes
      // too, and draws no conclusion from what one of them says while the other still works.
      mount.freeze();
      backingVolume.cutPower();
      stateVolume.cutPower();
      mount.killAndDetach();
      writers.collect();
    } finally {
      writers.stop();
    }
    assertThat(writers.acknowledgedCount()).as("acknowledged calls").isPositive();
    backingVolume.reattach();
    stateVolume.reattach();
  }

  /** What the files hold that they must not, looked at in the backing or through a mount. */
  List<String> violations(Path directory) throws IOException {
    return writers.violations(directory);
  }
}
