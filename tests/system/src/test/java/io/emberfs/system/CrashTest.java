package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.testkit.Seeds;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * What was acknowledged as durable is in the backing directory after the daemon was killed, and
 * nothing else is.
 */
@RealMount
final class CrashTest {
  private static final int KILL_COUNT = Integer.getInteger("emberfs.crash.kills", 5);
  private static final int PAUSE_MILLIS_MIN = 100;
  private static final int PAUSE_MILLIS_MAX = 1000;

  @Test
  void whatWasAcknowledgedIsInTheBackingAfterTheDaemonWasKilled(Rig rig) {
    Seeds.check(random -> {
      Path journals = rig.newDirectory("journals");
      CrashWriters writers = new CrashWriters(journals, random);
      try {
        for (int cycle = 0; cycle < KILL_COUNT; cycle++) {
          Mount mount = rig.mount();
          assertThat(writers.violations(mount.path())).as("through mount %d", cycle).isEmpty();
          writers.start(mount.path());
          Waiting.pause(Duration.ofMillis(random.nextInt(PAUSE_MILLIS_MIN, PAUSE_MILLIS_MAX)));
          mount.kill();
          // The kernel of the machine lives on, so acknowledgements bind up to the last.
          writers.faultBegins();
          writers.collect();
          assertThat(writers.violations(rig.backing())).as("backing %d", cycle).isEmpty();
        }
        Mount last = rig.mount();
        assertThat(writers.violations(last.path())).as("through the last mount").isEmpty();
      } finally {
        writers.stop();
      }
      assertThat(writers.acknowledgedCount()).as("acknowledged calls").isPositive();
    });
  }
}
