package io.emberfs.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.emberfs.testkit.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * What was acknowledged as durable is in the backing directory after the daemon was killed, and
 * nothing else is. In write-back it is there through the next mount, and in the backing after that
 * one has ended in order.
 */
@RealMount
final class CrashTest {
  private static final int KILL_COUNT = Integer.getInteger("emberfs.crash.kills", 5);

  /** Of those in write-back, each has a replay and an unmount that are killed as well. */
  private static final int BACK_KILL_COUNT = (KILL_COUNT + 1) / 3;

  private static final int PAUSE_MILLIS_MIN = 100;
  private static final int PAUSE_MILLIS_MAX = 1000;
  private static final int START_MILLIS_MIN = 50;
  private static final int START_MILLIS_MAX = 600;
  private static final int VERB_MILLIS_MAX = 300;

  @Test
  void whatWasAcknowledgedIsInTheBackingAfterTheDaemonWasKilled(Rig rig) {
    Seeds.check(random -> {
      Path journals = rig.newDirectory("journals");
      CrashWriters writers = new CrashWriters(journals, random);
      try {
        for (int cycle = 0; cycle < KILL_COUNT - BACK_KILL_COUNT; cycle++) {
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

  @Test
  void whatWasAcknowledgedInWriteBackIsThereThroughTheNextMount(Rig rig) {
    Seeds.check(random -> {
      CrashWriters writers = new CrashWriters(rig.newDirectory("journals"), random);
      try {
        for (int cycle = 0; cycle < BACK_KILL_COUNT; cycle++) {
          Mount mount = rig.mount(back(random));
          assertThat(writers.violations(mount.path())).as("through mount %d", cycle).isEmpty();
          writers.start(mount.path());
          Waiting.pause(Duration.ofMillis(random.nextInt(PAUSE_MILLIS_MIN, PAUSE_MILLIS_MAX)));
          if (random.nextBoolean()) {
            killDuring("flush", mount, random);
          } else {
            mount.kill();
          }
          writers.faultBegins();
          writers.collect();
          rig.killInStart(
              Duration.ofMillis(random.nextInt(START_MILLIS_MIN, START_MILLIS_MAX)), back(random));
          Mount replayed = rig.mount(back(random));
          assertThat(writers.violations(replayed.path())).as("replayed %d", cycle).isEmpty();
          killDuring("umount", replayed, random);
        }
        Mount last = rig.mount(back(random));
        assertThat(writers.violations(last.path())).as("through the last mount").isEmpty();
        last.umount();
        assertThat(writers.violations(rig.backing())).as("backing").isEmpty();
      } finally {
        writers.stop();
      }
      assertThat(writers.acknowledgedCount()).as("acknowledged calls").isPositive();
    });
  }

  private static void killDuring(String verb, Mount mount, RandomGenerator random)
      throws IOException, InterruptedException {
    Process process = Emberfs.start(List.of(verb, mount.path().toString()));
    Waiting.pause(Duration.ofMillis(random.nextInt(VERB_MILLIS_MAX)));
    mount.killAndDetach();
    process.waitFor();
  }

  /** Flushing all the time, or not at all. */
  private static String[] back(RandomGenerator random) {
    return new String[] {"--write", "back", "--flush-age", random.nextBoolean() ? "50ms" : "60m"};
  }
}
