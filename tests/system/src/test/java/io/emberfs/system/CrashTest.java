package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.persistence.journal.JournalScan;
import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What was acknowledged as durable is there after the daemon was killed, and nothing else is: in
 * the backing directory if the mount wrote through, else through the next mount.
 */
@RealMount
@ExtendWith(UringParameter.class)
final class CrashTest {
  private static final int KILL_COUNT = Integer.getInteger("emberfs.crash.kills", 20);

  /** When a daemon is killed; while it serves writers twice as often as in any other moment. */
  private enum Moment {
    STARTING,
    WRITING,
    WRITING_MORE,
    FLUSHING,
    UNMOUNTING
  }

  private static final int PAUSE_MILLIS_MIN = 100;
  private static final int PAUSE_MILLIS_MAX = 1000;
  private static final int START_MILLIS_MIN = 50;
  private static final int START_MILLIS_MAX = 900;
  private static final int VERB_MILLIS_MAX = 300;

  @Test
  void whatWasAcknowledgedOutlivesEveryKill(Rig rig) {
    Seeds.check(random -> {
      CrashWriters writers = new CrashWriters(rig.newDirectory("journals"), random);
      try {
        for (int cycle = 0; cycle < KILL_COUNT; cycle++) {
          CrashSetting setting = CrashSetting.of(cycle);
          Moment moment = Moment.values()[random.nextInt(Moment.values().length)];
          String what = "cycle %d, %s, %s".formatted(cycle, setting, moment);
          if (moment == Moment.STARTING) {
            rig.killInStart(
                between(random, START_MILLIS_MIN, START_MILLIS_MAX), setting.options(random));
            continue;
          }
          Mount mount = rig.mount(setting.options(random));
          assertThat(writers.violations(mount.path())).as("mounted, " + what).isEmpty();
          writers.start(mount.path());
          Waiting.pause(between(random, PAUSE_MILLIS_MIN, PAUSE_MILLIS_MAX));
          kill(mount, moment, writers, random);
          if (!setting.isBack()) {
            assertThat(writers.violations(rig.backing())).as("backing, " + what).isEmpty();
          }
        }
        Mount last = rig.mount();
        assertThat(writers.violations(last.path())).as("through the last mount").isEmpty();
        last.umount();
        assertThat(writers.violations(rig.backing())).as("backing, at the end").isEmpty();
        assertThat(JournalScan.holdsRecords(rig.stateDirectory().resolve("journal"))).isFalse();
      } finally {
        writers.stop();
      }
      assertThat(writers.acknowledgedCount()).as("acknowledged calls").isPositive();
    });
  }

  private static void kill(Mount mount, Moment moment, CrashWriters writers, RandomGenerator random)
      throws IOException, InterruptedException {
    switch (moment) {
      case FLUSHING -> killDuring("flush", mount, random);
      case UNMOUNTING -> {
        // A mount that is in use does not go.
        writers.stop();
        writers.faultBegins();
        writers.collect();
        killDuring("umount", mount, random);
        mount.detach();
        return;
      }
      default -> mount.kill();
    }
    // Before the dead mount goes: what a writer does then, it does beside it.
    writers.faultBegins();
    mount.detach();
    writers.collect();
  }

  private static void killDuring(String verb, Mount mount, RandomGenerator random)
      throws IOException, InterruptedException {
    Process process = Emberfs.start(List.of(verb, mount.path().toString()));
    Waiting.pause(between(random, 0, VERB_MILLIS_MAX));
    mount.kill();
    process.waitFor();
  }

  private static Duration between(RandomGenerator random, int millisMin, int millisMax) {
    return Duration.ofMillis(random.nextInt(millisMin, millisMax));
  }
}
